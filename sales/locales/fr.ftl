status-todo = To do
