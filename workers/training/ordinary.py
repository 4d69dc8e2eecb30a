"""Ordinary talk: what a model must leave alone."""

from pathlib import Path

from workers.training.examples import Example, rows

_WEIGHT = 0.5


def ordinary(folder: Path, step: int = 6) -> list[Example]:
    """Lines of real chats, none of which deserves any label; of the largest, every `step`th."""
    found = [
        Example(row["text"], False, f"gitter {row['user']}", "chat", weight=_WEIGHT)
        for row in list(rows(folder / "livechat_gitter" / "messages.jsonl"))[::step]
    ]
    found += [
        Example(row["text"], False, f"twitch {row['user']}", "live chat", weight=_WEIGHT)
        for row in rows(folder / "livechat_twitch" / "northernlion_fallguys.jsonl")
    ]
    found += [
        Example(row["text"], False, f"room {row['room']}", "chat of many languages", row["lang"], _WEIGHT)
        for row in rows(folder / "language_id" / "chat_snippets.jsonl")
    ]
    return found
