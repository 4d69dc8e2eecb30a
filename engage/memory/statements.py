"""What a sentence says, as far as it can be counted: its words, numbers and currencies, and whether it denies. Pure."""

import re
import unicodedata

from engage.remembered import remembered
from engage.triage.normalise import fold

# In Indian scripts vowels are marks on their letters: without them a word would fall into its consonants.
_MARKED = (
    "\u0900-\u0963\u0970-\u09e5\u09f0-\u0a65\u0a70-\u0ae5\u0af0-\u0b65"
    "\u0b70-\u0be5\u0bf0-\u0c65\u0c70-\u0ce5\u0cf0-\u0d65"
)
_WORD = re.compile(rf"\d+(?:[.,]\d+)*|(?:[^\W\d_]|[{_MARKED}])+(?:'[^\W\d_]+)?")
_UNSPACED = re.compile("[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]+")
_SUFFIX = re.compile(r"(?:'s|ing|ed|es|s|ly)$")
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_CURRENCIES = {
    "EUR": re.compile(r"€|\beur(?:os?)?\b"),
    "USD": re.compile(r"\$|\busd\b|\bdollars?\b|\bdolar(?:es)?\b"),
    "GBP": re.compile(r"£|\bgbp\b|\bpounds?\b|\bquid\b"),
    "JPY": re.compile(r"¥|￥|円|\bjpy\b|\byen\b"),
    "CNY": re.compile(r"元|块钱|人民币|\bcny\b|\brmb\b"),
    "INR": re.compile(r"₹|\binr\b|\brupees?\b|रुपय"),
    "KRW": re.compile(r"₩|\bkrw\b|\d ?원"),
    "nothing": re.compile(
        r"(?<!feel )\bfree\b|\bgratis\b|\bgratuit|\bkostenlos|\bucretsiz\b|бесплатн|безкоштовн|免费|無料|무료"
    ),
}
_NEGATED = re.compile(
    r"n't\b|\b(?:not|no|never|none|neither|nor|cannot|without|pas|jamais|aucune?|sans|nunca|jamas|ni|sin|sem|nao|non|mai"
    r"|senza|nicht|kein\w*|nie|niemals|ohne|niet|geen|nooit|zonder|bez|не|нет|ни|без|никогда|ні|немає|degil|yok|hayir"
    r"|tidak|bukan|tanpa|khong|لا|ليس|غير|بدون|لن|لم|नहीं|बिना)\b|[不没沒無无非]|ない|ません|なし|않|안 |못|없|아니|ไม่"
)
# Words that say nothing about the matter, in the languages met most.
_EMPTY_WORDS = """
    a an the and or but so if of to in on at for with from by as is are was were be been am do does did have has had
    i you he she it we they me my your his her its our their this that these those there here not no yes just really
    very too also can could would should will may might much more most some any what which who when where why how
    than then about into out up down over it's i'm don't that's you're i've de la el los las un una y o en que es
    por para con se lo le su mi tu al del como mas pero muy les des du et ou est pour dans avec sur pas ne ce cette
    il elle je vous nous der die das und oder ist sind ein eine ich er sie wir nicht mit fur auf zu den dem von im e
    di che non per sono um uma os da em nao mais cual cuales quien quienes cuando donde cuanto cuanta cuantos cuantas
    quel quelle quels quelles quand comment combien pourquoi qui welche welcher welches wer wann wo warum wie viel was
    qual quais onde quando quanto quantos quale quali dove come chi perche welke hoe waar wanneer waarom wat wie
    one ones thing things и в на не что это как я ты он она мы вы с по за из но а
"""
_EMPTY = frozenset(fold(_EMPTY_WORDS).split())


@remembered
def tokens(text: str) -> frozenset[str]:
    """The meaningful words of a text, without common endings; pairs of characters in scripts without blanks."""
    folded = fold(text)
    pairs = {run[0][i : i + 2] for run in _UNSPACED.finditer(folded) for i in range(max(1, len(run[0]) - 1))}
    words = _WORD.findall(_UNSPACED.sub(" ", folded))
    return frozenset(pairs | {_stem(word) for word in words if word not in _EMPTY})


def numbers(text: str) -> frozenset[str]:
    """The numbers of a text in one notation: "1.200", "1,200" and "1200" are one, and so are "35,00" and "35"."""
    plain = "".join(str(unicodedata.decimal(sign)) if sign.isdecimal() else sign for sign in text)
    return frozenset(map(_plain_number, _NUMBER.findall(plain)))


def currencies(text: str) -> frozenset[str]:
    """The currencies a text names; "nothing" where it says that something is free."""
    folded = fold(text)
    return frozenset(name for name, pattern in _CURRENCIES.items() if pattern.search(folded))


def _plain_number(number: str) -> str:
    if re.fullmatch(r"[1-9]\d{0,2}(?:[.,]\d{3})+", number):
        return re.sub(r"[.,]", "", number)
    number = number.replace(",", ".")
    return number.rstrip("0").rstrip(".") if "." in number else number


def denies(text: str) -> bool:
    """Whether a text says no, not, none or without."""
    return bool(_NEGATED.search(fold(text)))


def _stem(word: str) -> str:
    stem = _SUFFIX.sub("", word)
    if stem != word and re.search(r"([bdgmnprt])\1$", stem):  # "shipped", "planning"
        stem = stem[:-1]
    return stem if len(stem) >= 3 else word
