"""What must neither be posted, learnt nor logged: keys, tokens, and numbers that somebody pays with. Pure."""

import re

from engage import personal

_SECRET = re.compile(
    r"-----BEGIN|\bsk-[\w-]{16,}|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_\w{20,}|\bxox[abprs]-[\w-]{10,}|\bAIza[\w-]{30,}"
    r"|\beyJ[\w-]{10,}\.[\w-]{10,}|\bBearer\s+[\w.\-]{16,}"
    r"|\b(?:password|passwd|api[_ -]?key|secret|token)\s*[:=]\s*\S{6,}"
    r"|\b(?=\w*\d)(?=\w*[a-z])(?=\w*[A-Z])[A-Za-z0-9_]{32,}\b|\b[0-9a-f]{40,}\b"
)
_KEY = re.compile(r"\b(?:glpat-|sk_live_|rk_live_|hf_|npm_|pypi-|ya29\.|SG\.|EAA)[\w\-.]{16,}|\b\d{8,10}:AA[\w\-]{30,}")
_URL = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)


def is_confidential(text: str) -> bool:
    """Whether something in it looks like a key, a token, a card, an account number or a social security number."""
    shown = _URL.sub(" ", text)  # a long path looks like a key, and ids in addresses like cards
    return bool(_KEY.search(text) or _SECRET.search(shown)) or personal.is_payment(shown)


def without_secrets(text: str) -> str:
    """The text with `[secret]` in place of what looks like a key or a token."""
    return _SECRET.sub("[secret]", _KEY.sub("[secret]", text))
