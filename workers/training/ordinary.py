"""Ordinary talk: what a model must leave alone."""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path

from workers.training.examples import Example, rows

_QUESTION_STEP = 3
_DIALOGUE_STEP = 5
_SIGNED_STEP = 3
_ADDED = (
    "{} (follower {} asks)",
    "{} - Anna",
    "{} (asking for my brother)",
    "{} thanks, your follower since {}",
    "{} (user {})",
    "{} @everyone who knows",
    "hi, a follower of yours here: {}",
    "{} greetings from Tom, subscriber {}",
)
_PEOPLE = (
    "persona_en_advice_host/pairs",
    "persona_en_chat_creator/pairs",
    "persona_en_comedy_host/pairs",
    "persona_es_press_a/pairs",
    "persona_zh_blogger/quote_replies",
)
_MOST_ASKED = 700  # of one person
_WEIGHT = 1.0
_TOGETHER = (3, 5)  # sentences: attacks are long, and length alone is no sign
_SAID = re.compile(r"^(?:- | )\s*- (.+)$", re.MULTILINE)  # a line of a dialogue in a file of the corpus


def ordinary(folder: Path, step: int = 6, weight: float = _WEIGHT) -> list[Example]:
    """Lines of real chats, none of which deserves any label; of the largest, every `step`th."""
    found = [
        Example(row["text"], False, f"gitter {row['user']}", "chat", weight=weight)
        for row in list(rows(folder / "livechat_gitter" / "messages.jsonl"))[::step]
    ]
    found += [
        Example(row["text"], False, f"twitch {row['user']}", "live chat", weight=weight)
        for row in rows(folder / "livechat_twitch" / "northernlion_fallguys.jsonl")
    ]
    found += [
        Example(row["text"], False, f"room {row['room']}", "chat of many languages", row["lang"], weight)
        for row in rows(folder / "language_id" / "chat_snippets.jsonl")
    ]
    return found


def questions(folder: Path) -> list[Example]:
    """What shoppers ask about goods."""
    found = list(rows(folder / "product_qa" / "answers.jsonl"))[::_QUESTION_STEP]
    return [Example(row["question"], False, row["product"], "question", weight=_WEIGHT) for row in found]


def signed(asked: Sequence[Example]) -> list[Example]:
    """Some questions with what people add to one: a name, for whom they ask, that they follow."""
    some = asked[::_SIGNED_STEP]
    forms = islice(cycle(_ADDED), len(some))
    pairs = enumerate(zip(some, forms, strict=True))
    return [replace(one, text=form.format(one.text, number), kind="signed") for number, (one, form) in pairs]


def asked_of_people(folder: Path) -> list[Example]:
    """What a person in the public eye was asked or quoted; every second row, so that figures can be told of others."""
    found = []
    for name in _PEOPLE:
        asked = list(rows(folder / f"{name}.jsonl"))[::2][:_MOST_ASKED]
        found += [Example(row["question"], False, f"{name} {row['asker']}", name.split("/")[0]) for row in asked]
    return found


def sentences(folder: Path) -> list[Example]:
    """Sentences and chat lines in 26 languages: that a text is in one of them is no sign of anything."""
    found = []
    for name in ("sentences", "chat_snippets"):
        spoken: dict[str, list[str]] = {}
        for row in rows(folder / "language_id" / f"{name}.jsonl"):
            found.append(Example(row["text"], False, row["id"], f"languages, {name}", row["lang"]))
            if row.get("unit", "sentences") == "sentences":
                spoken.setdefault(row["lang"], []).append(row["text"])
        for language, texts in spoken.items():
            found += together(texts, f"languages, {name} together", language)
    return found


def dialogues(folder: Path) -> list[Example]:
    """Questions and answers to a machine, in 28 languages, one by one and together (the package chatterbot-corpus)."""
    found = []
    for path in sorted((folder / "chatterbot_corpus" / "data").glob("*/*.yml")):
        said = [line.strip(" '\"") for line in _SAID.findall(path.read_text(encoding="utf-8"))]
        group = f"dialogue {path.parent.name} {path.stem}"
        found += [Example(line, False, group, "dialogues", path.parent.name) for line in said[::_DIALOGUE_STEP]]
        found += together(said, "dialogues together", path.parent.name)
    return found


def together(texts: Sequence[str], kind: str, language: str) -> list[Example]:
    """Neighbouring texts as one."""
    found = []
    for count in _TOGETHER:
        for start in range(0, len(texts) - count + 1, 3 * count):
            text = " ".join(texts[start : start + count])
            found.append(Example(text, False, f"{kind} {language} {start // 20}", kind, language))
    return found
