"""How much of anything one client, or all of them together, may ask for (docs/adr/0043)."""
