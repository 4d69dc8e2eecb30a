"""The words of the page Voice: what a figure means, and what a setting does."""

from collections.abc import Mapping
from typing import Any

from engage.models import Freedom, PassageKind

ABOUT = (
    "Learnt from what you really wrote. Every draft is measured against it; one that sounds too little like you is"
    " written once more."
)
LEARNING = "Learning how you write…"
FEW = (
    "Import what you answered to followers: comments, messages, chats, or an export of your account. Until then the"
    " avatar writes plainly, and no draft is measured."
)
HOW_TO_IMPORT = "engage import FILE --creator {name}"
NO_REPLIES = "The avatar has posted nothing in the last eight weeks."
OCCASIONS = "By surface and by what you answer: your usual length in words, and the share of your texts that do it"
WEEKS = "Newest week first. Words: median length. Delta: distance in the use of common words, 0 for the same"
UNMEASURED = "Too few of your texts are known to measure it."
FOREIGN = "You do not write in this language: only your habits are compared, not your words."
TRY = "Nothing is posted and nothing is kept."
BORDER = "What four fifths of your own texts score, or more. A draft below it is written once more."
STRICT = "Drafts below the border come to you instead of going out"
FREEDOMS: dict[str, str] = {Freedom.STRICT: "Strict", Freedom.ADAPTIVE: "Adaptive", Freedom.CREATIVE: "Creative"}
FREEDOMS_MEAN: dict[str, str] = {
    Freedom.STRICT: "facts in your very sentences, and nothing beside them where something was asked.",
    Freedom.ADAPTIVE: "facts in words made for the follower, with kind words and questions back.",
    Freedom.CREATIVE: "as adaptive, and it joins in where followers only talk. The facts stay yours.",
}
REACTIONS = {
    "question": "To questions",
    "request": "To requests",
    "praise": "To praise",
    "thanks": "To thanks",
    "greeting": "To greetings",
    "chatter": "To chatter",
    "hate": "To hate",
}
KNOWN = {
    PassageKind.PAIR: "answers",
    PassageKind.FAQ: "FAQ",
    PassageKind.CORRECTION: "corrections",
    PassageKind.PRIVATE: "private messages",
    PassageKind.POST: "posts",
}
LANGUAGES = {
    "ar": "Arabic",
    "de": "German",
    "en": "English",
    "es": "Spanish",
    "fr": "French",
    "hi": "Hindi",
    "id": "Indonesian",
    "it": "Italian",
    "ja": "Japanese",
    "ko": "Korean",
    "nl": "Dutch",
    "pl": "Polish",
    "pt": "Portuguese",
    "ru": "Russian",
    "sv": "Swedish",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "zh": "Chinese",
}
SETTINGS = {
    "display_name": "display name",
    "language": "language",
    "bio": "bio",
    "freedom": "freedom",
    "voice_border": "border",
    "strict_voice": "strict voice",
    "style_rules": "style rules",
    "avoid_topics": "topics",
    "allowed_links": "links",
}
ELSEWHERE = "These settings were changed elsewhere meanwhile. Saving replaces them with what stands here."


def to_you(sentence: str) -> str:
    """What is told of a creator, told to them."""
    for they, you in (("they ", "you "), ("They ", "You ")):
        if sentence.startswith(they):
            return you + sentence.removeprefix(they)
    return sentence


def difference(told: str) -> str:
    """How a text is unlike the creator, as a sentence to them."""
    sentence = to_you(told)
    return f"{sentence[:1].upper()}{sentence[1:]}."


def missing(texts: int, fewest: int) -> str:
    """How many texts there are, and how many more a style needs."""
    more = fewest - texts
    known = "None of your texts is" if not texts else f"{texts} of your texts {'is' if texts == 1 else 'are'}"
    return (
        f"{known} known yet; a style can be learnt from {fewest}. {more} more {'is' if more == 1 else 'are'} missing."
    )


def learnt_from(texts: int, known: Mapping[str, int]) -> str:
    """Of how many texts a style was learnt, and what there is."""
    there = [f"{known[kind]:,} {name}" for kind, name in KNOWN.items() if known.get(kind)]
    return f"{texts} of your texts" + (f" (there are {', '.join(there)})" if there else "")


def length(usual: Mapping[str, Any]) -> str:
    """Half of the texts are shorter; eight of ten are within the range."""
    words = usual["length_words"]
    return f"{words['p50']:.0f} words, mostly {words['p10']:.0f} to {words['p90']:.0f}"


def left_out(replies: int) -> str:
    """Why some replies are not among the weeks."""
    which = "1 reply in a language" if replies == 1 else f"{replies} replies in languages"
    return f"Without {which} you do not write in: only habits can be compared there." if replies else ""


def share(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.0f} %"


def score(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def saved(changed: tuple[str, ...]) -> str:
    """What was kept, and from when on it counts."""
    if not changed:
        return "Nothing was changed."
    names = ", ".join(SETTINGS[name] for name in changed)
    return f"Saved: {names}. The next message is answered with it."
