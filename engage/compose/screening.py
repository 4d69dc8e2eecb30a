"""What a model may read beside the follower's message: cleaned of what others wrote to the model. Pure.

The composer and the guard are both given what is left, so that nothing stands on a planted sentence either. The
message itself is left as it is: it is what has to be answered, and triage has judged it.
"""

import re
from dataclasses import replace
from functools import lru_cache

from engage.compose.instructions import instructs, is_a_task, without_instructions, without_orders
from engage.compose.links import foreign_links
from engage.memory.evidence import SUPPORTED
from engage.models import Line, Passage, Recall, Role, Scored, Turn
from engage.remembered import forgettable

PLANTED = "instructions in a passage"
_LONGEST_NAME, _NAME_WORDS = 40, 4
_KEPT = 8192  # passages whose cleaned form is remembered: most are recalled again and again
_LEAST = 2  # letters of a passage that is still one


def screened(recall: Recall) -> Recall:
    """What was recalled, without orders to the model; a passage of which nothing is left is left out."""
    passages = tuple(one for one in map(_screened, recall.passages) if one)
    answered = tuple(one for one in map(_screened, recall.answered) if one)
    if passages == recall.passages and answered == recall.answered:
        return recall
    note = "; ".join(filter(None, (recall.note, PLANTED if passages != recall.passages else "")))
    best = max((one.score for one in passages), default=0.0)
    supported = recall.supported and (best >= SUPPORTED or len(passages) == len(recall.passages))
    return Recall(passages, supported, note, answered)


def screened_turn(turn: Turn) -> Turn:
    """The turn, with a name that is one, and without orders in what was said before or stands above."""
    follower = turn.follower
    facts = tuple(one for one in follower.facts if not instructs(one.value))
    name = plain_name(follower.name)
    messages = tuple(
        replace(one, author=replace(one.author, name=plain_name(one.author.name))) for one in turn.messages
    )
    return replace(
        turn,
        follower=replace(follower, name=name, facts=facts),
        messages=messages,
        history=tuple(map(_line, turn.history)),
        post_text=turn.post_text and without_instructions(turn.post_text),
    )


def plain_name(name: str) -> str:
    """A display name; "" where it is a sentence, an address or an order."""
    words = re.findall(r"\w+", name)
    if len(name) > _LONGEST_NAME or len(words) > _NAME_WORDS:
        return ""
    spaced = name.replace("_", " ").replace("-", " ")
    odd = instructs(spaced) or is_a_task(spaced) if len(words) > 1 or "_" in name else False
    return "" if odd or foreign_links(name, ()) else name


def is_planted(passage: Passage) -> bool:
    """Whether a model would not be shown all of it."""
    return _clean(passage) != passage


def _screened(scored: Scored) -> Scored | None:
    passage = scored.passage
    clean = _clean(passage)
    if clean == passage:
        return scored
    return replace(scored, passage=clean) if sum(map(str.isalnum, clean.text)) >= _LEAST else None


@forgettable
@lru_cache(_KEPT)
def _clean(passage: Passage) -> Passage:
    title, question = passage.title or "", passage.question or ""
    text = without_instructions(passage.text, f"{title} {question}")
    asked, named = without_orders(question), "" if instructs(title) else title
    if (text, asked, named) == (passage.text, question, title):
        return passage
    return replace(passage, text=text, question=asked or None, title=named or None)


def _line(line: Line) -> Line:
    return replace(line, text=without_orders(line.text)) if line.role is Role.FOLLOWER else line
