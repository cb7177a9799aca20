"""What an administrator does to the vault of identities: keys, destruction, tracing a leaked copy."""
