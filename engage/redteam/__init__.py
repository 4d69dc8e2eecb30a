"""What becomes of attacks? Packs of attacks put to the avatar, and what it would have posted judged by code."""
