"""Readings of a text that a person would not see at once and a program, or a patient person, would. Pure.

A model that may not say its instructions can still spell, turn, shift or encode them. What follows undoes the ways
that are known; a way that is not still has to stand on the creator's words, sentence by sentence.
"""

import base64
import binascii
import codecs
import re
import unicodedata
from collections.abc import Iterator

from engage.triage.normalise import fold

_BASE64 = re.compile(r"[A-Za-z0-9+/_\-]{8,}={0,2}")
_HEX = re.compile(r"(?:[0-9a-fA-F]{2}[\s:,]?(?:0x)?){6,}")
_DECIMAL = re.compile(r"(?:\b\d{2,3}\b[\s,;]*){6,}")
_BINARY = re.compile(r"(?:\b[01]{7,8}\b\s*){4,}")
_MORSE = re.compile(r"(?:[.\-–—·•−_]{1,6}[\s/|]+){4,}[.\-–—·•−_]{1,6}")
_PIG = re.compile(r"\b([^\W\d_]+)([^\W\d_])ay\b")
_LEET = str.maketrans("013457@$!|", "oieastasil")
_SIGNS = (
    ".- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- .-- -..- -.-- --.. "
    "----- .---- ..--- ...-- ....- ..... -.... --... ---.. ----."
)
_LETTERS = dict(zip(_SIGNS.split(), "abcdefghijklmnopqrstuvwxyz0123456789", strict=True))
_SPOKEN = {
    **dict(zip("zero one two three four five six seven eight nine".split(), "0123456789", strict=True)),
    **dict(zip("cero uno dos tres cuatro cinco seis siete ocho nueve".split(), "0123456789", strict=True)),
    **dict(zip("null eins zwei drei vier funf sechs sieben acht neun".split(), "0123456789", strict=True)),
    **dict(zip("un deux trois quatre cinq sept huit neuf".split(), "12345789", strict=True)),
    **dict(
        zip(
            "alfa bravo charlie delta echo foxtrot golf hotel india juliett kilo lima mike november oscar papa quebec "
            "romeo sierra tango uniform victor whiskey yankee zulu".split(),
            "abcdefghijklmnopqrstuvwyz",
            strict=True,
        )
    ),
    "alpha": "a",
    "xray": "x",
}
# Letters drawn as flags, circles and squares that Unicode's own folding leaves alone.
_DRAWN = {
    **{0x1F1E6 + place: chr(97 + place) for place in range(26)},
    **{0x1F150 + place: chr(97 + place) for place in range(26)},
    **{0x1F170 + place: chr(97 + place) for place in range(26)},
    **{0x1F130 + place: chr(97 + place) for place in range(26)},
    **{0xE0020 + place: chr(0x20 + place) for place in range(95)},
    0x20E3: None,
    0xFE0F: None,
}
_LONGEST = 6000


def readings(text: str) -> Iterator[str]:
    """The text, and what it says when it is read in another way."""
    text = text[:_LONGEST]
    yield text
    drawn = text.translate(_DRAWN)
    yield drawn
    yield text[::-1]
    yield codecs.encode(text, "rot13")
    yield fold(text).translate(_LEET)
    yield _PIG.sub(r"\2\1", fold(text))
    yield " ".join(_SPOKEN.get(word, word) for word in re.findall(r"[^\W_]+", fold(text).replace("-", " ")))
    yield from _firsts(text)
    yield from _decoded(text)
    yield from _decoded(re.sub(r"\s", "", text))


def squeezed(text: str) -> str:
    """Its letters and digits, folded, with nothing between them."""
    return re.sub(r"[\W_]", "", fold(text))


def stripped(reading: str) -> str:
    """Much the same for a fraction of the time: for readings, of which there are many."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", reading).casefold()))


def _firsts(text: str) -> Iterator[str]:
    """First and last letters of words, first ones of lines, every second letter."""
    words, lines = re.findall(r"[^\W_]+", text), re.findall(r"^\W*(\w)", text, re.MULTILINE)
    yield "".join(word[0] for word in words)
    yield "".join(word[-1] for word in words)
    yield "".join(lines)
    letters = re.sub(r"\W", "", text)
    yield letters[::2]
    yield letters[1::2]


def _decoded(text: str) -> Iterator[str]:
    for found in _BASE64.findall(text):
        yield from _from_base64(found)
    for found in _HEX.findall(text):
        yield _shown(bytes.fromhex(_even(re.sub(r"0x|[^0-9a-fA-F]", "", found))))
    for found in _DECIMAL.findall(text):
        yield "".join(chr(int(code)) for code in re.findall(r"\d+", found))
    for found in _BINARY.findall(text):
        yield "".join(chr(int(code, 2)) for code in found.split())
    for found in _MORSE.findall(text):
        signs = re.sub(r"[·•]", ".", re.sub(r"[–—−_]", "-", found))
        yield "".join(_LETTERS.get(one, "") for one in re.split(r"[\s/|]+", signs))


def _from_base64(found: str) -> Iterator[str]:
    """Read from its beginning, also where it is one of base 32 or of Ascii 85."""
    body = found.rstrip("=").replace("-", "+").replace("_", "/")
    for decode in (base64.b64decode, base64.b32decode):
        padded = body + "=" * (-len(body) % (4 if decode is base64.b64decode else 8))
        try:
            shown = _shown(decode(padded))
        except (binascii.Error, ValueError):
            continue
        yield shown
        yield shown[::-1]


def _even(digits: str) -> str:
    return digits[: len(digits) // 2 * 2]


def _shown(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")
