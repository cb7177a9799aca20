"""What stays unresolved on a secretary's table."""
