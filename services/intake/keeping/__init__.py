"""What becomes of identities after they were sealed: keys change, people look, records are destroyed."""
