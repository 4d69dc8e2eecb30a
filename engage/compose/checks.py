"""What a reply may not contain, one question each. Pure; word lists: data/claims.toml, data/small_talk.toml."""

import re
import tomllib
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path

from engage.compose.grounding import ends_as_question, tokens
from engage.compose.links import without_urls
from engage.remembered import remembered
from engage.triage.normalise import fold
from engage.triage.sieve import Sieve

_DATA = Path(__file__).parent / "data"
_SECRET = re.compile(
    r"-----BEGIN|\bsk-[\w-]{16,}|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_\w{20,}|\bxox[abprs]-[\w-]{10,}|\bAIza[\w-]{30,}"
    r"|\beyJ[\w-]{10,}\.[\w-]{10,}|\bBearer\s+[\w.\-]{16,}"
    r"|\b(?:password|passwd|api[_ -]?key|secret|token)\s*[:=]\s*\S{6,}"
    r"|\b(?=\w*\d)(?=\w*[a-z])(?=\w*[A-Z])[A-Za-z0-9_]{32,}\b|\b[0-9a-f]{40,}\b"
)
_CARD = re.compile(r"\b(?:\d[ -]?){13,19}\b")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}\b")
_KEY = re.compile(r"\b(?:glpat-|sk_live_|rk_live_|hf_|npm_|pypi-|ya29\.|SG\.|EAA)[\w\-.]{16,}|\b\d{8,10}:AA[\w\-]{30,}")
_RUN = 8  # words in a row that count as a quotation


def makes_claims(sentence: str) -> bool:
    """Whether it tells of deeds the avatar has not done, or promises what it cannot keep."""
    return _claims().any(fold(sentence))


def holds_secret(text: str) -> bool:
    """Whether something looks like a key, a token, a card or an account number."""
    if _KEY.search(text) or any(map(_is_iban, _IBAN.findall(text))):
        return True
    shown = without_urls(text)
    cards = (re.sub(r"\D", "", found[0]) for found in _CARD.finditer(shown))
    return bool(_SECRET.search(shown)) or any(map(_luhn, cards))


def leaks(text: str, prompt: str, canary: str = "") -> bool:
    """Whether a text gives the system prompt away: eight of its words in a row, or the canary hidden in it.

    `prompt` must not hold the recalled passages: those are there to be quoted.
    """
    hidden = _squeezed(canary)
    return (bool(hidden) and hidden in _squeezed(text)) or not _runs(text).isdisjoint(_runs(prompt))


def repeats(text: str, earlier: str) -> bool:
    """Whether `text` is what was said before, but for a few words."""
    new, old = _words(text), _words(earlier)
    if not new or not old:
        return False
    inside = f" {' '.join(new)} " in f" {' '.join(old)} "
    share = len(set(new) & set(old)) / len(set(new) | set(old))
    return (inside and len(new) > 2) or new == old or (share >= 0.9 and len(new) > 4)


def is_factual(sentence: str, heard: str, names: Iterable[str]) -> bool:
    """Whether the sentence says something that must stand on the creator's words.

    Kind words do not, nor questions back, nor kind words about what the follower wrote (`heard`).
    """
    if any(letter.isdigit() for letter in sentence):
        return True
    words, openers = _small_talk()
    unknown = tokens(sentence) - words - tokens(" ".join(names))
    if not unknown or ends_as_question(sentence):
        return False
    return not (fold(sentence).startswith(openers) and unknown <= tokens(heard))


@lru_cache(256)  # of a reply, and of each creator's prompt
def _runs(text: str) -> frozenset[tuple[str, ...]]:
    """All eight words in a row of a text."""
    words = _words(_apart(text))
    return frozenset(words[start : start + _RUN] for start in range(len(words) - _RUN + 1))


@remembered
def _words(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"[^\W_]+", fold(text)))


def _luhn(number: str) -> bool:
    digits = [int(digit) for digit in reversed(number)]
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[1::2])
    return 13 <= len(digits) <= 19 and len(set(digits)) > 1 and (sum(digits[::2]) + sum(doubled)) % 10 == 0


def _is_iban(found: str) -> bool:
    """The checksum of ISO 13616; the last words of a match may be no part of the number."""
    parts = found.split()
    for count in range(len(parts), 0, -1):
        number = "".join(parts[:count])
        turned = "".join(str(int(sign, 36)) for sign in number[4:] + number[:4])
        if 15 <= len(number) <= 34 and int(turned) % 97 == 1:
            return True
    return False


def _squeezed(text: str) -> str:
    return re.sub(r"[\W_]", "", fold(text))


def _apart(text: str) -> str:
    """In scripts without blanks every character a word: so that eight in a row can be told there too."""
    return re.sub("([\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3])", r" \1 ", text)


@cache
def _claims() -> Sieve:
    tables = tomllib.loads((_DATA / "claims.toml").read_text(encoding="utf-8"))
    return Sieve([pattern for table in tables.values() for pattern in table["patterns"]])


@cache
def _small_talk() -> tuple[frozenset[str], tuple[str, ...]]:
    tables = tomllib.loads((_DATA / "small_talk.toml").read_text(encoding="utf-8"))
    words = frozenset().union(*(tokens(line) for lines in tables["words"].values() for line in lines))
    return words, tuple(fold(opener) for some in tables["opener"].values() for opener in some)
