"""The console's live stream under many screens, beside what bare sockets cost on the same machine."""
