"""How fast Relance reads and writes, next to the best that PostgreSQL gives and to what others make of it."""
