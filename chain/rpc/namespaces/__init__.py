"""The methods of the JSON-RPC interface, one file a namespace."""
