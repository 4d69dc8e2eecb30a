"""What the creator said: import, passages, vectors and search. Heavy libraries load at first use, not here."""
