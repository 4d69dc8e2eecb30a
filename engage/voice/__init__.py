"""How the creator says it: a profile of their writing, how near a text comes to it, and what an edit changed.

What needs numpy is loaded at first use: the studio only names changes.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engage.voice.learning import build_voice, learn
    from engage.voice.profile import Voice, as_json

__all__ = ["Voice", "as_json", "build_voice", "learn"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from engage.voice import learning, profile

    return getattr(learning if hasattr(learning, name) else profile, name)
