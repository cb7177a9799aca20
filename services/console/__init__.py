"""Screens: reads only events and public HTTP, owns only projections."""
