"""How the creator says it: a profile of their writing, and how near a text comes to it."""

from engage.voice.learning import build_voice, learn
from engage.voice.profile import Voice, as_json

__all__ = ["Voice", "as_json", "build_voice", "learn"]
