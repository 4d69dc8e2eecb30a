"""The studio: the creator's web app. It reads and writes the ledger and wakes the workers; it answers nobody itself."""
