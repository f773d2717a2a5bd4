"""The database: blocks, state and the schema of both."""
