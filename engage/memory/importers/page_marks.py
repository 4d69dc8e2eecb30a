"""What a web page says of itself: title, date, address, language, and the questions that it answers. Pure."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urljoin

from engage.memory.importers.html_text import text_in, text_of
from engage.memory.importers.rows import BadRow, clean, date

_DEPTH = 12  # of JSON-LD that is looked into
_DATES = ("article:published_time", "datepublished", "date", "dc.date.issued", "dcterms.created")


@dataclass(frozen=True, slots=True)
class Marks:
    """title: "" where there is none. language: two letters or "". answers: (question, answer) of an FAQ page."""

    title: str
    published_at: datetime | None
    url: str | None
    language: str
    answers: tuple[tuple[str, str], ...]


def marks_of(root: Any, path: str) -> Marks:
    """path: the page's address where it was fetched. Raises BadRow where a title has half of a character."""
    meta = _meta(root)
    data = list(_linked_data(root))
    return Marks(
        _title(root, meta),
        _published(root, meta, data),
        _address(root, meta, path),
        (root.get("lang") or root.get("{http://www.w3.org/XML/1998/namespace}lang") or "")[:2].lower(),
        tuple(_answers(data)),
    )


def _meta(root: Any) -> dict[str, str]:
    """The first content of each name or property."""
    found: dict[str, str] = {}
    for element in root.iter("meta"):
        for key in ("property", "name", "itemprop"):
            if (name := element.get(key)) and (content := (element.get("content") or "").strip()):
                found.setdefault(name.strip().lower(), content)
    return found


def _title(root: Any, meta: dict[str, str]) -> str:
    elements = (next(root.iter(tag), None) for tag in ("h1", "title"))
    found = (" ".join(text_in(one).split()) for one in elements if one is not None)
    return clean(meta.get("og:title") or next(filter(None, found), ""))


def _published(root: Any, meta: dict[str, str], data: list[dict[str, Any]]) -> datetime | None:
    """The first of its marks that is a date."""
    named = [meta[name] for name in _DATES if name in meta]
    linked = [one["datePublished"] for one in data if isinstance(one.get("datePublished"), str)]
    times = [one.get("datetime") for one in root.iter("time")]
    return next(filter(None, map(_date, (*named[:1], *linked, *named[1:], *times[:1]))), None)


def _date(value: Any) -> datetime | None:
    try:
        return date(value) if isinstance(value, str) else None
    except BadRow:
        return None


def _address(root: Any, meta: dict[str, str], path: str) -> str | None:
    here = path if _is_web(path) else ""
    links = (one.get("href") for one in root.iter("link") if "canonical" in (one.get("rel") or "").lower().split())
    for named in (*links, meta.get("og:url"), here):
        try:
            whole = urljoin(here, (named or "").strip()) if named else ""
        except ValueError:
            continue
        if _is_web(whole):
            return clean(whole)
    return None


def _is_web(address: str) -> bool:
    return address.lower().startswith(("http://", "https://"))


def _linked_data(root: Any) -> Iterator[dict[str, Any]]:
    """Every object of the page's JSON-LD, whatever it stands in."""
    for script in root.iter("script"):
        if (script.get("type") or "").strip().lower() == "application/ld+json":
            try:
                yield from _objects(json.loads(script.text or "", strict=False), _DEPTH)
            except (ValueError, RecursionError):
                continue


def _objects(value: Any, depth: int) -> Iterator[dict[str, Any]]:
    if depth and isinstance(value, dict):
        yield value
    for one in (
        (value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()) if depth else ()
    ):
        yield from _objects(one, depth - 1)


def _answers(data: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """The accepted answers of FAQ pages."""
    for page in data:
        if "FAQPage" not in _several(page.get("@type")):
            continue
        for question in _several(page.get("mainEntity")):
            if isinstance(question, dict):
                for answer in _several(question.get("acceptedAnswer"))[:1]:
                    asked = _words(question.get("name") or question.get("text"))
                    told = _words(answer.get("text")) if isinstance(answer, dict) else ""
                    if asked and told:
                        yield asked, told


def _words(value: Any) -> str:
    try:
        return clean(text_of(value)) if isinstance(value, str) else ""
    except BadRow:
        return ""


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
