"""The ledger: what happened, what is due. The truth; Redis only carries wake-ups."""
