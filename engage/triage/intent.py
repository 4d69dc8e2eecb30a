"""What the follower is doing: asking, praising, thanking, greeting, or talking. Pure."""

import re

from engage.triage.verdict import Intent
from engage.triage.words import find

_MARK = re.compile(r"[?？؟⁇⁈⸮¿]")
_ONLY_MARKS = re.compile(r"[^\w]*[?!？！؟]+[^\w]*\Z")
_SENTENCE = re.compile(r"(?:[.!…;:,。！；，、*>()\[\]]+|\n+| - )\s*")  # also at commas: "sorry, is it open today"
# What may stand before a question: names and small words.
_LEAD = re.compile(
    r"^(?:[\W_]*(?:hey+|hi+|hello|yo|ok(?:ay)?|so+|but|and|also|well|oh|um+|uh+|wait|lol|haha|bro|dude|man|guys|chat|sir|bhai|please|pls"
    r"|plz|sorry|just|wow|damn|like|btw|y|e|et|und|aber|mais|pero|mas|ma|hola|oi|ola|salut|bonjour|hallo|ciao|hei|buenas|а|и|ну|но|привет"
    r"|merhaba|selam|halo|kak|min|gan|bang)(?![^\W_])[\W_]*)+"
)
_TAG = re.compile(r",? (?:right|eh|huh|no|yeah|innit|oder|verdad|cierto|ne|né|vero|hein|n'est-ce pas)\s*\Z")
_FRENCH_INVERSION = re.compile(r"(?<!\w)\w{2,}-(?:t-)?(?:tu|vous|il|elle|on|ils|elles)(?!\w)")
_JAPANESE_END = re.compile(r"[\u3040-\u30ff\u3400-\u9fff](?:か|の|かね|かい)[\s!。、w笑]*\Z")
_CHINESE_END = re.compile(r"呢[\s!。~]*\Z")
_LONG_FEELING = 40  # words; a longer text is a story, whatever kind words it has
_GREETING = 6  # words, with the names of those greeted


def intent_of(folded: str, languages: tuple[str, ...]) -> Intent:
    """The intent of a folded text without links and mentions, which may be in any of `languages`.

    Only their phrases are looked for: "come" opens a question in Italian and none in English.
    """
    if find("social", "greeting", folded, languages, whole=True):  # "how are you" wants no fact
        return Intent.GREETING
    if is_question(folded, languages):
        return Intent.QUESTION
    if _requests(folded, languages):
        return Intent.REQUEST
    return _feeling(folded, languages)


def is_question(folded: str, languages: tuple[str, ...]) -> bool:
    """Whether something is asked, with or without a question mark."""
    if _MARK.search(folded) and not _ONLY_MARKS.match(folded):
        return True
    if find("questions", "anywhere", folded, languages) or _ends_as_question(folded):
        return True
    return any(_opens_question(sentence, languages) for sentence in _SENTENCE.split(folded))


def is_small_talk(folded: str) -> bool:
    """Whether the whole message says nothing: "ok", "haha", "wow"."""
    return find("social", "filler", folded, whole=True) is not None


def _opens_question(sentence: str, languages: tuple[str, ...]) -> bool:
    if find("questions", "start", sentence, languages, start=True) or _FRENCH_INVERSION.search(sentence):
        return True
    rest = _LEAD.sub("", sentence)
    return rest != sentence and find("questions", "start", rest, languages, start=True) is not None


def _ends_as_question(folded: str) -> bool:
    return any(pattern.search(folded) for pattern in (_TAG, _JAPANESE_END, _CHINESE_END))


def _requests(folded: str, languages: tuple[str, ...]) -> bool:
    """A bare noun ("price", "recipe") asks only where it is the whole message."""
    if find("questions", "request", folded, languages, whole=True):
        return True
    found = find("questions", "request", folded, languages)
    return found is not None and (" " in found[0] or not found[0].isascii())


def _feeling(folded: str, languages: tuple[str, ...]) -> Intent:
    words = len(folded.split())
    if words <= _LONG_FEELING and find("social", "thanks", folded, languages):
        return Intent.THANKS
    if words <= _LONG_FEELING and find("social", "praise", folded, languages):
        return Intent.PRAISE
    if words <= _GREETING and find("social", "greeting", folded, languages, start=True):
        return Intent.GREETING
    return Intent.CHATTER
