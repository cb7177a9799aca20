"""What the services and every department's own subscriber share: events, subjects, topology, directory rows."""
