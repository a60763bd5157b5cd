"""Everything on one machine with one command: PostgreSQL, Valkey, the API, the worker, demo data."""
