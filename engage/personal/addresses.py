"""Street addresses, where they can be told: by the word for a street and a number, or by a box or a flat. Pure."""

import re
from collections.abc import Iterator

from engage.personal.kinds import Kind, Span

_NAME = r"(?:[A-Z\u00c0-\u00de\u0370-\u042f][\w.'’\-]*|\d{1,3}(?:st|nd|rd|th)|of|the|de|la|du)"
_SUFFIX = (
    r"(?:Street|St|Str|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Boulevard|Blvd|Court|Ct"
    r"|Terrace|Crescent|Cres|Close|Square|Sq|Place|Pl"
    r"|Highway|Hwy|Parkway|Pkwy|Way|Gardens|Grove|Mews|Walk|Row|Quay|Parade|Circuit|Circle|Trail)"
)
_ENGLISH = rf"(?<![\d.,])\b\d{{1,5}}[A-Za-z]?,? (?:(?!GB|TB|Flash|Hard|USB|Disk){_NAME} ){{1,3}}{_SUFFIX}\b\.?"
_PLAIN = (
    r"(?i:\b\d{1,5}[a-z]? (?!(?:the|a|an|of|on|per|in|to|my|your|this|that)\b)"
    r"(?!(?:days?|hours?|miles?|km|minutes?|years?|feet|wall|high|side|sesame)\b)"
    r"[a-z]{3,} (?:street|road|avenue|ave|boulevard|blvd|crescent)\b)"
)
_BEFORE = (  # the word for a street comes first: rue X 12, 12 rue X, Calle X 4, ul. X 7
    r"(?:Rue|rue|Avenue|Av\.|Avda\.|Avenida|avenida|Boulevard|Place|Chemin|Quai|Via|Viale|Piazza|Corso|Strada"
    r"|Calle|C/|Plaza|Paseo|Carrera"
    r"|Rua|rua|Rúa|Travessa|Praça|Quinta|ul\.|Ul\.|ulica|ulice|aleja|al\.|os\.|ул\.|улица|проспект|Jalan|Jl\.)"
)
_ROMANCE = (
    rf"(?:\b\d{{1,5}},? )?\b{_BEFORE} (?:[^\W\d_][\w.'’\-]* ){{0,5}}?[^\W\d_][\w.'’\-]*,? ?(?:n[º°.] ?)?\d{{1,5}}\b"
    rf"|\b\d{{1,5}}(?: ?bis| ?ter)?,? {_BEFORE} (?:(?:de|du|des|la|le|les|l'|d'|del|da|do) ?){{0,3}}"
    r"[A-Z\u00c0-\u00de][\w'’\-]*(?: [A-Z\u00c0-\u00de][\w'’\-]*)*"
)
_GERMANIC = (
    r"(?i:\b[^\W\d_]{2,}(?:stra[sß]+e|strasse|str\.|gasse|allee|platz|damm|ufer|straat|laan|plein|gracht|kade|singel"
    r"|v[äe]gen|v[äe]g|veien|vegen|vej|vei"
    r"|gatan|gata|gate|gade|katu|tie|kuja"
    r"|utca|útja|puiestee|tänav|stræti|straeti|weg|steeg|dreef)(?: (?:u\.|út))?,? \d{1,5}[a-z]?\b)"
    r"|\b[^\W\d_][\w\-]+ (?:utca|u\.|út|útja|tér|krt\.|köz|sétány"
    r"|Straße|Strasse|Str\.|Weg|Allee|Platz|gate|vei|põik|mnt|tn|Street|St|str|Square) \d{1,5}\b"
)
_ASIAN = r"[\u4e00-\u9fff]{2,}(?:路|街|道|巷|弄)\d{1,5}号?|\d{1,3}丁目\d{1,3}番(?:地)?(?:\d{1,3}号)?"
_BOX = (
    r"(?i:\bP\.? ?O\.? ?Box \d{1,6}\b|\b(?:PSC|Unit) \d{3,5},? Box \d{1,5}\b|\b(?:A|F|D)PO,? A[AEP] \d{5}\b"
    r"|\b(?:Apt\b\.?|Apartment) ?#?\d{1,4}[a-z]?\b"
    # a suite of programs has a number too
    r"|(?:(?<=\d )|(?<=\d\n)|(?<=[,\n] )|(?<=^)|(?<=\n))(?:Suite|Ste|Flat) ?#?\d{1,4}[a-z]?\b)"
)
_TOLD = (
    r"(?i:\baddress(?:es)?(?: is|:| to)?|\b(?:lives?|located|living) at"
    r"|\b(?:ship|send|mail|deliver)(?: (?:it|them|this))? to) "
    r"(?:\d{1,5} [A-Z\u00c0-\u00de][\w.\-]+(?: [\w.\-]+){0,2}?(?: \d{1,5}\b)?"
    r"|[A-Z\u00c0-\u00de][\w.\-]+(?: [\w.\-]+){0,2}? \d{1,5}\b)"
)
_CORNER = r"\b[Tt]he corner of [\w.\- ]{3,40}? and [\w\-]+(?: [\w\-]+)?"
_STREET = re.compile("|".join((_ENGLISH, _PLAIN, _ROMANCE, _GERMANIC, _ASIAN, _BOX, _TOLD, _CORNER)))


def streets(text: str) -> Iterator[Span]:
    """A street with a number, a post box, a flat."""
    for found in _STREET.finditer(text):
        yield Span(Kind.ADDRESS, found.start(), found.end())
