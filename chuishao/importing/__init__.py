"""`chuishao import`: complaints out of a file, through intake's public HTTP API."""
