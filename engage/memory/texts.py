"""What of a passage is searched, and what its vectors are called. Pure."""

import re

from engage.models import Passage, PassageKind

TEXT, QUESTION = "t", "q"  # the two vectors of a passage
_NAMED = re.compile(r"@[\w.\-]+|\[(?:url|phone|email|name|image)\]|https?://\S+", re.IGNORECASE)


def matter(passage: Passage) -> str:
    """What of a passage is searched as its text: a post's title belongs to it."""
    return f"{passage.title}\n{passage.text}" if passage.title and passage.kind is PassageKind.POST else passage.text


def bare(text: str) -> str:
    """A question without whom it names and what was masked in it; the text itself where nothing else is in it."""
    return " ".join(_NAMED.sub(" ", text).split()) or text


def vector_ids(passage: Passage) -> list[str]:
    """The ids of a passage's vectors; private ones have none."""
    return [] if passage.kind is PassageKind.PRIVATE else vector_names(passage.id, asked=bool(passage.question))


def vector_texts(passage: Passage) -> list[str]:
    """What its vectors are made of, in their order."""
    return [text for text in (matter(passage), bare(passage.question or "")) if text]


def vector_names(passage_id: str, *, asked: bool) -> list[str]:
    """What vectors of a passage are called: of its text, and of the question it answered where there is one."""
    text = f"{passage_id}|{TEXT}"
    return [text, f"{passage_id}|{QUESTION}"] if asked else [text]
