"""E-mail addresses and telephone numbers. Pure.

A telephone number is told by its shape (with a country's or an area's prefix), or by the words that lead to it:
"374 780 163" is one after "call me at", and a sum of money elsewhere.
"""

import re
from collections.abc import Iterator

from engage.personal.kinds import Kind, Span

_MAIL = re.compile(r"(?<![\w.+\-])[\w.+\-%']*[\w+\-%]@[\w\-]+(?:\.[\w\-]+)+")
_DOT = r"\s?(?:\.|[\[({]\s?(?:\.|dot|punkt|punto|ponto|point)\s?[\])}]|\s(?:dot|punkt|punto|ponto)\s)\s?"
_AT = r"\s?[\[({]\s?(?:at|arroba|@)\s?[\])}]\s?"
_MAIL_SPELLED = re.compile(rf"(?<![\w.+\-])[\w.+\-]+{_AT}[\w\-]+(?:{_DOT}[\w\-]+)*{_DOT}[a-z]{{2,10}}\b", re.IGNORECASE)
_MAIL_SAID = re.compile(
    r"(?<![\w.+\-])[\w.+\-]+(?:\s(?:at|arroba)\s|@)[\w\-]+\s(?:dot|punkt|punto|ponto)\s(?:com?|net|org|de|es|fr|it|uk|io|me|edu|info|ru|pl|br)\b",
    re.IGNORECASE,
)
_DASH = r"\-\u2010-\u2015\u2212"
_LETTER = r"A-Za-z0-9_\u00c0-\u052f"  # of scripts that put blanks between words
_BETWEEN = rf"[ \t\u00a0\u202f.()/{_DASH}]{{0,3}}"
_EXTENSION = r"(?:[ ,]{0,2}(?:x|ext\.?|extension|#)[ ]?\d{1,6})?"
_TAIL = re.compile(r"[ ,]*[x#eXE]")  # where an extension begins
_NUMBER = re.compile(
    rf"(?<![{_LETTER}{_DASH}])(?<!\d[.,:/])(?<![$€£¥₹#])(?<![$€£¥₹] )"
    rf"(?:\(?\+ ?)?\(?\d(?:{_BETWEEN}\d){{5,16}}(?!\d|[.,:]\d){_EXTENSION}(?![{_LETTER}])",
    re.IGNORECASE,
)
_NO_PHONE = re.compile(  # dates, and decimal fractions
    r"(?<!\d)(?:\d{1,2}[./\-]\d{1,2}[./\-](?:1[89]|20)\d\d|(?:1[89]|20)\d\d[./\-]\d{1,2}[./\-]\d{1,2})(?!\d)|^\d\.\d+$"
)
_AMERICAN = re.compile(r"(?:1[ .\-]?)?(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[ .\-])\d{3}[ .\-]\d{4}")
_AREA = re.compile(r"\(\d{2,4}\) ?\d{3,5}[ .\-]\d{3,5}")
_MANY = re.compile(r"\(?\d{1,4}\)?(?:[ .\-/]\(?\d{2,4}\)?){2,4}|\d{9,11}")
_NEARBY = re.compile(
    r"(?<!order )(?<!model )(?<!item )(?<!part )(?<!serial )(?<!tracking )(?<!account )(?<!card )\b"
    r"(?:number|n[uú]mero|nummer|phone|tel[ée]fono|telefon|mobile|handy|cell|whats ?app"
    r"|call(?:ed|ing)? (?:me|us|you|from)"
    r"|toll[ \-]free|sms)\b|номер|телефон|电话|電話|전화",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"[.!?。！？](?=\s|$)|\n")
_KEYWORDS = (
    r"call(?:ing)?|dial|ring|phone|tele?ph(?:one)?s?|telefon\w*|t[ée]l[ée]fon\w*|tel[ée]fono|tel"
    r"|mobile?|m[óo]vil|cell(?:ular\w*)?"
    r"|cellulare|celular|handy\w*|portable|fax|sms|text|whats ?app|viber|signal|hotline|helpline|landline"
    r"|(?:desk|office)(?=:| (?:phone|number))"
    r"|answer(?:ing|s|ed)?|reach(?:able)?|contact|ll[aá]ma(?:me|nos|r)?|anruf\w*|ruf\w*|appel\w*|chiama\w*|lig(?:a|ue|ar)"
    r"|bel|zadzwo\w*|dzwo\w*|komórk\w*|ring(?:a|e)|soita|puhelin\w*|hívj\w*|telefoon\w*"
    r"|(?:my|his|her|our|their|your|mi|mein\w*|mon|il mio|meu|whose) (?:n[uú]mero?|number|nummer|numéro|no\.?|nr\.?)"
    r"|тел(?:ефон\w*)?|звони\w*|номер\w*|моб\w*"
)
_FILLERS = (
    r"me|us|him|her|them|my|his|our|their|your|back|at|on|to|via|by|the|a|number|numbers|no|nr|num|is|was|are|up"
    r"|please|now|today|tonight|instead|under|unter|an|auf|der|die|nummer|mich|uns|ist|lautet|al|el|en|es|n[uú]mero|num[ée]ro|au|sur|le|la"
    r"|est|moi|mi|il|è|o|no|meu|do|pod|nr|na|по|мне|мой|o|bei|and|or"
)
_LEAD = re.compile(
    rf"(?:(?<![^\W\d_])(?:{_KEYWORDS})|電話(?:番号)?|电话|手机|手機|携帯|微信|联系|전화(?:번호)?|연락처|هاتف|טלפון)"
    rf"(?:[\W_]{{1,3}}(?:{_FILLERS})(?![^\W\d_])){{0,5}}[\W_はがも号码番號碼是]{{0,5}}$",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"\s?[\-(,/]{0,2}\s?(?:office|fax|mobile|cell|home|work|phone|tel|whats ?app|handy|mobil|móvil)\b", re.IGNORECASE
)
_NEXT = re.compile(r"[\s,;/|\\&]{1,3}(?:(?:or|and|oder|und|o|y|ou|et|e|или|и)\s)?(?:\w+:\s?)?", re.IGNORECASE)
_LEAST = 7  # digits
_NEAR = 40  # characters around a number in which its sentence may speak of a telephone
_LED = 60  # characters before a number that may lead to it


def mails(text: str) -> Iterator[Span]:
    """Written out, or with the words people hide them in: "ana (at) mail dot example"."""
    for pattern in (_MAIL, _MAIL_SPELLED, _MAIL_SAID):
        for found in pattern.finditer(text):
            yield Span(Kind.MAIL, found.start(), found.end())


def phones(text: str) -> Iterator[Span]:
    """By their shape, by what leads to them or follows them, or by the one before them in a list."""
    before: Span | None = None
    for found in _NUMBER.finditer(text):
        span = Span(Kind.PHONE, found.start(), found.end())
        listed = before is not None and _NEXT.fullmatch(text, before.end, span.start) is not None
        if _shaped(found[0]) or (_may_be(found[0]) and (listed or _is_led(text, span))):
            yield (before := span)


def _shaped(number: str) -> bool:
    """Whether it can be nothing else."""
    digits = _digits(number)
    if "+" in number[:2]:
        return 8 <= len(digits) <= 15
    if _NO_PHONE.search(number):
        return False
    if digits.startswith("00"):  # the way out of a country
        return 10 <= len(digits) <= 15 and len(set(digits)) > 1
    national = re.match(r"\(?0\d", number) and 9 <= len(digits) <= 11 and not set(digits) <= {"0", "1"}
    bare = re.split(_TAIL, number)[0].rstrip()
    return bool(national or _AMERICAN.fullmatch(bare) or _AREA.fullmatch(bare))


def _may_be(number: str) -> bool:
    short = re.fullmatch(r"\d\d([ \-])\d\d\1\d\d", number) is not None  # as in Greenland
    return (short or _LEAST <= len(_digits(number)) <= 13) and not _NO_PHONE.search(number)


def _digits(number: str) -> str:
    return re.sub(r"\D", "", re.split(_TAIL, number)[0])


def _is_led(text: str, span: Span) -> bool:
    led = _LEAD.search(text[max(0, span.start - _LED) : span.start])
    return led is not None or _AFTER.match(text, span.end) is not None or _is_spoken_of(text, span)


def _is_spoken_of(text: str, span: Span) -> bool:
    """Whether its sentence is about a telephone, of a number that is written as theirs are."""
    number = text[span.start : span.end]
    if _MANY.fullmatch(number) is None or len(_digits(number)) < _LEAST:
        return False
    before = _SENTENCE_END.split(text[max(0, span.start - _NEAR) : span.start])[-1]
    after = _SENTENCE_END.split(text[span.end : span.end + _NEAR])[0]
    return _NEARBY.search(before) is not None or _NEARBY.search(after) is not None
