"""What must neither be posted nor learnt: keys, tokens, cards, account numbers. Pure."""

import re

_SECRET = re.compile(
    r"-----BEGIN|\bsk-[\w-]{16,}|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_\w{20,}|\bxox[abprs]-[\w-]{10,}|\bAIza[\w-]{30,}"
    r"|\beyJ[\w-]{10,}\.[\w-]{10,}|\bBearer\s+[\w.\-]{16,}"
    r"|\b(?:password|passwd|api[_ -]?key|secret|token)\s*[:=]\s*\S{6,}"
    r"|\b(?=\w*\d)(?=\w*[a-z])(?=\w*[A-Z])[A-Za-z0-9_]{32,}\b|\b[0-9a-f]{40,}\b"
)
_CARD = re.compile(r"\b(?:\d[ -]?){13,19}\b")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}\b")
_KEY = re.compile(r"\b(?:glpat-|sk_live_|rk_live_|hf_|npm_|pypi-|ya29\.|SG\.|EAA)[\w\-.]{16,}|\b\d{8,10}:AA[\w\-]{30,}")
_URL = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)


def is_confidential(text: str) -> bool:
    """Whether something in it looks like a key, a token, a card or an account number."""
    if _KEY.search(text) or any(map(_is_iban, _IBAN.findall(text))):
        return True
    shown = _URL.sub(" ", text)  # a long path looks like a key
    cards = (re.sub(r"\D", "", found[0]) for found in _CARD.finditer(shown))
    return bool(_SECRET.search(shown)) or any(map(_luhn, cards))


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
