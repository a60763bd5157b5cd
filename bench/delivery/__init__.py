"""How late reminders are, and how fast mail goes, at a hundred thousand due in one minute; BullMQ beside it."""
