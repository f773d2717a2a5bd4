"""A client of a node's JSON-RPC that signs and sends; it keeps no database."""
