"""One turn through an avatar whose memory and writer say what they are told to."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from engage.avatar import Avatar, JudgeStyle, MayAsk
from engage.compose.extractive import ExtractiveComposer
from engage.compose.grounding import ground
from engage.models import (
    Answer,
    Author,
    Draft,
    Follower,
    Message,
    Outcome,
    Passage,
    PassageKind,
    Persona,
    Recall,
    Scored,
    Surface,
    Turn,
)
from engage.triage import Policy

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TILLY = Persona("c1", "tilly", "Tilly Hart", allowed_links=("tilly.shop.example",))
PRICE = "The wool scarf costs €35."
CARE = "Wash it by hand in cold water."
QUESTION = "How much is the wool scarf?"
SCARF = Passage("scarf", "faq", PassageKind.FAQ, f"{PRICE} {CARE}", question=QUESTION)
FOUND = Recall((Scored(SCARF, 0.9, question_match=0.95),), supported=True)
NOT_FOUND = Recall((Scored(SCARF, 0.1),), supported=False)


@dataclass
class Memory:
    """Recalls what it was given, and notes what it was asked."""

    found: Recall = FOUND
    error: Exception | None = None
    asked: list[tuple[str, str, int]] = field(default_factory=list)

    async def recall(self, creator_id: str, text: str, k: int = 5) -> Recall:
        """What was given."""
        self.asked.append((creator_id, text, k))
        if self.error:
            raise self.error
        return self.found


@dataclass
class Writer:
    """Drafts what it was given, as a model's composer does."""

    text: str = f"{PRICE} {CARE}"
    error: Exception | None = None
    reason: str = ""
    calls: int = 0
    private: str = ""

    async def compose(self, turn: Turn, persona: Persona, recall: Recall) -> Draft:
        """The given text with the evidence it has."""
        self.calls += 1
        if self.error:
            raise self.error
        return Draft(
            self.text,
            ground(self.text, recall.passages),
            self.reason,
            "some:model",
            "p1",
            tokens_in=2000,
            tokens_out=100,
        )

    def private_words(self, persona: Persona) -> str:
        """The instructions given to the model."""
        return self.private


def turn(text: str = QUESTION, surface: Surface = Surface.DM, **fields: object) -> Turn:
    message = Message("m1", "v1", surface, Author("f1", "ana"), text, NOW)
    plain = Turn("t1", "c1", surface, (message,), Follower("f1", "ana"), last_avatar_at=NOW - timedelta(minutes=1))
    return replace(plain, **fields)  # type: ignore[arg-type]


async def outcome(
    asked: Turn | None = None,
    writer: Writer | ExtractiveComposer | None = None,
    memory: Memory | None = None,
    policy: Policy | None = None,
    judge: JudgeStyle | None = None,
    persona: Persona = TILLY,
    may_ask: MayAsk | None = None,
) -> Outcome:
    avatar = Avatar(
        memory or Memory(),
        writer or Writer(),
        judge,
        policy or Policy(),
        lambda: NOW,
        own_words=ExtractiveComposer(),
        may_ask=may_ask,
    )
    return await avatar.answer(asked or turn(), persona)


async def posted(writer: Writer, asked: Turn | None = None, persona: Persona = TILLY) -> str:
    """The text of an answer."""
    result = await outcome(asked, writer, persona=persona)
    assert isinstance(result, Answer), result
    return result.reply.text
