"""Ways to reach people: apprise, signed webhooks, a file; and the guard that keeps them outside."""
