"""`chuishao export`: complaints, tickets and events into a file, over public HTTP. Masked words only."""
