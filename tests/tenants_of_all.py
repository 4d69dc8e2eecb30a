"""What reads or writes rows of all creators at once, and why it may. Everything else names a tenant."""

ALL_CREATORS: dict[str, str] = {}
