"""A JSON row as the avatar's turn, and the avatar's outcome as a JSON row."""

from datetime import UTC, datetime
from typing import Any

from engage.avatar import Avatar
from engage.models import (
    Author,
    Capabilities,
    Event,
    Follower,
    Line,
    Message,
    Outcome,
    Persona,
    Role,
    Skip,
    Surface,
    Turn,
)
from workers.cli.rows import id_of, text_of

# What most platforms allow at least; a preview knows no account to ask.
MAX_LENGTH = {Surface.COMMENT: 500, Surface.DM: 1000, Surface.LIVE: 200}
OUTCOME = {"Answer": "answer", "Skip": "skip", "Escalate": "escalate"}


def anybody() -> Persona:
    """A persona for triage without a creator."""
    return Persona(id="", name="", display_name="")


def turn_of(row: dict[str, Any], persona: Persona) -> Turn:
    """A turn of one message. Raises ValueError naming the field that is wrong."""
    surface = _surface(row)
    author = _author(row.get("author"))
    said = Message(
        id=id_of(row),
        conversation_id="preview",
        surface=surface,
        author=author,
        text=text_of(row),
        sent_at=datetime.now(UTC),
        post_text=_optional(row, "post"),
    )
    history = tuple(_lines(row.get("history") or []))
    return Turn(
        id=said.id,
        creator_id=persona.id,
        surface=surface,
        messages=(said,),
        follower=Follower(author.id, author.name, first_contact=not any(line.role is Role.AVATAR for line in history)),
        history=history,
        post_text=said.post_text,
        capabilities=Capabilities(may_reply=True, max_length=MAX_LENGTH[surface]),
    )


def _surface(row: dict[str, Any]) -> Surface:
    try:
        return Surface(row.get("surface") or Surface.COMMENT)
    except ValueError:
        raise ValueError(f"'surface' is {row['surface']!r}; expected comment, dm or live") from None


def _author(value: Any) -> Author:
    """A name, or an object with id, name and is_bot."""
    if isinstance(value, dict):
        name = str(value.get("name") or value.get("id") or "")
        return Author(str(value.get("id") or name), name, is_bot=bool(value.get("is_bot")))
    return Author(str(value or "follower"), str(value or ""))


def _optional(row: dict[str, Any], key: str) -> str | None:
    value = row.get(key)
    if isinstance(value, dict):
        value = value.get("text")
    return value if isinstance(value, str) else None


def _lines(history: Any) -> list[Line]:
    if not isinstance(history, list):
        raise ValueError("'history' is no list")
    try:
        return [Line(Role(line["role"]), str(line["text"])) for line in history]
    except (KeyError, TypeError, ValueError):
        raise ValueError("'history' rows need a 'role' (follower, creator or avatar) and a 'text'") from None


async def preview(avatar: Avatar, turn: Turn, persona: Persona) -> dict[str, Any]:
    """What the avatar would do with a turn, as `engage reply` prints it."""
    outcome = await avatar.answer(turn, persona)
    return {"id": turn.id, **outcome_json(outcome)}


def outcome_json(outcome: Outcome) -> dict[str, Any]:
    card = outcome.card
    answer = outcome.reply if not isinstance(outcome, Skip) else None
    evidence = answer.evidence if answer else ()
    return {
        "outcome": OUTCOME[type(outcome).__name__],
        "text": answer.text if answer else "",
        "reasons": list(card.reasons),
        "evidence": [
            {"sentence": one.sentence, "passage_id": one.passage_id, "score": round(one.score, 4)} for one in evidence
        ],
        "style": _rounded(card.style),
        "first_style": _rounded(card.first_style),
        "unlike": list(card.unlike),
        "disclosure": answer.disclosure.value if answer else None,
        "language": card.language,
        "model": card.model,
        "tokens_in": card.tokens_in,
        "tokens_out": card.tokens_out,
        "ms": card.ms,
    }


def _rounded(score: float | None) -> float | None:
    return None if score is None else round(score, 4)


def event_json(event: Event) -> dict[str, Any]:
    """An event as `engage parse` prints it."""
    shown: dict[str, Any] = {"kind": event.kind.value, "surface": event.surface.value if event.surface else None}
    if event.message is not None:
        message = event.message
        shown["message"] = {
            "id": message.id,
            "conversation_id": message.conversation_id,
            "author": {
                "id": message.author.id,
                "name": message.author.name,
                "is_self": message.author.is_self,
                "is_bot": message.author.is_bot,
            },
            "text": message.text,
            "reply_to_id": message.reply_to_id,
            "sent_at": message.sent_at.isoformat(),
        }
    return {**shown, "reason": event.reason} if event.reason else shown
