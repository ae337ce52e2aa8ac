"""One run: configuration, location, accounts, locks, claims, and one operation with its deadline and its deletes."""
