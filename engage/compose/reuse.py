"""May a sentence of the creator's be said again, to somebody else, on another day? Pure.

Better one sentence too few: what was said to one person may hold their name, a promise, a day that is over, or
point at something only they saw.
"""

import re

_LEADING_MENTIONS = re.compile(r"^(?:\s*@[\w.\-]+[,:]?\s*)+")
_TRAILING_MENTIONS = re.compile(r"(?:(?<=[,.!?])\s*@[\w.\-]+)+\s*([.!?]*)$")
# "@ada was instrumental" says nothing without Ada; "@ada good morning" does.
_WANTS_A_SUBJECT = re.compile(
    r"(?:is|was|are|were|has|had|have|seems?|will|would|can|could|should|may|might|does|did|and|for example|who|which"
    r"|es|está|fue|tiene|est|était|a|ist|war|hat|é|foi)\b"
)
_MENTION = re.compile(r"(?<![\w.])@[\w.\-]+")
_MASKED = re.compile(
    r"\[(?:url|link|phone|email|name|user|number|address|image|img|redacted|[A-Z_]{3,})\b[^\]]*\]|<[A-Z_]{3,}>"
)
_PSEUDONYM = re.compile(r"\bu_[0-9a-f]{6,}\b")
# Wider and quicker than `engage.personal`: whatever is as long as a contact is not said again.
_CONTACT = re.compile(r"[\w.+-]+@[\w-]+\.\w+|(?:\+?\d[\s().-]?){8,}")
_URL = re.compile(
    r"https?://\S+|www\.\S+|\b[\w-]+(?:\.[\w-]+)*\.(?:(?:com|org|net|io|tv|me|ly|co|dev|app|gg)\b(?:/\S*)?|[a-z]{2,}/\S+)",
    re.IGNORECASE,
)
_STALE = re.compile(
    r"\b(?:tonight|today|tomorrow|yesterday|tonite|right now|just now|at the moment|these days"
    r"|(?:this|next|last|past|coming) (?:week(?:end)?|month|year|morning|afternoon|evening|night|time|summer"
    r"|winter|spring"
    r"|fall|autumn|mon|tues|wednes|thurs|fri|satur|sun)\w*"
    r"|(?<!every )(?<!on a )(?:mon|tues|wednes|thurs|fri|satur|sun)day"
    r"|in (?:a few|\d+|an?) (?:second|minute|min|hour|day|week)s?"
    r"|(?:a few|\d+|an?) (?:second|minute|min|hour|day|week|month)s? ago|soon|[ap]m (?:est|pst|cet|utc)"
    r"|\d{1,2}(?::\d\d)?\s?[ap]\.?m\b"
    r"|(?:january|february|march|april|may|june|july|august|september|october|november|december) \d{1,2}"
    r"|give me (?:an?|\d+)|by then|(?:semana|mes|año|lunes|martes|días|fechas) (?:próxim[oa]s?|pasad[oa]s?"
    r"|que viene)|próxim[oa]s? \w+|dentro de \w+ \w+"
    r"|hoy|ayer|mañana|anoche|esta (?:noche|tarde|semana|mañana)|este (?:mes|año|lunes|martes)|ahora mismo|hace rato"
    r"|heute|morgen|gestern|aujourd['’]hui|demain|hier|hoje|amanhã|ontem|oggi|domani|ieri)\b"
    r"|\b\d{1,2}[/.]\d{1,2}[/.]\d{2,4}\b|\b\d{4}-\d\d-\d\d\b|今[天晚早]|明[天早晚]|昨[天晚]|刚才|今日|明日|昨日",
    re.IGNORECASE,
)
# Law 4: nothing the avatar cannot keep, and nothing it did not just do.
_PROMISE = re.compile(
    r"\b(?:I['’]?ll|I will|I['’]m (?:going to|gonna|about to|doing|working|looking|available|here|adding)"
    r"|let me|let['’]s|we['’]ll"
    r"|I(?:['’]ve| have)? just|I just|I['’]ve (?:added|sent|updated|fixed|merged|posted)|doing this now|voy a"
    r"|vamos a|déjame"
    r"|j[eE] vais|ich werde|vou te)\b|我(?:会|这就|马上|刚)",
    re.IGNORECASE,
)
_PRIVATE = re.compile(
    r"\b(?:my|his|her|your|mi|tu|su) (?:wife|husband|girlfriend|boyfriend|partner|son|daughter|kids?|mother"
    r"|father|mom|dad"
    r"|address|e-?mail|phone|number|skype|esposa|marido|hij[oa]s?|novi[oa]|correo|teléfono)\b",
    re.IGNORECASE,
)
_POINTING = re.compile(
    r"^(?:(?:and|but|so|or|because|also|then|that|this|these|those|it|he|she|they|him|her|his|their|its|them|there|which"
    r"|who|plus|either|otherwise|however|same|neither|both|yes|yeah|yep|no|nope|well|right|ok|okay|sure|exactly|agreed"
    r"|true|my vote|the same|for example|y|pero|porque|eso|esto|entonces|además|también|sí|no|pues|bueno|claro|aber|und"
    r"|ja|nein|et|mais|oui|non|ahora|allí|ahí)\b|所以|但是|而且|这|那|他|她|[.…–—-])"
    r"|^I['’]ve \w+(?:ed|en|ing)\b",
    re.IGNORECASE,
)
_VOCATIVE = re.compile(
    r"^(?:(?i:hi|hey|hello|thanks|thank you|congrats|welcome|sure|yes|no|yeah|ok|hola|gracias"
    r"|bueno)),? [A-Z][a-z]+\b(?=[,!.]|$)"
    r"|^[A-Z][a-z]+, (?!I\b)|, [A-Z][a-z]+[!.?]*$"
)
# Words a sentence opens with before a comma that are nobody's name, in the languages met most.
_OPENERS = frozenset(
    (
        "yes no yeah yep nope sure well right okay ok honestly actually basically so oh ah thanks sorry great exactly "
        "absolutely definitely sometimes usually normally generally first second third finally however also then now "
        "maybe perhaps personally otherwise anyway later afterwards inside outside today here there "
        "bueno pues sí claro mira gracias vale bien luego primero después además también normalmente "
        "oui non si merci bonjour salut coucou bref alors donc mais puis ensuite enfin voilà sinon normalement "
        "attention parfois souvent dehors dedans ici là aujourd'hui "
        "ja nein danke bitte hallo klar doch also naja dann zuerst danach manchmal normalerweise "
        "sim não obrigado obrigada olá então depois primeiro "
        "sì grazie ciao allora poi prima ecco certo "
        "nee dank dus eerst daarna tak nie evet hayır"
    ).split()
)
LONGEST_WORDS = 60
TRAILING_OFF = 5  # words; three dots after fewer are a thought that stops, after more many people's full stop


def tidy(sentence: str) -> str:
    """The sentence without the mentions it was addressed with; "" where a mention was what it speaks about."""
    without = _TRAILING_MENTIONS.sub(r"\1", _LEADING_MENTIONS.sub("", sentence)).strip()
    if without != sentence.strip() and _WANTS_A_SUBJECT.match(without):
        return ""
    return without[:1].upper() + without[1:] if without != sentence.strip() and sentence[:1] == "@" else without


def unusable(sentence: str, *, standing: bool = False) -> str:
    """Why a tidied sentence must not be said again; "" where it may. standing: written for everybody, on any day."""
    checks = (
        ("mentions somebody", _MENTION.search(sentence) or _PSEUDONYM.search(sentence)),
        ("holds a masked value", _MASKED.search(sentence)),
        ("holds a contact", _CONTACT.search(sentence)),
        ("tells of its day", not standing and _STALE.search(sentence)),
        ("promises something", _PROMISE.search(sentence)),
        ("is private", _PRIVATE.search(sentence)),
        ("names somebody", _names_somebody(sentence)),
        ("asks back", sentence.endswith(("?", "？", "?)", '?"'))),
        ("is cut off", _is_cut_off(sentence)),
        ("is too long", len(sentence.split()) > LONGEST_WORDS),
    )
    return next((reason for reason, found in checks if found), "")


def links(sentence: str) -> list[str]:
    """The addresses a sentence names."""
    return [link.rstrip(".,;:!?)") for link in _URL.findall(sentence)]


def points_elsewhere(sentence: str) -> bool:
    """Begins as only a continuation does: "But that…", "It…". On its own nobody would know what it means."""
    return bool(_POINTING.match(sentence))


def _names_somebody(sentence: str) -> bool:
    found = _VOCATIVE.search(sentence)
    if not found:
        return False
    first = re.match(r"[A-Z][a-z]+(?=, )", found[0])
    return not (first and first[0].lower() in _OPENERS) and not _ends_in_a_list(sentence, found[0])


def _ends_in_a_list(sentence: str, found: str) -> bool:
    """ "…, Paris and Lyon, Nantes." names places, one after the other; ", Peter." speaks to Peter."""
    return found.startswith(",") and sentence.count(",") > 1


def _is_cut_off(sentence: str) -> bool:
    return (
        sentence.count('"') % 2 == 1
        or sentence.count("“") != sentence.count("”")
        or sentence.count("(") != sentence.count(")") - len(re.findall(r"[:;]-?\)", sentence))
        or sentence.rstrip().endswith((":", ",", "--", "-", "—", "：", "，"))
        or (sentence.rstrip().endswith("...") and len(sentence.split()) < TRAILING_OFF)
    )
