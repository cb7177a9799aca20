"""`chuishao drill`: a day of complaints at speed, on an installation of its own that nobody lives in."""
