"""What advertising is made of, each as one word: where to go, whom to write to, how much there is to win. Pure."""

import re

_ENDINGS = "com|net|org|info|biz|ru|xyz|top|club|site|online|shop|store|ly|gl|tk|me|co|tv|io|pl|br|uk|de|fr|cf|ml"
_SIGNS = (
    ("‹link›", re.compile(rf"(?:https?://|www\.)\S+|\b[\w-]{{2,}}\.(?:{_ENDINGS})\b(?:/\S*)?", re.IGNORECASE)),
    ("‹reach›", re.compile(r"\[(?:phone|email|number)\]|\b[\w.+-]+@[\w-]+\.\w+|(?:\+|\b00)?\d[\d\s().-]{7,}\d")),
    (
        "‹money›",
        re.compile(
            r"[$€£₿]\s?\d[\d.,\s]*k?\b|\b\d[\d.,]*\s?(?:k\b|usd|dollars?|bucks|btc|euros?|[$€£])", re.IGNORECASE
        ),
    ),
    ("‹tag›", re.compile(r"#\w+(?:\.\w+)*")),
    ("‹handle›", re.compile(r"(?<![\w.])@[\w.\-]+")),
)
_MARKUP = re.compile(r"<[^<>]{1,200}>")
_MOMENT = re.compile(r"[?&;]t=\d")  # an address of a moment in the video is no way out


def with_signs(text: str) -> str:
    """The text with a sign for each address, number to call, sum, tag and handle; markup is left out."""
    text = _MARKUP.sub(lambda found: " ‹link› " if "http" in found[0] and not _MOMENT.search(found[0]) else " ", text)
    for sign, pattern in _SIGNS:
        text = pattern.sub(f" {sign} ", text)
    return text
