"""What a reply may not contain, one question each. Pure; word lists: data/claims.toml, data/small_talk.toml."""

import re
import tomllib
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from engage.compose.grounding import tokens
from engage.triage.normalise import clean, fold

_DATA = Path(__file__).parent / "data"
_LINK = re.compile(
    r"(?:[a-z][a-z0-9+.-]*://|www\.)\S+|\b(?:[\w-]+\.)+(?:com|net|org|info|biz|io|tv|me|ly|co|dev|app|gg|shop|store|link|site|online"
    r"|xyz|top|club|live|ai|uk|de|fr|es|it|nl|pl|ru|br|jp|kr|cn|in|eu|us|ca|au|be|ch|at|se|to|cc|page|bio)\b(?:/\S*)?"
    r"|\[(?:url|link|image|img|phone|email|user|name)\]",
    re.IGNORECASE,
)
_MENTION = re.compile(r"(?<![\w.@/])@[\w](?:[\w.\-]*\w)?(?:@[\w.\-]+\w)?")
_SECRET = re.compile(
    r"-----BEGIN|\bsk-[\w-]{16,}|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_\w{20,}|\bxox[abprs]-[\w-]{10,}|\bAIza[\w-]{30,}"
    r"|\beyJ[\w-]{10,}\.[\w-]{10,}|\bBearer\s+[\w.\-]{16,}"
    r"|\b(?:password|passwd|api[_ -]?key|secret|token)\s*[:=]\s*\S{6,}"
    r"|\b(?=\w*\d)(?=\w*[a-z])(?=\w*[A-Z])[A-Za-z0-9_]{32,}\b|\b[0-9a-f]{40,}\b"
)
_CARD = re.compile(r"\b(?:\d[ -]?){13,19}\b")
_RUN = 8  # words in a row that count as a quotation


def foreign_link(sentence: str, allowed: Iterable[str]) -> bool:
    """Whether the sentence holds an address that is under none of `allowed` (hosts or URL prefixes)."""
    permitted = tuple(allowed)
    return any(not _is_allowed(found[0].rstrip(".,;:!?)\"'"), permitted) for found in _LINK.finditer(clean(sentence)))


def without_mentions(text: str, names: Iterable[str]) -> str:
    """The text without @mentions of anybody but `names`."""
    known = {fold(name).lstrip("@") for name in names if name}
    kept = _MENTION.sub(lambda found: found[0] if fold(found[0]).lstrip("@") in known else "", text)
    return re.sub(r"[^\S\n]+([,.!?;:])", r"\1", re.sub(r"[^\S\n]{2,}", " ", kept)).strip(" ,")


def makes_claims(sentence: str) -> bool:
    """Whether it tells of deeds the avatar has not done, or promises what it cannot keep."""
    folded = fold(sentence)
    return any(pattern.search(folded) for pattern in _claims())


def holds_secret(text: str) -> bool:
    """Whether something looks like a key, a token or a card number."""
    cards = (re.sub(r"\D", "", found[0]) for found in _CARD.finditer(text))
    return bool(_SECRET.search(text)) or any(_luhn(number) for number in cards)


def quotes(text: str, private: str) -> bool:
    """Whether `text` has eight words in a row of `private`."""
    said, kept = _words(text), _words(private)
    runs = {tuple(kept[i : i + _RUN]) for i in range(len(kept) - _RUN + 1)}
    return any(tuple(said[i : i + _RUN]) in runs for i in range(len(said) - _RUN + 1))


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
    folded = fold(sentence)
    unknown = tokens(sentence) - words - tokens(" ".join(names))
    if not unknown or folded.rstrip("\"')» ").endswith(("?", "？", "؟")):
        return False
    return not (folded.startswith(openers) and unknown <= tokens(heard))


def _is_allowed(link: str, allowed: tuple[str, ...]) -> bool:
    address = _parts(link)
    return address is not None and any(_is_under(address, _parts(entry)) for entry in allowed)


def _is_under(address: tuple[str, str], entry: tuple[str, str] | None) -> bool:
    if entry is None:
        return False
    (host, path), (allowed_host, allowed_path) = address, entry
    same_host = host == allowed_host or host.endswith(f".{allowed_host}")
    return same_host and (path == allowed_path or path.startswith(allowed_path.rstrip("/") + "/") or not allowed_path)


def _parts(link: str) -> tuple[str, str] | None:
    """Host and path of a web address; None for what has a password, a strange scheme or no host."""
    if "://" in link and not link.lower().startswith(("http://", "https://")):
        return None
    try:
        parts = urlsplit(link if "://" in link else f"https://{link}")
        host = parts.hostname or ""
    except ValueError:
        return None
    if parts.username is not None or "." not in host:
        return None
    return host.removeprefix("www."), parts.path.rstrip("/") + (f"?{parts.query}" if parts.query else "")


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", fold(text))


def _luhn(number: str) -> bool:
    digits = [int(digit) for digit in reversed(number)]
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[1::2])
    return 13 <= len(digits) <= 19 and len(set(digits)) > 1 and (sum(digits[::2]) + sum(doubled)) % 10 == 0


@cache
def _claims() -> tuple[re.Pattern[str], ...]:
    tables = tomllib.loads((_DATA / "claims.toml").read_text(encoding="utf-8"))
    return tuple(re.compile(pattern) for table in tables.values() for pattern in table["patterns"])


@cache
def _small_talk() -> tuple[frozenset[str], tuple[str, ...]]:
    tables = tomllib.loads((_DATA / "small_talk.toml").read_text(encoding="utf-8"))
    words = frozenset().union(*(tokens(line) for lines in tables["words"].values() for line in lines))
    return words, tuple(fold(opener) for some in tables["opener"].values() for opener in some)
