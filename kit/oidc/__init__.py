"""Sign-in tokens of a provider outside: what is believed of it, its keys, and how they are kept current."""
