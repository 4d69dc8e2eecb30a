"""Web addresses in a text, and whether the creator lets the avatar name them. Pure."""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

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


def is_web_address(link: str) -> bool:
    """Whether it can be allowed: a host, or the beginning of an address on one."""
    here = None if re.search(r"\s", link) else _address(link)
    return here is not None and re.fullmatch(rf"(?:{_NAME}+\.)+{_NAME}{{2,}}(?::\d+)?", here[0]) is not None


def hosts_of(allowed: Iterable[str]) -> frozenset[str]:
    """The hosts of addresses that may be named."""
    return frozenset(place[0] for place in map(_address, allowed) if place)


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
