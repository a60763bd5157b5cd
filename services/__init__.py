"""What runs: the API, the worker, and both of them on a laptop."""
