"""Numbers of cards, of bank accounts (IBAN) and of US social security. Pure."""

import re
from collections.abc import Iterator

from engage.personal.kinds import Kind, Span

_GAP = r"[ \u00a0.\-\u2010-\u2015]?"
_CARD = re.compile(rf"(?<![\w+])(?<!\d[.,])\d(?:{_GAP}\d){{11,18}}(?!\w|[.,]\d)")
_IBAN = re.compile(  # in one piece, or in fours
    r"(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}"
    r"(?:[A-Za-z0-9]{11,30}|(?:[ \u00a0\-][A-Za-z0-9]{4}){2,7}(?:[ \u00a0\-][A-Za-z0-9]{1,4})?)"
    r"(?![A-Za-z0-9])"
)
_LEAST_DIGITS = 8  # of an IBAN
_SSN = re.compile(r"(?<![\w\-.])(?!000|666|9\d\d)\d{3}([\-\u2010-\u2015])(?!00)\d\d\1(?!0000)\d{4}(?![\w\-])")
_SSN_SAID = re.compile(
    r"\b(?:ssn|social[ -]security(?: (?:number|no\.?|#))?)\W{0,3}(?:is|was)?\W{0,3}"
    r"(\d{3}[ .\-]?\d\d[ .\-]?\d{4})(?!\w)",
    re.IGNORECASE,
)
_CARD_WORD = re.compile(
    r"\b(?:card|cc|visa|mastercard|amex|maestro|karte|kreditkarte|carte|tarjeta|cart[aã]o|carta)\b|карт|卡|カード",
    re.IGNORECASE,
)
_NEAR = 30  # characters before a number
# How numbers of the networks begin (ISO/IEC 7812), and how many digits they have.
_NETWORKS = (
    (re.compile(r"4"), (13, 16, 19)),  # Visa
    (re.compile(r"5[1-5]|2(?:22[1-9]|2[3-9]|[3-6]|7[01]|720)"), (16,)),  # Mastercard
    (re.compile(r"3[47]"), (15,)),  # American Express
    (re.compile(r"30[0-5]|3[689]"), (14, 16)),  # Diners
    (re.compile(r"6011|64[4-9]|65"), (16, 19)),  # Discover
    (re.compile(r"35(?:2[89]|[3-8])"), (16, 17, 18, 19)),  # JCB
    (re.compile(r"2131|1800"), (15,)),  # JCB, before
    (re.compile(r"62|81"), (16, 17, 18, 19)),  # UnionPay
    (re.compile(r"50|5[6-9]|6[0-9]|0604"), tuple(range(12, 20))),  # Maestro, RuPay
    (re.compile(r"220[0-4]|9792"), (16,)),  # Mir, Troy
)
# ISO 13616: how long an account number of a country is.
LENGTHS = {
    code: int(length)
    for length, codes in {
        "15": "NO",
        "16": "BE",
        "18": "DK FO GL FI NL SD",
        "19": "MK SI",
        "20": "AT BA EE KZ LT LU XK",
        "21": "CH HR LI LV",
        "22": "BG BH CR DE GB GE IE ME RS VA",
        "23": "AE GI IL IQ OM SO TL",
        "24": "AD CZ ES MD PK RO SA SE SK TN VG",
        "25": "LY PT ST",
        "26": "IS TR",
        "27": "FR GR IT MC SM",
        "28": "AL AZ BY CY DO GT HU LB PL SV",
        "29": "BR EG PS QA UA",
        "30": "JO KW MU",
        "31": "MT SC",
        "32": "LC",
        "33": "RU",
    }.items()
    for code in codes.split()
}


def cards(text: str) -> Iterator[Span]:
    """Numbers that pass Luhn's check and begin as a network's do, are grouped as on a card, or are called a card's."""
    for found in _CARD.finditer(text):
        number = re.sub(r"\D", "", found[0])
        if _luhn(number) and (_of_a_network(number) or _is_told(text, found)):
            yield Span(Kind.CARD, found.start(), found.end())


def _is_told(text: str, found: re.Match[str]) -> bool:
    grouped = re.fullmatch(r"\d{4}([ \-])\d{4}\1\d{4}\1\d{1,7}", found[0]) is not None
    return grouped or _CARD_WORD.search(text, max(0, found.start() - _NEAR), found.start()) is not None


def _of_a_network(number: str) -> bool:
    return any(begins.match(number) and len(number) in lengths for begins, lengths in _NETWORKS)


def _luhn(number: str) -> bool:
    digits = [int(digit) for digit in reversed(number)]
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[1::2])
    return len(set(digits)) > 1 and (sum(digits[::2]) + sum(doubled)) % 10 == 0


def ibans(text: str) -> Iterator[Span]:
    """What the checksum of ISO 13616 proves, and what is as long as the country's are: a mistyped one is somebody's."""
    for found in _IBAN.finditer(text):
        if end := _iban_end(found[0]):
            yield Span(Kind.IBAN, found.start(), found.start() + end)


def _iban_end(found: str) -> int:
    """Where it ends: the last words of a match may be no part of the number. 0: it is none."""
    ends = [stop.start() for stop in re.finditer(r"[ \u00a0\-]", found)][::-1]
    for end in (len(found), *ends):
        number = re.sub(r"[ \u00a0\-]", "", found[:end]).upper()
        written = found[:2].isupper() or number[4:].isdigit()
        long_enough = LENGTHS.get(number[:2]) == len(number) and written
        if sum(map(str.isdigit, number)) >= _LEAST_DIGITS and (long_enough or _checks(number)):
            return end
    return 0


def _checks(number: str) -> bool:
    turned = "".join(str(int(sign, 36)) for sign in number[4:] + number[:4])
    return 15 <= len(number) <= 34 and int(turned) % 97 == 1


def social_security_numbers(text: str) -> Iterator[Span]:
    """With its hyphens, or where it is called so."""
    for found in _SSN.finditer(text):
        yield Span(Kind.SSN, found.start(), found.end())
    for found in _SSN_SAID.finditer(text):
        yield Span(Kind.SSN, found.start(1), found.end(1))
