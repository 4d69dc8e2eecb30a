"""Character cards of SillyTavern and its kin: V1, V2 and V3, as JSON or inside a PNG picture.

Layouts: malfoyslastname/character-card-spec-v2 (V1 and V2), kwaroran/character-card-spec-v3. SillyTavern writes the
text just before the end of a picture: whether a large one holds a card shows only when it is read. Read 2026-11-27.
"""

import base64
import binascii
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from engage.memory.importers.character_files import confidential, id_of, instructions, keys_in, lenient_json, name_of
from engage.memory.importers.character_words import Telling
from engage.memory.importers.content import Unreadable
from engage.memory.importers.format import Format, Sample, Source
from engage.memory.importers.rows import NO_WORDS, BadRow, Character, Dropped, Pair, Rejected, Said
from engage.memory.importers.tavern_png import SIGNATURE, Damaged, texts_of
from engage.memory.importers.tavern_talk import book, examples

HELP = "Character cards (SillyTavern V1 to V3, JSON or PNG): who the creator is, greetings, examples, facts"
_KEYWORDS = (b"ccv3", b"chara")  # the newer one first: a picture may hold both
_SPEC = re.compile(r'"spec"\s*:\s*"chara_card_v\d')
_FIRST = re.compile(r'"first_mes"\s*:\s*"')
_WORDS = re.compile(r'"(?:mes_example|personality|scenario)"\s*:\s*"')
_NAME = re.compile(r'"name"\s*:\s*"')
_INSTRUCTIONS = ("system_prompt", "post_history_instructions", "extensions", "creator_notes", "creatorcomment")

Found = Said | Pair | Rejected | Dropped


def sniff(sample: Sample) -> bool:
    """JSON with the fields of a card, or a picture that holds one or whose end is not seen."""
    if sample.data.startswith(SIGNATURE):
        return not sample.whole or any(b"tEXt" + keyword + b"\0" in sample.data for keyword in _KEYWORDS)
    head = sample.text
    if not re.match(r"\s*\{\s*\"", head):
        return False
    return bool(_SPEC.search(head) or (_FIRST.search(head) and _WORDS.search(head) and _NAME.search(head)))


def read(source: Source) -> Iterator[Character | Found]:
    """The character, what it says, and what is left out. Raises Unreadable."""
    card = _card(source)
    if card is None:
        if len(source.export.files) == 1:
            raise Unreadable(source.path, "a picture without a character card in it: there are no words to import")
        yield Dropped(source.path, NO_WORDS)
        return
    data, path = card.get("data"), source.path
    fields = data if isinstance(data, dict) and data.get("name") else card
    telling = Telling("tavern", name_of(fields.get("name"), path))
    about = [line for key in ("description", "personality", "scenario") for line in telling.lines(fields.get(key))]
    topics = telling.lines(fields.get("tags"))
    yield Character(id_of("tavern", telling.name), telling.name, tuple(about), (), tuple(topics))
    yield from _greetings(telling, fields, path)
    yield from examples(telling, fields.get("mes_example"), path)
    yield from book(telling, fields.get("character_book"), path)
    yield from telling.unusable(path)
    yield from confidential(path, telling.left_out + keys_in(fields))
    yield from instructions(path, fields, _INSTRUCTIONS)


def _card(source: Source) -> dict[str, Any] | None:
    """What the file holds, None where it is a picture and nothing more."""
    if not source.file.head().startswith(SIGNATURE):
        return lenient_json(source)
    try:
        with source.file.open() as stream:
            texts = texts_of(stream, _KEYWORDS)
        text = next((texts[keyword] for keyword in _KEYWORDS if keyword in texts), None)
        card = None if text is None else json.loads(base64.b64decode(text, validate=False).decode())
    except Damaged as error:
        raise Unreadable(source.path, f"{error}: download the picture again") from None
    except (binascii.Error, ValueError, RecursionError):
        raise Unreadable(source.path, "the card in the picture cannot be read: export it again, or as JSON") from None
    if card is not None and not isinstance(card, dict):
        raise Unreadable(source.path, "the card in the picture is none: export it again, or as JSON")
    return card


def _greetings(telling: Telling, fields: Mapping[str, Any], path: str) -> Iterator[Found]:
    texts = [fields.get("first_mes")]
    for name in ("alternate_greetings", "group_only_greetings"):
        more = fields.get(name)
        texts += more if isinstance(more, list) else []
    for number, text in enumerate(texts, start=1):
        try:
            if row := telling.said(text):
                yield row
        except BadRow as error:
            yield Rejected(path, number, f"greeting: {error}")


FORMAT = Format("character card", HELP, sniff, read)
