"""What can be counted in one text, in any language: the measures by which texts and voices differ. Pure.

Only counts: what they are called is in changes.py.
"""

import re
from dataclasses import dataclass

from engage.memory.sentences import count_words, split_sentences

_EXCLAIMS = re.compile(r"[!！❗‼⁉¡]")
_ASKS = re.compile(r"[?？؟⁉]")
_LINK = re.compile(r"https?://\S+|www\.\S+", re.IGNORECASE)
_MENTION = re.compile(r"(?<![\w.])@[\w.\-]+")
_SIGN = "[\U0001f300-\U0001faff\u2600-\u27bf\u2b50\u2b55\u2764]"
# One as a reader sees it: a flag, a family joined out of four, a hand with its skin; or drawn out of signs.
EMOJI = re.compile(
    f"[\U0001f1e6-\U0001f1ff]{{2}}|{_SIGN}[\ufe0f\U0001f3fb-\U0001f3ff]*(?:\u200d{_SIGN}[\ufe0f\U0001f3fb-\U0001f3ff]*)*"
    r"|(?<!\w)[:;=]-?[)(DPp](?!\w)|<3|\^\^"
)
_SHOUTED = re.compile(r"\b[^\W\d_]{3,}\b")
_GREETING = re.compile(
    r"[\W_]*(?:hi+|hey+|hello+|hiya|howdy|yo|dear|greetings|welcome|good (?:morning|afternoon|evening|day)|morning"
    r"|hola|buen[oa]s (?:d[ií]as|tardes|noches)|buenas|querid[oa]|bonjour|bonsoir|salut|coucou|ch[eè]re?"
    r"|hallo|moin|servus|guten (?:tag|morgen|abend)|liebe[r]?|sehr geehrte[r]?|ol[aá]|oi|bom dia|boa (?:tarde|noite)"
    r"|ciao|salve|buongiorno|buonasera|hoi|goede(?:morgen|middag|navond)|hej|hei|moi|cześć|dzień dobry|ahoj|dobrý den"
    r"|merhaba|selam|halo|xin chào|namaste|привет|здравствуйте|добрый (?:день|вечер)|γεια|שלום|مرحبا|السلام عليكم|नमस्ते)"
    r"(?=[\W_]|\Z)|[\W_]*(?:你好|您好|大家好|こんにちは|こんばんは|おはよう|안녕|สวัสดี)",
    re.IGNORECASE,
)
# What a writer chooses where the language gives a choice: polite or plain address, stiff or easy words.
_FORMAL = re.compile(
    r"\b(?:dear|sincerely|kindly|kind regards|best regards|regarding|furthermore|sehr geehrte\w*|mit freundlichen"
    r"|vous|votre|cordialement|veuillez|usted(?:es)?|atentamente|estimad[oa]|senhora?|cordiais"
    r"|вы|вас|вам|ваш\w*|уважаем\w+)\b",
    re.IGNORECASE,
)
_FORMAL_SIGNS = re.compile(
    r"您|敬|です|ます|ください|ございます|습니다|세요|십시오|\b(?:Ihnen|Ihre[nmrs]?)\b|(?<=\w )Sie\b"
)
_CASUAL = re.compile(
    r"\b(?:gonna|wanna|gotta|lol|lmao|haha+|hehe+|yeah|yep|nope|nah|u|ur|thx|pls|plz|btw|omg|bro|dude|guys"
    r"|dir|dich|dein\w*|tu|toi|mdr|jaja+|kkk+|rsrs|ты|тебя|тебе)\b|哈哈|ㅋㅋ|ㅎㅎ|笑",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Measures:
    """Of one text. Shares are 0..1, None where the text has nothing to measure them by."""

    words: float  # in English measure: scripts that write no spaces count by the character
    sentences: int
    capitals: float | None  # share of the sentences that begin with a capital; None where the script has none
    shouted: int  # words all in capitals
    exclamations: int
    emoji: int
    links: int
    asks: bool  # a question back
    greets: bool  # begins with a greeting
    formality: int  # polite forms less easy ones


def measure(text: str) -> Measures:
    """The measures of a text. Whom it names and where it links are no words of the writer's."""
    bare = " ".join(_MENTION.sub(" ", _LINK.sub(" ", text)).split())
    sentences = split_sentences(_MENTION.sub(" ", _LINK.sub(" ", text)))
    return Measures(
        words=count_words(bare),
        sentences=len(sentences),
        capitals=_capitals(sentences),
        shouted=sum(word.isupper() for word in _SHOUTED.findall(bare)),
        exclamations=len(_EXCLAIMS.findall(bare)),
        emoji=len(EMOJI.findall(bare)),
        links=len(_LINK.findall(text)),
        asks=bool(_ASKS.search(bare)),
        greets=bool(_GREETING.match(bare)),
        formality=len(_FORMAL.findall(bare)) + len(_FORMAL_SIGNS.findall(bare)) - len(_CASUAL.findall(bare)),
    )


def _capitals(sentences: tuple[str, ...]) -> float | None:
    first = [next((letter for letter in one if letter.isalpha()), "") for one in sentences]
    cased = [letter for letter in first if letter.isupper() or letter.islower()]
    return sum(letter.isupper() for letter in cased) / len(cased) if cased else None
