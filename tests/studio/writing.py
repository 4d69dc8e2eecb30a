"""Texts of a made-up style, so that a voice can be learnt: all of them lower case, with marks nobody else makes."""

import random

from engage.ledger.database import Database
from engage.memory.importers.rows import Pair
from engage.memory.library import import_rows
from engage.models import Surface

TOPICS = ("lamp", "camera", "paint", "garden", "bread", "guitar", "shelf", "window", "bike", "coffee")
STIFF = "Dear follower, thank you for reaching out. We appreciate your continued support of our channel."


def cheerful(seed: int) -> str:
    pick = random.Random(seed)
    thing, opening = pick.choice(TOPICS), pick.choice(["heyy", "omg yes", "aww thanks"])
    return f"{opening}!! that {thing} is sooo good hehe :) {pick.choice(['love it', 'you rock', 'big hugs'])} <3"


def teach(db: Database, creator_id: str, texts: int = 60) -> None:
    """Import so many answers, half of them comments."""
    surfaces = (Surface.COMMENT, Surface.DM)
    rows = [Pair(f"p{n}", f"What about item {n}?", cheerful(n), surface=surfaces[n % 2]) for n in range(texts)]
    import_rows(db, creator_id, list(rows))
