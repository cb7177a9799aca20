"""`chuishao doctor`: one page with what is unhealthy and what to do about it."""
