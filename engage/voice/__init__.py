"""How the creator says it: a profile of their writing, and how near a text comes to it."""

from engage.voice.profile import Voice, as_json
from engage.voice.scoring import build_voice, learn

__all__ = ["Voice", "as_json", "build_voice", "learn"]
