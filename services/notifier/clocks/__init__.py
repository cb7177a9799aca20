"""The clocks of a ticket: what starts, stops and moves them."""
