"""The composer without a model: it answers with the creator's own past answers and sentences, or declines."""

import asyncio
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from engage.compose.courtesy import Courtesy, asks, courteous_replies, courtesy_of
from engage.compose.lengths import measure
from engage.compose.preferred import DECIDED, VERY_SAME, by_preference
from engage.compose.reuse import links, points_elsewhere, tidy, unusable
from engage.memory.evidence import above_chance, scale_of
from engage.memory.lexical import tokens
from engage.memory.sentences import count_words, split_sentences
from engage.memory.statements import tokens as meaningful
from engage.models import Draft, Evidence, Passage, PassageKind, Persona, Recall, Scored, Surface, Turn
from engage.triage.language import Guess, identify

if TYPE_CHECKING:
    from engage.memory.encoder import SentenceEncoder
    from engage.memory.floats import Floats

# Chosen on held-out questions of four creators (docs/adr/0003-recall-scores.md); all above chance, see evidence.py.
CLEAR_SCORE = 0.72  # score of the best passage from which it is enough that its question is near …
CLEAR_MATCH = 0.6  # … this near …
CLEAR_LEAD = 0.05  # … and no other passage's score comes as close as this
NEAR_SENTENCE = 0.66  # nearness from which a sentence answers on its own
RELATED_SENTENCE = 0.56  # … where it has a meaningful word of the question
STRICTER = 0.08  # … and how much nearer in other languages than English
NEXT_SENTENCE = 0.40  # … from which the one after it may follow
WORTH_READING = 0.35  # score of a passage whose sentences are looked at
# Most sentences of an answer that are said again, by where they are read: live chat scrolls away.
ANSWER_SENTENCES = {Surface.LIVE: 2, Surface.COMMENT: 3, Surface.DM: 4}
DECIDED_SENTENCES = 8  # … of one that the creator wrote to be said again: what the platform has room for
UNSPACED_ENDS = "。！？”」』"  # Chinese and Japanese write no space after them
TELLING_WORDS = 2  # meaningful words of a question that can be told from others
SURE_OF_LANGUAGE = 0.9  # confidence from which a follower writes in a language
SHORTEST = 4  # words of a sentence that can stand alone

STANDING = (PassageKind.FAQ, PassageKind.PRODUCT)
DECLINED = Draft(text="", reason="unsupported")


class Words(Protocol):
    """What the composer asks of memory beside the recall."""

    async def passages(self, creator_id: str) -> Sequence[Passage]:
        """All the creator's passages."""
        ...


class ExtractiveComposer:
    """Composes out of the creator's own sentences only."""

    def __init__(self, words: Words | None = None, encoder: "SentenceEncoder | None" = None) -> None:
        """words: finds the creator's replies to greetings and thanks; without it only recalled ones are reused."""
        self._words = words
        self._encoder = encoder

    async def compose(self, turn: Turn, persona: Persona, recall: Recall) -> Draft:
        """A draft within the turn's length, or one without text and the reason "unsupported"."""
        if kind := courtesy_of(turn.text):
            same = (reply_sentences(scored, persona, turn.surface) for scored in by_preference(recall.passages))
            if said := next(filter(None, same), None):
                return drafted(turn, said) or DECLINED
            known = [scored.passage for scored in recall.passages]
            pool = await self._words.passages(turn.creator_id) if self._words else known
            return answer_courtesy(turn, pool, kind)
        if not recall.supported or not recall.passages:
            return DECLINED
        return await asyncio.to_thread(self._answer, turn, persona, recall)

    def _answer(self, turn: Turn, persona: Persona, recall: Recall) -> Draft:
        recall = understood(recall, identify(turn.text, persona.language))
        if not recall.passages:
            return DECLINED
        for answer in (past_answer(turn, recall, persona), product_answer(turn.surface, recall, persona)):
            if draft := drafted(turn, answer):
                return draft
        # What asks nothing gets no fact thrown at it: only what was said to the same words before.
        asked = focus(turn.text)
        nearest = self._nearest_sentences(asked, persona, recall) if asked else []
        return drafted(turn, nearest) or DECLINED

    def _nearest_sentences(self, question: str, persona: Persona, recall: Recall) -> list[Evidence]:
        """The sentence nearest to the question, and the one after it in its passage where that is near too."""
        near = self._measured(question, list(candidates(recall, persona)))
        best = max(near, key=lambda one: one.near, default=None)
        if best is None or best.near < best.needed:
            return []
        answer = [best, *(one for one in near if one.follows(best) and one.near >= NEXT_SENTENCE)]
        return [Evidence(one.sentence, one.passage.id, round(one.near, 4)) for one in answer]

    def _measured(self, question: str, found: Sequence["Candidate"]) -> list["Candidate"]:
        """The candidates with how near each is to the question."""
        if not found:
            return []
        vectors = self._encode([question, *(one.sentence for one in found)])
        near = above_chance(vectors[1:] @ vectors[0], scale_of([one.passage.language or "en" for one in found]))
        asked = content(question)
        return [
            replace(one, near=float(nearness), shares_words=not asked.isdisjoint(content(one.sentence)))
            for one, nearness in zip(found, near, strict=True)
        ]

    def _encode(self, texts: Sequence[str]) -> "Floats":
        if self._encoder is None:
            from engage.memory.encoder import shared_encoder

            self._encoder = shared_encoder()
        return self._encoder.encode_remembered(texts)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence that may be said again, where it stands, and how near it is to the question."""

    passage: Passage
    position: int
    sentence: str
    near: float = 0.0
    shares_words: bool = False

    @property
    def needed(self) -> float:
        """How near it has to be: nearer in languages that the encoder was not taught."""
        strictness = 0.0 if self.passage.language in ("en", "") else STRICTER
        return (RELATED_SENTENCE if self.shares_words else NEAR_SENTENCE) + strictness

    def follows(self, other: "Candidate") -> bool:
        """Stands right after the other one."""
        return self.passage.id == other.passage.id and self.position == other.position + 1


def understood(recall: Recall, asked: Guess) -> Recall:
    """What the follower can read: a creator's sentences are not translated. A product's name and price are for all."""
    if asked.confidence < SURE_OF_LANGUAGE:
        return recall
    for_all = ("", asked.language)
    passages = [one for one in recall.passages if one.passage.language in for_all or _is_product(one)]
    return replace(recall, passages=tuple(passages))


def _is_product(scored: Scored) -> bool:
    return scored.passage.kind is PassageKind.PRODUCT


def candidates(recall: Recall, persona: Persona) -> Iterator[Candidate]:
    """The recalled sentences that can be understood by somebody who reads nothing but them."""
    for scored in recall.passages:
        if scored.score < WORTH_READING or scored.superseded_by:
            continue
        for position, part in enumerate(split_sentences(scored.passage.text)):
            sentence = tidy(part)
            if stands_alone(sentence, scored.passage, persona):
                yield Candidate(scored.passage, position, sentence)


def content(text: str) -> frozenset[str]:
    """The beginnings of a text's longer words: those that say what it is about."""
    return frozenset(token for token in tokens(text) if len(token) > 3 or not token.isascii())


def focus(text: str) -> str:
    """The sentences of a message that ask, "" where none does: long messages bury their question."""
    return " ".join(sentence for sentence in split_sentences(text) if asks(sentence))


def past_answer(turn: Turn, recall: Recall, persona: Persona) -> list[Evidence]:
    """The beginning of the reply to the same question, asked before."""
    same = by_preference(recall.passages)
    telling = len(content(turn.text)) if meaningful(turn.text) else 0
    if telling < TELLING_WORDS:  # "and you?" is the same question everywhere, and never; "price?" may be in the FAQ
        same = [one for one in same if telling and _is_approved(one)]
    for scored in (*same, *(clear_winner(recall) if telling >= TELLING_WORDS else ())):
        if answer := reply_sentences(scored, persona, turn.surface):
            return answer
    return []


def _is_approved(scored: Scored) -> bool:
    """It answers these very words, for everybody."""
    return scored.passage.kind is PassageKind.FAQ and scored.question_match >= VERY_SAME


def clear_winner(recall: Recall) -> list[Scored]:
    """The best passage, where it answered a near question and nothing else comes near it."""
    best, *others = recall.passages
    lead = best.score - max((other.score for other in others if not other.superseded_by), default=0.0)
    clear = best.score >= CLEAR_SCORE and best.question_match >= CLEAR_MATCH and lead >= CLEAR_LEAD
    return [best] if clear and not best.superseded_by else []


def reply_sentences(scored: Scored, persona: Persona, surface: Surface) -> list[Evidence]:
    """The first sentences of a past reply, up to one that must not be said again."""
    answer: list[Evidence] = []
    decided = scored.passage.kind in DECIDED
    most = DECIDED_SENTENCES if decided else ANSWER_SENTENCES[surface]
    for sentence in (tidy(part) for part in split_sentences(scored.passage.text)):
        if not usable(sentence, scored.passage, persona) or len(answer) == most:
            break
        answer.append(Evidence(sentence, scored.passage.id, scored.question_match))
    enough = sum(count_words(one.sentence) for one in answer) >= SHORTEST
    return answer if enough or decided else []


def product_answer(surface: Surface, recall: Recall, persona: Persona) -> list[Evidence]:
    """Name and price, what else is known of it, and where it is sold."""
    best = recall.passages[0]
    if best.passage.kind is not PassageKind.PRODUCT:
        return []
    sentences = split_sentences(best.passage.text)
    lines = [line for line in sentences if not unusable(line, standing=True)][: ANSWER_SENTENCES[surface]]
    if best.passage.url:
        lines.append(best.passage.url)
    return [Evidence(line, best.passage.id, best.score) for line in lines]


def answer_courtesy(turn: Turn, pool: Sequence[Passage], kind: Courtesy) -> Draft:
    """One of the creator's own replies to the same courtesy: chosen by the turn, so that not all followers get one."""
    replies = sorted(courteous_replies(pool, kind), key=lambda one: (count_words(one[0]), one[0]))[:5]
    if not replies:
        return DECLINED
    reply, passage = replies[zlib.crc32(turn.id.encode()) % len(replies)]
    return drafted(turn, [Evidence(reply, passage.id, 1.0)]) or DECLINED


def usable(sentence: str, passage: Passage, persona: Persona) -> bool:
    """May be said again, and names only places the creator lets the avatar name."""
    allowed = (*persona.allowed_links, *([passage.url] if passage.url else []))
    known = all(any(place in link for place in allowed) for link in links(sentence))
    return bool(sentence) and known and not unusable(sentence, standing=passage.kind in STANDING)


def stands_alone(sentence: str, passage: Passage, persona: Persona) -> bool:
    """Can be understood by somebody who reads nothing but this (tidied) sentence."""
    return usable(sentence, passage, persona) and not points_elsewhere(sentence) and count_words(sentence) >= SHORTEST


def drafted(turn: Turn, answer: Sequence[Evidence]) -> Draft | None:
    """The answer's first sentences that fit, addressed to the follower; None where not even one does."""
    allowed = turn.capabilities
    text = address(turn)
    kept: list[Evidence] = []
    for one in answer:
        longer = text + (" " if kept and text[-1] not in UNSPACED_ENDS else "") + one.sentence
        if measure(longer, allowed.unit) > allowed.max_length:
            break
        text = longer
        kept.append(one)
    return Draft(text=text, evidence=tuple(kept)) if kept else None


def address(turn: Turn) -> str:
    """What a reply begins with: live chat has no threads, so there it names whom it is for; elsewhere nothing."""
    name = turn.follower.name.strip().lstrip("@")
    return f"@{name} " if turn.surface is Surface.LIVE and name and " " not in name else ""
