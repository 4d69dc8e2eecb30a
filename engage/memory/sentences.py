"""Sentences of a text in any script, without knowing its language.

Its own few lines instead of a library: those known are for one declared language at a time, and quadratic on long
texts. Figures beside pysbd are in docs/adr/0003-recall-scores.md.
"""

import re

from engage.remembered import remembered

# Words that end in a full stop without ending a sentence, in the languages met most.
_ABBREVIATIONS = re.compile(
    r"(?:mr|mrs|ms|dr|prof|sr|sra|srta|jr|st|vs|etc|approx|fig|inc|ltd|corp|dept|est|ca|bzw|usw|uds?|lic|ing|gral|art|núm"
    r"|mme|mlle|av|jan|feb|mar|apr|jun|jul|aug|sept|oct|nov|dec|(?:\w\.)+\w|p\.ej)",
    re.IGNORECASE,
)
_END = re.compile(r"[.!?…]+[\"'”’)\]»*]*(?=\s|$)|[。！？｡]+[\"'”’」』）)】]*|[।॥؟۔]+|\n+")
_LAST_WORD = re.compile(r"(?<![\w.])[\w.]+$")
_UNSPACED = re.compile("[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_WORD = re.compile(r"[^\W_](?:[^\W_]|['’])*")
LONGEST_QUOTE = 300  # characters
CHARACTERS_A_WORD = 1.7  # Chinese text says in 1.7 characters what English says in a word


@remembered
def split_sentences(text: str) -> tuple[str, ...]:
    """The sentences of a text, in order, without the blanks around them. Every other character is kept."""
    sentences = []
    start = 0
    for end in _END.finditer(text):
        if _ends_sentence(text, end) and not _inside_quote(text[start : end.end()]):
            sentences.append(text[start : end.end()].strip())
            start = end.end()
    sentences.append(text[start:].strip())
    return tuple(sentence for sentence in sentences if sentence)


def count_words(text: str) -> float:
    """Words, in English measure: scripts that write no spaces count by the character."""
    unspaced = len(_UNSPACED.findall(text))
    spaced = _UNSPACED.sub(" ", text) if unspaced else text
    return len(_WORD.findall(spaced)) + unspaced / CHARACTERS_A_WORD


def _ends_sentence(text: str, end: re.Match[str]) -> bool:
    mark = end[0]
    if mark[0] not in ".!?…":
        return True
    following = text[end.end() : end.end() + 10].lstrip()[:1]
    if following.islower() and not (mark == "." and _writes_small(text)):  # "e.g. this", "Wait... what", "Yahoo! is"
        return False
    if mark != ".":
        return True
    before = _LAST_WORD.search(text, max(0, end.start() - 20), end.start())
    word = before[0] if before else ""
    return not (_ABBREVIATIONS.fullmatch(word) or (len(word) == 1 and word.isupper()))


def _writes_small(text: str) -> bool:
    """Many people begin no sentence with a capital: a text that begins small is theirs."""
    return next((letter for letter in text if letter.isalpha()), "").islower()


def _inside_quote(sentence: str) -> bool:
    """A quotation of a few sentences stays whole; one that is never closed does not swallow the rest."""
    return len(sentence) < LONGEST_QUOTE and (sentence.count('"') % 2 == 1 or sentence.count("“") > sentence.count("”"))
