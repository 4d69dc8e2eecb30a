"""What a character file of another program tells: lines about the character, what it says and answers. Pure."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from engage.confidential import is_confidential
from engage.memory.importers.rows import BadRow, Pair, Rejected, Said, clean

CLAIMED = "Claimed, without a source:"  # before what a character file tells of the character's past
_PARTS = 4  # turns that are one question
_PLACEHOLDER = re.compile(r"\{\{\s*([^{}]{0,80}?)\s*\}\}('s\b)?|<(USER|BOT|CHAR)>('s\b)?", re.IGNORECASE)
_OTHER = re.compile(r"(?:user|name)\d*", re.IGNORECASE)
_SELF = frozenset(("agentname", "agent", "char", "bot", "name"))


@dataclass(frozen=True, slots=True)
class Turn:
    """A line of an example."""

    mine: bool  # the character's
    text: str  # clean


class Telling:
    """What is told of one character, with the follower as `you` in what is said and as `the follower` elsewhere.

    left_out: how many texts held a key; none of them is in what is given.
    """

    def __init__(self, program: str, name: str) -> None:
        self.name = name
        self.left_out = 0
        self._program = program
        self._unusable: list[str] = []

    def lines(self, value: Any, before: str = "") -> list[str]:
        """A text's lines, or a list's texts, as lines about the character; `before` goes before each."""
        texts = value.splitlines() if isinstance(value, str) else value if isinstance(value, list) else []
        found = [self._line(one) for one in texts if isinstance(one, str)]
        return [f"{before} {line}".strip() for line in found if line and self._may(line)]

    def said(self, value: Any, title: str | None = None) -> Said | None:
        """A text as the character says it; None where there is none. Raises BadRow."""
        text = self._filled(value, "you") if isinstance(value, str) else ""
        return Said(self._id(text), text, title=title) if text and self._may(text) else None

    def turn(self, value: Any, *, mine: bool) -> Turn:
        """A line of an example. Raises BadRow."""
        return Turn(mine, self._filled(value, "you") if isinstance(value, str) else "")

    def examples(self, turns: Sequence[Turn]) -> Iterator[Said | Pair]:
        """What the character answers, and to what; what it says unasked stands for itself."""
        asked: list[str] = []
        replies: list[str] = []
        for turn in turns:
            if turn.mine and turn.text:
                replies.append(turn.text)
            elif turn.text:
                if replies:
                    yield from self._example(asked, replies)
                    asked, replies = [], []
                asked.append(turn.text)
        if replies:
            yield from self._example(asked, replies)

    def unusable(self, path: str) -> Iterator[Rejected]:
        """Lines about the character that could not be read."""
        for reason in self._unusable:
            yield Rejected(path, 0, f"line about the character: {reason}")

    def _line(self, text: str) -> str:
        try:
            return " ".join(self._filled(text, "the follower").split())
        except BadRow as error:
            self._unusable.append(str(error))
            return ""

    def _filled(self, text: str, follower: str) -> str:
        """Its placeholders as words, cleaned; those that stand for nobody are gone. Raises BadRow."""

        def word(found: re.Match[str]) -> str:
            called = found[1] if found[1] is not None else found[3]
            owns = found[2] or found[4] or ""
            if called.lower() in _SELF:
                return self.name + owns
            if _OTHER.fullmatch(called):
                return "your" if follower == "you" and owns else follower + owns
            return ""

        return clean(_PLACEHOLDER.sub(word, text))

    def _example(self, asked: Sequence[str], replies: Sequence[str]) -> Iterator[Said | Pair]:
        question, reply = "\n".join(asked[-_PARTS:]), "\n".join(replies)
        if self._may(question) and self._may(reply):
            name = self._id(f"{question}\x1f{reply}")
            yield Pair(name, question, reply) if question else Said(name, reply)

    def _may(self, text: str) -> bool:
        held = is_confidential(text)
        self.left_out += held
        return not held

    def _id(self, text: str) -> str:
        content = f"{self.name}\x1f{text}".encode()
        return f"{self._program}:{hashlib.sha256(content).hexdigest()[:20]}"
