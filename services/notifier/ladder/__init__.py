"""What stays unresolved climbs: rungs, who is told, what was raised."""
