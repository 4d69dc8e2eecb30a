"""Views of a text in which tricks of writing have been undone. The views are for looking at, never for posting.

clean: what a reader sees. fold: letters only their skeleton (case, accents, look-alikes, drawn-out letters).
plain: fold with digits and signs used as letters, and spaced-out words, read as letters.
"""

import re
import unicodedata

from engage.remembered import remembered
from engage.triage.lookalikes import ALONE, IN_LATIN_WORDS, PLAINER, REGIONAL

_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\uffa0\ufeff"
    "\U000e0000-\U000e0fff]"
)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_BLANKS = re.compile(r"[^\S\n]+")
_ACCENTS = re.compile("[\u0300-\u036f]")
_DRAWN_OUT = re.compile(r"([^\W\d_])\1{2,}")
_OTHER_LETTER = re.compile("[\u0370-\u052f\u0250-\u02af\u1d00-\u1d7f\u2170-\u217f\u2c80-\u2cff\ua700-\ua7ff\u0131]")
_DISGUISE = re.compile("[\u13a0-\u13ff\u1400-\u167f\ua4d0-\ua4f7]+")
_LETTERED = re.compile("(?:[\U0001f1e6-\U0001f1ff] ?){3,}")  # two are a flag
_BRACKETED = re.compile(r"(?:\([a-z]\) ?){3,}")
_APART = re.compile(r"(?<!\S)(?:\w ){2,}\w(?=\s{2,}|\s*\Z)")  # "f r e e  m o n e y"
_LEET = str.maketrans("013457@$!|€¥", "oieastasiley")
_LEET_WORD = re.compile(
    r"(?<![\w@$!|€¥])(?=[\w@$!|€¥]*[a-z])(?=[\w@$!|€¥]*[013457@$!|€¥][\w@$!|€¥]*[a-z])[a-z0-9@$!|€¥]{3,}"
)
_SPACED_OUT = re.compile(r"(?<![^\W_])[a-z](?:[ .\-_*][a-z]){2,}(?![^\W_])")
_LINK = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_MENTION = re.compile(r"(?<![\w.])@[\w.\-]+")
_MARKUP = re.compile(r"<[^<>]{1,200}>")


def clean(text: str) -> str:
    """NFKC without invisible characters; blanks are single, line ends stay."""
    text = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text))
    return _BLANKS.sub(" ", _CONTROL.sub(" ", text)).strip()


@remembered
def fold(text: str) -> str:
    """Lower case, Latin accents off, look-alikes inside Latin words made Latin, "soooo" to "soo", quotes straight."""
    text = clean(_APART.sub(_together, text)).casefold().translate(PLAINER)
    text = unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFD", text)))
    if _OTHER_LETTER.search(text):
        text = " ".join(_latinise(word) for word in text.split(" "))
    text = _DISGUISE.sub(lambda word: word[0].translate(ALONE), text)
    return _DRAWN_OUT.sub(r"\1\1", text)


def aligned(text: str) -> tuple[str, list[int]]:
    """A cleaned text folded letter by letter, drawn-out letters as they are, and the place in `text` of each letter."""
    letters: list[str] = []
    places: list[int] = []
    for place, letter in enumerate(text):
        bare = unicodedata.normalize("NFD", letter.casefold().translate(PLAINER))
        bare = unicodedata.normalize("NFC", _ACCENTS.sub("", bare))
        letters.append(bare)
        places += [place] * len(bare)
    folded = "".join(letters)
    return " ".join(_latinise(word) for word in folded.split(" ")), places


def plain(folded: str) -> str:
    """Of a folded text: "fr33 m0ney" to "free money", "f u c k" and "f.u.c.k" to one word."""
    text = _LETTERED.sub(lambda letters: _together(letters).translate(REGIONAL) + " ", folded)
    text = _BRACKETED.sub(lambda letters: re.sub(r"[() ]", "", letters[0]), text)
    text = _LEET_WORD.sub(lambda word: word[0].translate(_LEET), text)
    return _SPACED_OUT.sub(lambda word: re.sub(r"[ .\-_*]", "", word[0]), text)


def views(text: str) -> tuple[str, ...]:
    """The ways to read a text, each once: folded, plain, and with drawn-out letters ("igggnore") written once."""
    folded = fold(text)
    found = [folded, plain(folded)]
    if _DRAWN_OUT.search(text):
        found.append(plain(fold(_DRAWN_OUT.sub(r"\1", text))))
    return tuple(dict.fromkeys(found))


def without_links(text: str) -> str:
    """The text without addresses, mentions and markup: what the follower said in words."""
    return _BLANKS.sub(" ", _MENTION.sub(" ", _LINK.sub(" ", _MARKUP.sub(" ", text)))).strip()


def has_letters(text: str) -> bool:
    """Whether there is a letter or digit in any script."""
    return any(unicodedata.category(letter)[0] in "LN" for letter in text)


def _together(letters: re.Match[str]) -> str:
    return letters[0].replace(" ", "")


def _latinise(word: str) -> str:
    """A word that mixes scripts, or is written in another one only to look Latin, in Latin letters."""
    if not _OTHER_LETTER.search(word):
        return word
    latin = word.translate(IN_LATIN_WORDS)
    mixed = any("a" <= letter <= "z" for letter in word)
    return latin if mixed and latin.isascii() else word
