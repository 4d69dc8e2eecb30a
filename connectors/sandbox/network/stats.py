"""What a test asks afterwards: counts, latencies and everything that was said. Pure."""

from collections.abc import Iterable
from typing import Any

from connectors.sandbox.network.state import Network, Note

Json = dict[str, Any]


def figures(network: Network) -> Json:
    """Counts over all accounts. Latency runs from a follower's message to the first reply, in seconds."""
    notes = list(network.notes.values())
    replies = [note for note in notes if note.app_id is not None and not note.deleted]
    waits = sorted(network.waits)
    return {
        "messages": sum(not note.by_creator for note in notes),
        "replies": len(replies),
        "in_person": sum(note.by_creator and note.app_id is None for note in notes),
        "answered": len({note.reply_to for note in replies}),
        "duplicate_replies": duplicate_replies(replies),
        "unlabelled_replies": sum(not note.automated for note in replies),
        "violations": dict(network.violations),
        "token_refreshes": sum(account.refreshes for account in network.accounts.values()),
        "latency": {"p50_s": _quantile(waits, 0.50), "p95_s": _quantile(waits, 0.95)},
    }


def duplicate_replies(replies: Iterable[Note]) -> int:
    """Visible app replies beyond the first to one message on one surface (a private reply is a surface of its own)."""
    answered: set[tuple[str, str | None]] = set()
    duplicates = 0
    for note in replies:
        place = (note.surface, note.reply_to)
        duplicates += place in answered
        answered.add(place)
    return duplicates


def dump(network: Network, creator_id: str, surface: str) -> list[Json]:
    """Every follower's message with the creator account's replies to it; '' means all."""
    return [
        _with_replies(network, note)
        for note in network.notes.values()
        if not note.by_creator and creator_id in ("", note.creator_id) and surface in ("", note.surface)
    ]


def _with_replies(network: Network, note: Note) -> Json:
    return {
        **_plain(note),
        "author": {"id": note.author_id, "name": note.author_name, "is_bot": note.is_bot},
        "reply_to": note.reply_to,
        "post_id": note.post_id,
        "replies": [
            {**_plain(reply), "app_id": reply.app_id, "automated": reply.automated}
            for reply in network.answers.get(note.id, [])
        ],
    }


def _plain(note: Note) -> Json:
    return {
        "id": note.id,
        "surface": note.surface,
        "conversation_id": note.conversation_id,
        "creator": note.creator_id,
        "text": note.text,
        "sent_at": note.sent_at,
        "edited": note.edited,
        "deleted": note.deleted,
    }


def _quantile(ordered: list[float], share: float) -> float | None:
    if not ordered:
        return None
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 4)
