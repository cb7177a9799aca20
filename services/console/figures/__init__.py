"""Figures as files: the table of rates that people take into a spreadsheet."""
