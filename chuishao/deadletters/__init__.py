"""`chuishao deadletters`: over all services of an installation, through its database."""
