"""Greetings, thanks and praise: answered with what the creator has said to the same before. Pure."""

import re
from collections.abc import Iterable
from enum import StrEnum

from engage.compose.reuse import tidy, unusable
from engage.memory.sentences import count_words, split_sentences
from engage.models import Passage, PassageKind


class Courtesy(StrEnum):
    """What a message does that asks for nothing."""

    GREETING = "greeting"
    THANKS = "thanks"
    PRAISE = "praise"


LONGEST = 18  # words: a longer message says something besides
LONGEST_REPLY = 25

_WORDS = {
    Courtesy.THANKS: re.compile(
        r"\b(?:thank(?:s| you| u)?|thx|tysm|ty|cheers|appreciate (?:it|you|this|that)|grateful|gracias|merci"
        r"|danke|obrigad[oa]"
        r"|grazie|teşekkürler|spasibo)\b|谢谢|感谢|多谢|ありがとう|감사|спасибо|شكرا",
        re.IGNORECASE,
    ),
    Courtesy.PRAISE: re.compile(
        r"\b(?:love (?:this|it|your|you|the)|loved|awesome|amazing|great (?:work|job|video|post|stuff|content"
        r"|stream|site|idea)"
        r"|fantastic|brilliant|excellent|so good|the best|well done|good job|nice (?:work|one|job)|incredible"
        r"|wonderful|beautiful"
        r"|perfect|cool|impressive|congrat\w*|goat|legend|fire|genial|increíble|excelente|me encanta"
        r"|felicidades|muy bueno|bravo"
        r"|magnifique|super|großartig|toll|lindo|ótimo|bellissimo)\b|太棒|真棒|厉害|喜欢|最高|すごい|素敵|대박|🔥|❤|😍|👏|💯|🙌",
        re.IGNORECASE,
    ),
    Courtesy.GREETING: re.compile(
        r"^\W*(?:hi+|hey+|hello+|howdy|yo|sup|good (?:morning|afternoon|evening)|morning|greetings|hola"
        r"|buenos d[ií]as"
        r"|buenas(?: tardes| noches)?|bonjour|salut|hallo|guten (?:tag|morgen)|moin|ol[aá]|bom dia|ciao"
        r"|buongiorno|namaste"
        r"|你好|大家好|早上好|こんにちは|안녕)(?:\W|$)",
        re.IGNORECASE,
    ),
}
_ANSWERS = {  # what a reply to it sounds like: a pair's reply may be about something else
    Courtesy.THANKS: re.compile(
        r"welcome(?! (?:to|back|in|aboard))|no prob|my pleasure|pleasure|anytime|glad|happy (?:to|you)|of course"
        r"|sure thing|no worries|thank|de nada|gusto|placer|gracias|rien|plaisir|bitte|gern|不客气|不谢|谢谢",
        re.IGNORECASE,
    ),
    Courtesy.PRAISE: re.compile(
        r"thank|thx|glad|happy (?:to|you)|appreciate|means a lot|kind words?|gracias|agradec|merci|danke"
        r"|obrigad|谢谢|感谢",
        re.IGNORECASE,
    ),
    Courtesy.GREETING: re.compile(
        r"^\W*(?:hi|hey|hello|howdy|good (?:morning|afternoon|evening)|welcome(?! to)|greetings|hola|buen"
        r"|bienvenid\w*\b(?! a )|bonjour|salut|hallo|guten|willkommen(?! (?:in|bei|zu))|ol[aá]|ciao|你好|大家好|欢迎)"
        r"|great to (?:see|have|meet)|nice to (?:see|meet)|glad you",
        re.IGNORECASE,
    ),
}
_ASKS = re.compile(
    r"[?？؟]|吗|呢|\b(?:how|what|when|where|which|why|who|can (?:you|i)|could you|do you|please)\b"
    r"|\b(?:cómo|qué|cuándo|dónde|cuál|wie|warum|comment|pourquoi|como|quando|onde)\b",
    re.IGNORECASE,
)


def courtesy_of(text: str) -> Courtesy | None:
    """What a message does where it does nothing else; None where it may want an answer."""
    if count_words(text) > LONGEST or asks(text):
        return None
    return next((kind for kind, words in _WORDS.items() if words.search(text)), None)


def asks(text: str) -> bool:
    """Wants an answer, as far as its words tell."""
    return bool(_ASKS.search(text))


def courteous_replies(passages: Iterable[Passage], kind: Courtesy) -> list[tuple[str, Passage]]:
    """The creator's own short replies to the same courtesy, that fit anybody."""
    found: dict[str, tuple[str, Passage]] = {}
    for passage in passages:
        if passage.kind not in (PassageKind.PAIR, PassageKind.FAQ, PassageKind.CORRECTION) or not passage.question:
            continue
        if not _WORDS[kind].search(passage.question):
            continue
        if reply := _short_reply(passage.text, kind):
            found.setdefault(reply.casefold(), (reply, passage))
    return list(found.values())


def _short_reply(text: str, kind: Courtesy) -> str:
    """The reply's sentences up to the last courteous one, where they say nothing else; "" otherwise."""
    sentences = [tidy(sentence) for sentence in split_sentences(text)]
    if not sentences or count_words(sentences[0]) > LONGEST_REPLY or not _ANSWERS[kind].search(sentences[0]):
        return ""
    return "" if unusable(sentences[0]) or _is_about_somebody(sentences[0]) else sentences[0]


def _is_about_somebody(sentence: str) -> bool:
    """Holds a name, a thing or a deed of the one person it was said to."""
    inner = re.findall(r"(?<=\s)[A-Z][\w']+", sentence)
    return any(word.split("'")[0] not in ("I", "OK", "DM") for word in inner) or bool(
        re.search(r"\b(?:your|for (?:\w+ing|the|catching|sharing)|on (?:your|the)|this|that|tu|su)\b", sentence, re.I)
    )
