"""Who has a ticket open now, so that two people do not do the same (docs/adr/0051)."""
