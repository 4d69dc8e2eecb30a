"""The last look at a draft before it can be posted: what may stay, in which length, with which disclosure. Pure.

A sentence that may not stay is taken out; a draft is rejected when nothing worth saying is left, or when something in
it makes all of it suspect. Failing towards silence is right: an answer can come later, a posted one cannot be unread.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher
from urllib.parse import urlsplit

from engage.compose import checks
from engage.compose.disclosure import apply, decide, denies, room_for, unmarked
from engage.compose.grounding import answers, numbers, stands, stated
from engage.compose.lengths import cut
from engage.memory.sentences import count_words, split_sentences
from engage.models import Draft, Evidence, Passage, Persona, Recall, Reply, Role, Surface, Turn
from engage.triage.normalise import fold
from engage.triage.verdict import Policy, Verdict

# What hides words from a check but not from a platform. Joiners stay inside emoji and in scripts that need them.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e0fff]"
    "|(?<=[!-~])[\u200c\u200d]|[\u200c\u200d](?=[!-~])"
)
_MENTION = re.compile(
    r"[^\S\n]?(?<![A-Za-z0-9_.@/])@(?:[A-Za-z0-9_](?:[A-Za-z0-9_.\-]*[A-Za-z0-9_])?(?:@[A-Za-z0-9.\-]+)?|[^\W\d_]+)"
)
_URL = re.compile(r"(?:[a-z][a-z0-9+.\-]{0,20}:/|www\.)[^\s<>\"“”«»（）「」【】，。！？、]+|\bhxxps?\S+", re.IGNORECASE)
_NAME = r"[a-z0-9_\-\u00c0-\u052f]"  # letters of host names, with those that look like Latin ones
_HOST = re.compile(
    rf"(?<![a-z0-9_.@\-\u00c0-\u052f])(?:{_NAME}+\.)+([^\W\d_]{{2,24}}|xn--[a-z0-9\-]+)(?::\d+)?(?:[/?#\\][^\s<>\"]*)?(?![@\w])",
    re.IGNORECASE,
)
_SPELLED = re.compile(
    r"\w\s?(?:[\[({]\s?(?:\.|dot|punkt|punto)\s?[\])}]|\sdot\s|。)\s?(?:com|net|org|io|co|me|tv|gg|ru|xyz|shop|app|link)\b",
    re.IGNORECASE,
)
# The endings of host names that platforms make links of: the countries', and the others met most.
_KNOWN_ENDINGS = """
    com net org info biz edu gov mil int name pro app dev shop store online site website blog club live link page
    top fun art space tech cloud zip mov news media video music studio world life today agency email games game
    stream social vip win bet casino porn xxx sex loan click download review trade icu cyou buzz rest bar cafe
    digital design asia cat jobs mobi travel tel coop museum post wiki ink lol wtf fyi gay one zone team group
    company money cash fund finance market sale deals discount gift support help chat bio example test рф бел укр ac
    ad ae af ag ai al am ao ar as at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo br bs bt bw by bz ca cc cd cf
    cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg er es et eu fi fj fk fm fo fr ga gd ge
    gf gg gh gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id ie il im in io iq ir is it je jm jo jp ke kg
    kh ki km kn kp kr kw ky kz la lb lc li lk lr ls lt lu lv ly ma mc md me mg mh mk ml mm mn mo mp mq mr ms mt mu
    mv mw mx my mz na nc ne nf ng ni nl no np nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re ro rs ru
    rw sa sb sc sd se sg sh si sk sl sm sn so sr ss st su sv sx sy sz tc td tf tg th tj tk tl tm tn to tr tt tv tw
    tz ua ug uk us uy uz va vc ve vg vi vn vu wf ws ye yt za zm zw xyz
"""
_ENDINGS = frozenset(_KNOWN_ENDINGS.split())
_FILES = frozenset(["md", "pl", "ps", "py", "rs", "sh"])  # endings of hosts and of files
_EMAIL = re.compile(r"(?<![\w.+\-])[\w.+\-]+@[\w\-]+(?:\.[\w\-]+)+")
_PHONE = re.compile(
    r"(?<![\w/.,])(?:\+\d|\(?0\d)[\d\s().\-/]{6,}\d|(?<![\w/.,])\(?\d{3}\)?[ .\-]\d{3}[ .\-]\d{4}(?!\d)"
)
_PHONE_DIGITS = 9  # a date has eight
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}\b")
_KEY = re.compile(r"\b(?:glpat-|sk_live_|rk_live_|hf_|npm_|pypi-|ya29\.|SG\.|EAA)[\w\-.]{16,}|\b\d{8,10}:AA[\w\-]{30,}")
# What claims.toml leaves open: promises in the creator's name, a memory of the follower, having seen what they made.
_PERSONAL = re.compile(
    r"\bwill (?:\w+ )?(?:reply|answer|respond|get back|reach out|message|dm|email|call) (?:to )?(?:you|u)\b"
    r"|\bi (?:still )?remember (?:you|your|when you|meeting)\b"
    r"|\bj'ai (?:\w+ )?(?:vu|regarde|lu|ecoute) (?:ta|ton|tes|vo)"
    r"|\b(?:te|os|se) l[oae]s? (?:\w+[aei]re|envio|mando|paso)\b|\bhe (?:visto|leido|escuchado) tus? "
    r"|\bich hab\w? (?:dein|eu)\w* \w+ (?:gesehen|gelesen|gehort)|\b(?:vi|li|assisti) (?:[ao] )?(?:seu|sua|teu|tua)\b"
    r"|\bho (?:visto|letto|guardato|ascoltato) (?:il tuo|la tua|i tuoi|le tue)\b"
)
EXTRACTIVE = "extractive"
_ALIKE = 0.8  # share of words two replies have in common, in their order, that makes them one
_SHORT = 4  # words: shorter replies only repeat when they are equal
_LEAST = 2  # words of a cut reply that are worth posting


@dataclass(frozen=True, slots=True)
class Rejected:
    """A draft that may not be posted.

    reasons: empty, secret, leak, repeats_itself, no_room, ungrounded; before ungrounded, why sentences were taken out:
    link, contact, promise, impersonation.
    """

    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Case:
    """What a sentence is held against."""

    draft: Draft
    turn: Turn
    persona: Persona
    verdict: Verdict
    passages: dict[str, Passage]


@dataclass(frozen=True, slots=True)
class _Kept:
    """A sentence with the blanks before it, and what it stands on (nothing: it says no facts)."""

    text: str
    gap: str
    evidence: tuple[Evidence, ...]


def guard(
    draft: Draft,
    turn: Turn,
    persona: Persona,
    verdict: Verdict,
    recall: Recall,
    policy: Policy,
    now: datetime,
    *,
    private: str = "",
) -> Reply | Rejected:
    """The reply this draft becomes, or why it becomes none. private: words of ours that must never be quoted."""
    text = _without_mentions(_printable(draft.text), turn)
    if reason := _suspect(text, private):
        return Rejected((reason,))
    case = _Case(draft, turn, persona, verdict, {scored.passage.id: scored.passage for scored in recall.passages})
    kept, dropped = _sift(text, case)
    if not kept or (verdict.asks and not any(one.evidence for one in kept)):
        return Rejected(tuple(dict.fromkeys((*dropped, "ungrounded"))))
    if _repeats_itself("".join(one.gap + one.text for one in kept), turn, persona):
        return Rejected(("repeats_itself",))
    return _fitted(kept, case, policy, now)


def leaks(text: str, prompt: str, canary: str = "") -> bool:
    """Whether a text gives the system prompt away: eight of its words in a row, or the canary hidden in it.

    `prompt` must not hold the recalled passages: those are there to be quoted.
    """
    hidden = _squeezed(canary)
    return (bool(hidden) and hidden in _squeezed(text)) or checks.quotes(_apart(text), _apart(prompt))


def foreign_links(sentence: str, allowed: Iterable[str], said: str = "") -> list[str]:
    """The addresses in a sentence that are under none of `allowed` (hosts or URL prefixes).

    said: the creator's words; "main.rs" is a file there, and the name of a host elsewhere.
    """
    places = [place for place in map(_address, allowed) if place]
    hosts = [host for host, _ in places]
    bare = [
        found[0]
        for found in _HOST.finditer(_URL.sub(" ", sentence))
        if _is_host(found[0], found[1], hosts) and not (found[1].lower() in _FILES and found[0] in said)
    ]
    links = [link.rstrip(".,;:!?)]}*'…") for link in (*_URL.findall(sentence), *bare)]
    return [link for link in links if not _is_allowed(link, places)] + _SPELLED.findall(sentence)


def _suspect(text: str, private: str) -> str | None:
    """The reason to reject all of a text, if there is one."""
    if not any(letter.isalnum() for letter in text):
        return "empty"
    if _holds_secret(text):
        return "secret"
    return "leak" if private and leaks(text, private) else None


def _sift(text: str, case: _Case) -> tuple[list[_Kept], list[str]]:
    """The sentences that may stay, and why others may not."""
    kept: list[_Kept] = []
    dropped: list[str] = []
    end = 0
    for sentence in split_sentences(text):
        start = text.index(sentence, end)
        gap, end = text[end:start], start + len(sentence)
        evidence = _evidence(sentence, case)
        if reason := _fault(sentence, evidence, case):
            dropped.append(reason)
        else:
            kept.append(_Kept(sentence, gap if kept else "", evidence))
    return kept, dropped


def _fault(sentence: str, evidence: tuple[Evidence, ...], case: _Case) -> str | None:
    """Why a sentence must go. What it stands on excuses only a missing ground."""
    said = " ".join(passage.text for passage in case.passages.values())
    if foreign_links(sentence, case.persona.allowed_links, said):
        return "link"
    if case.turn.surface is not Surface.DM and _names_a_contact(sentence, case.persona):
        return "contact"
    if denies(sentence, case.persona):
        return "impersonation"
    if checks.makes_claims(sentence) or _PERSONAL.search(fold(sentence)):
        return "promise"
    return None if evidence or not _needs_ground(sentence, case) else "ungrounded"


def _needs_ground(sentence: str, case: _Case) -> bool:
    """Everything but greetings, thanks, kind words and questions back; "yes" is a fact to whoever asked."""
    names = (*_names(case.turn), case.persona.display_name)
    return checks.is_factual(sentence, case.turn.text, names) or (case.verdict.asks and answers(sentence))


def _evidence(sentence: str, case: _Case) -> tuple[Evidence, ...]:
    """The draft's evidence for a sentence, where all of it holds.

    The extractive composer answers a courtesy with a reply of the creator's that recall need not have found.
    """
    given = stated(_unaddressed(sentence, case.turn), case.draft.evidence)
    given = given or stated(sentence, case.draft.evidence)
    trusted = case.draft.model == EXTRACTIVE and not case.verdict.asks
    holds = (
        stands(sentence, one, case.passages[one.passage_id]) if one.passage_id in case.passages else trusted
        for one in given
    )
    return given if all(holds) else ()


def _fitted(kept: list[_Kept], case: _Case, policy: Policy, now: datetime) -> Reply | Rejected:
    """What was kept in the platform's length, with its marker, and the evidence of what is still to be read."""
    turn, persona, language = case.turn, case.persona, case.verdict.language
    disclosure = decide(turn, persona, policy, now)
    room = room_for(disclosure, turn, persona, language)
    whole = "".join(one.gap + one.text for one in kept)
    shown = cut(whole, room, turn.capabilities.unit) if room > 0 else ""
    if shown != whole and (count_words(shown) < _LEAST or foreign_links(shown, persona.allowed_links, shown)):
        return Rejected(("no_room",))
    evidence: list[Evidence] = []
    end = 0
    for one in kept:
        if end + len(one.gap) < len(shown.rstrip("…")):
            evidence += one.evidence
        end += len(one.gap + one.text)
    return Reply(apply(shown, disclosure, turn, persona, language), disclosure, tuple(dict.fromkeys(evidence)))


def _printable(text: str) -> str:
    return _INVISIBLE.sub("", text.replace("＠", "@").replace("﹫", "@")).strip()


def _without_mentions(text: str, turn: Turn) -> str:
    """The text without mentions of anybody but the follower: an avatar must not call third people in."""
    names = [fold(name).lstrip("@") for name in _names(turn)]

    def keep_own(found: re.Match[str]) -> str:
        rest = fold(found.string[found.start() :]).lstrip(" @")
        own = any(rest.startswith(name) and not re.match(r"[a-z0-9_@]|\.\w", rest[len(name) :]) for name in names)
        return found[0] if own else ""

    return _MENTION.sub(keep_own, text).strip(" \n,:")


def _unaddressed(sentence: str, turn: Turn) -> str:
    """A sentence without the follower's name that it begins with."""
    names = "|".join(re.escape(name.lstrip("@")) for name in _names(turn)) or r"(?!)"
    return re.sub(rf"^@?(?:{names})\b[\s,:!]*", "", sentence, flags=re.IGNORECASE)


def _names(turn: Turn) -> tuple[str, ...]:
    return tuple(name for name in (turn.follower.name, *(one.author.name for one in turn.messages)) if name.strip("@ "))


def _repeats_itself(text: str, turn: Turn, persona: Persona) -> bool:
    """The same as the avatar's last reply, or nearly; another price in the same words is news."""
    earlier = next((line.text for line in reversed(turn.history) if line.role is Role.AVATAR), "")
    said = unmarked(earlier, persona)
    new, old = (re.findall(r"[^\W_]+", fold(words)) for words in (text, said))
    alike = len(new) >= _SHORT and SequenceMatcher(None, new, old).ratio() >= _ALIKE
    return (alike or checks.repeats(text, said)) and numbers(text) <= numbers(said)


def _names_a_contact(sentence: str, persona: Persona) -> bool:
    """An e-mail address or telephone number that is not one the creator shows in public."""
    hosts = {place[0] for place in map(_address, persona.allowed_links) if place}
    mails = [mail for mail in _EMAIL.findall(sentence) if mail.rpartition("@")[2].lower().rstrip(".") not in hosts]
    phones = [phone for phone in _PHONE.findall(sentence) if sum(sign.isdigit() for sign in phone) >= _PHONE_DIGITS]
    return any(contact not in persona.bio for contact in (*mails, *phones))


def _holds_secret(text: str) -> bool:
    """Keys, tokens, card and account numbers."""
    return (
        checks.holds_secret(_URL.sub(" ", text)) or bool(_KEY.search(text)) or any(map(_is_iban, _IBAN.findall(text)))
    )


def _is_iban(found: str) -> bool:
    """The checksum of ISO 13616; the last words of a match may be no part of the number."""
    parts = found.split()
    for count in range(len(parts), 0, -1):
        number = "".join(parts[:count])
        turned = "".join(str(int(sign, 36)) for sign in number[4:] + number[:4])
        if 15 <= len(number) <= 34 and int(turned) % 97 == 1:
            return True
    return False


def _is_host(name: str, ending: str, hosts: Iterable[str]) -> bool:
    """Whether readers take it for an address: a known ending, a path, or the likeness of a permitted host."""
    known = ending.lower() in _ENDINGS and (ending.islower() or ending.isupper())
    return known or bool(re.search(r"[/?#:\\]", name)) or any(host in name.lower() for host in hosts)


def _is_allowed(link: str, places: Iterable[tuple[str, str]]) -> bool:
    here = _address(link)
    if here is None:
        return False
    host, path = here
    return any(host == place and re.match(rf"{re.escape(start)}(?:[/?#]|$)", path) for place, start in places)


def _address(link: str) -> tuple[str, str] | None:
    """Host and path of a web address; None for what tricks readers: a user's name before the host, another scheme…"""
    try:
        parts = urlsplit(link if "://" in link else f"https://{link}")
    except ValueError:
        return None
    tricks = (
        "\\" in link or re.search(r"[@%\s]", parts.netloc) or re.search(r"(?:\.|%2e){2}", parts.path, re.IGNORECASE)
    )
    if tricks or parts.scheme not in ("http", "https") or not parts.netloc:
        return None
    host = re.sub(r":(?:80|443)?$", "", parts.netloc.lower()).rstrip(".").removeprefix("www.")
    query = f"?{parts.query}" if parts.query else ""
    return host, (parts.path + query).rstrip("/")


def _squeezed(text: str) -> str:
    return re.sub(r"[\W_]", "", fold(text))


def _apart(text: str) -> str:
    """In scripts without blanks every character a word: so that eight in a row can be told there too."""
    return re.sub("([\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3])", r" \1 ", text)
