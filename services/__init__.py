"""The things that run; each a service with its own schema, none importing another."""
