"""One run: configuration, location, accounts, locks, operations, waiting."""
