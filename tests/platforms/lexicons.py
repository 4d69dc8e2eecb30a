"""Calls and answers held against the lexicons of the AT Protocol, where these are at hand.

A compact reading of https://atproto.com/specs/lexicon: types, what is required, lengths, known fields; formats loosely.
"""

import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any
from urllib.parse import parse_qs

from engage.compose.lengths import measure
from engage.models import LengthUnit
from tests.platforms.base import Call
from tests.platforms.specs import FOLDER

LEXICONS = FOLDER / "bluesky" / "lexicons"
_DID = r"did:[a-z]+:[A-Za-z0-9._:%-]+"
_HANDLE = r"([A-Za-z0-9-]+\.)+[A-Za-z][A-Za-z0-9-]*"
_FORMATS = {
    "did": _DID,
    "handle": _HANDLE,
    "at-identifier": f"({_DID}|{_HANDLE})",
    "at-uri": rf"at://({_DID}|{_HANDLE})(/[A-Za-z0-9.-]+(/[A-Za-z0-9._:~-]+)?)?",
    "cid": r"[A-Za-z0-9+=]{8,256}",
    "nsid": r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+){2,}",
    "tid": r"[234567a-j][234567a-z]{12}",
    "record-key": r"[A-Za-z0-9._:~-]{1,512}",
    "datetime": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)",
    "uri": r"[a-z][a-z0-9+.-]*:\S+",
    "language": r"[A-Za-z]{2,3}(-[A-Za-z0-9-]+)?",
}


def at_hand() -> bool:
    """Whether there is anything to check against."""
    return LEXICONS.is_dir()


def check_call(call: Call) -> None:
    """Raises AssertionError where a call is not one that its lexicon allows."""
    method = call.path.removeprefix("/xrpc/")
    main = lexicon(method)["main"]
    assert call.method == {"query": "GET", "procedure": "POST"}[main["type"]], method
    _check_query(parse_qs(call.raw_query, keep_blank_values=True), main.get("parameters", {}), method)
    if "input" not in main:
        assert not call.body, f"{method} takes no body"
        return
    _check(call.json, main["input"]["schema"], method, method)
    if method.endswith(("putRecord", "createRecord")):
        check_record(call.json["record"], call.json["collection"])


def check_answer(method: str, answer: Any) -> None:
    """Raises AssertionError where a simulator answers with something that the lexicon does not promise."""
    _check(answer, lexicon(method)["main"]["output"]["schema"], method, method)


def check_record(record: Any, collection: str) -> None:
    """Raises AssertionError where a record is not one of its collection."""
    assert record["$type"] == collection, record
    _check(record, lexicon(collection)["main"]["record"], collection, collection)


@cache
def lexicon(name: str) -> Any:
    """The definitions of a lexicon by its id."""
    return json.loads((LEXICONS / f"{name.replace('.', '/')}.json").read_text("utf-8"))["defs"]


def _check_query(given: Mapping[str, list[str]], rule: Any, place: str) -> None:
    known = rule.get("properties", {})
    assert set(given) <= set(known), f"{place} has no parameter {set(given) - set(known)}"
    assert set(rule.get("required", ())) <= set(given), f"{place} needs {rule['required']}"
    for name, values in given.items():
        one = known[name]
        if one["type"] == "array":
            _check([_read(value, one["items"]) for value in values], one, place, f"{place}.{name}")
        else:
            assert len(values) == 1, (place, name, values)
            _check(_read(values[0], one), one, place, f"{place}.{name}")


def _read(value: str, rule: Any) -> Any:
    if rule["type"] == "boolean":
        return {"true": True, "false": False}[value]
    return int(value) if rule["type"] == "integer" else value


def _check(value: Any, rule: Any, home: str, place: str) -> None:
    """home: the lexicon that a reference without a name is in."""
    kind = rule["type"]
    if kind in _CHECKS:
        _CHECKS[kind](value, rule, home, place)


def _object(value: Any, rule: Any, home: str, place: str) -> None:
    assert isinstance(value, dict), (place, value)
    known = rule.get("properties", {})
    missing = [name for name in rule.get("required", ()) if name not in value]
    assert not missing, f"{place} needs {missing}"
    for name, part in value.items():
        assert name == "$type" or name in known, f"{place} has no field {name}"
        if name in known and not (part is None and name in rule.get("nullable", ())):
            _check(part, known[name], home, f"{place}.{name}")


def _string(value: Any, rule: Any, home: str, place: str) -> None:
    assert isinstance(value, str), (place, value)
    assert len(value.encode()) <= rule.get("maxLength", len(value.encode())), f"{place} is too long"
    assert measure(value, LengthUnit.GRAPHEMES) <= rule.get("maxGraphemes", len(value)), f"{place} is too long"
    assert value in rule.get("enum", (value,)), (place, value)
    pattern = _FORMATS.get(rule.get("format", ""))
    assert pattern is None or re.fullmatch(pattern, value), f"{place}: {value!r} is no {rule['format']}"


def _integer(value: Any, rule: Any, home: str, place: str) -> None:
    assert isinstance(value, int), (place, value)
    assert not isinstance(value, bool), (place, value)
    assert rule.get("minimum", value) <= value <= rule.get("maximum", value), (place, value)


def _boolean(value: Any, rule: Any, home: str, place: str) -> None:
    assert isinstance(value, bool), (place, value)


def _array(value: Any, rule: Any, home: str, place: str) -> None:
    assert isinstance(value, list), (place, value)
    assert len(value) <= rule.get("maxLength", len(value)), f"{place} has too many"
    for part in value:
        _check(part, rule["items"], home, place)


def _unknown(value: Any, rule: Any, home: str, place: str) -> None:
    assert isinstance(value, dict), (place, value)


def _ref(value: Any, rule: Any, home: str, place: str) -> None:
    name, _, part = rule["ref"].partition("#")
    found = lexicon(name or home)[part or "main"]
    _check(value, found, name or home, place)


def _union(value: Any, rule: Any, home: str, place: str) -> None:
    """A union is open unless it says that it is closed: what it does not name is let pass."""
    assert isinstance(value, dict), (place, value)
    assert isinstance(value.get("$type"), str), f"{place}: a part of a union names its type"
    names = {ref if not ref.startswith("#") else home + ref: ref for ref in rule["refs"]}
    if value["$type"] in names:
        _ref(value, {"ref": names[value["$type"]]}, home, place)
    else:
        assert not rule.get("closed"), (place, value["$type"])


_CHECKS: dict[str, Callable[[Any, Any, str, str], None]] = {
    "object": _object,
    "string": _string,
    "integer": _integer,
    "boolean": _boolean,
    "array": _array,
    "unknown": _unknown,
    "ref": _ref,
    "union": _union,
}
