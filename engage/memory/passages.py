"""Documents cut into passages: the pieces that are searched and quoted."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from engage.memory.importers.rows import Character, Correction, Faq, Pair, Private, Product, Row, Said
from engage.memory.sentences import count_words, split_sentences
from engage.models import Passage, PassageKind, Surface

WORDS = 80  # most words of a passage of a post: about what the encoder's vector can carry
LEFTOVER = 15  # a shorter rest goes to the passage before it
CUT = "1"  # raise it when cutting changes: the next import then cuts known documents again


def kind_of(row: Row) -> PassageKind:
    """What passages of this row are called."""
    match row:
        case Said():
            return PassageKind.POST
        case Pair():
            return PassageKind.PAIR
        case Correction():
            return PassageKind.CORRECTION
        case Faq():
            return PassageKind.FAQ
        case Product():
            return PassageKind.PRODUCT
        case Private():
            return PassageKind.PRIVATE
        case Character():
            raise TypeError("a character is no document: it tells of the creator")


def document_id(row: Row) -> str:
    """The row's id within its kind: a post and the reply cut out of it often share one."""
    return f"{kind_of(row)}:{row.id}"


def row_digest(row: Row) -> str:
    """Changes whenever the row, or the way it is cut, does."""
    return _digest(CUT, repr(row))


def passage_digest(passage: Passage) -> str:
    """Changes whenever a passage would be indexed or shown differently."""
    return _digest(repr(passage))


def cut(row: Row) -> list[Passage]:
    """The passages of a row, in order. Ids are the document's with a number: the same row gives the same ones."""
    match row:
        case Said():
            return list(_posts(row))
        case Pair() | Correction():
            return [_passage(row, row.reply, question=row.question, said_at=row.said_at, surface=row.surface)]
        case Private():
            return [_passage(row, row.text, said_at=row.said_at)]
        case Faq():
            return [_passage(row, row.answer, question=row.question, said_at=row.said_at)]
        case Product():
            head = f"{row.name} – {row.price}" if row.price else row.name
            return [_passage(row, f"{head}\n{row.text}", title=row.name, url=row.url)]
        case Character():
            return []


def _posts(row: Said) -> Iterator[Passage]:
    language = language_of(row.text)
    for position, text in enumerate(pieces(row.text)):
        yield replace(
            _passage(row, text, position, said_at=row.said_at, surface=row.surface, language=language),
            title=row.title,
            url=row.url,
        )


def pieces(text: str, words: int = WORDS) -> list[str]:
    """Whole sentences packed into pieces of at most `words`; one longer sentence is cut between words."""
    packed: list[list[str]] = []
    room = 0.0
    for sentence in split_sentences(text):
        for part in _halves(sentence, words):
            size = count_words(part)
            if packed and size <= room:
                packed[-1].append(part)
                room -= size
            else:
                packed.append([part])
                room = words - size
    texts = [" ".join(part) for part in packed]
    if len(texts) > 1 and count_words(texts[-1]) < LEFTOVER:
        texts[-2:] = [" ".join(texts[-2:])]
    return texts


def _halves(sentence: str, words: int) -> list[str]:
    if count_words(sentence) <= words * 1.5:
        return [sentence]
    middle = sentence.rfind(" ", len(sentence) // 4, len(sentence) // 2) + 1 or len(sentence) // 2
    return [*_halves(sentence[:middle].strip(), words), *_halves(sentence[middle:].strip(), words)]


def language_of(text: str) -> str:
    """ISO 639-1 code, "" where there is too little text to tell."""
    if count_words(text) < 3:
        return ""
    import py3langid

    language: str = py3langid.classify(text[:600])[0]
    return language


def _passage(
    row: Row,
    text: str,
    position: int = 0,
    *,
    question: str | None = None,
    title: str | None = None,
    url: str | None = None,
    said_at: datetime | None = None,
    surface: Surface | None = None,
    language: str | None = None,
) -> Passage:
    name = f"{document_id(row)}#{position}"
    language = language_of(text) if language is None else language
    return Passage(name, row.id, kind_of(row), text, question, title, url, said_at, language, surface)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


def unique(rows: Iterable[Row]) -> list[Row]:
    """The last of the rows that share an id: a file may correct itself further down."""
    return list({document_id(row): row for row in rows}.values())
