"""Plumbing the services share. Knows contracts, knows no service."""
