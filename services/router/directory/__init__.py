"""The city's directory as values: read, typed, frozen; who reads it needs no server."""
