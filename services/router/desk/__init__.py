"""The triage desk: what the router would not decide alone, with three suggestions."""
