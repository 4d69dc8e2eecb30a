"""Requests of connectors held against a platform's own Postman collection, where that is at hand."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from tests.platforms.base import Call
from tests.platforms.specs import spec_file

_VARIABLE = re.compile(r"\{\{(\w+)\}\}")


@dataclass(frozen=True, slots=True)
class Described:
    """A request of the collection: its path with variables as patterns, and what it may ask with."""

    name: str
    method: str
    path: tuple[str, ...]
    parameters: frozenset[str]
    fields: frozenset[str]  # what `fields` may name; empty where it takes none

    def fits(self, call: Call, prefix: str) -> bool:
        parts = tuple(part for part in call.path.removeprefix(prefix).split("/") if part)
        pairs = zip(parts, self.path, strict=False)
        same = len(parts) == len(self.path) and all(_fits(part, wanted) for part, wanted in pairs)
        return same and call.method == self.method


def _fits(part: str, wanted: str) -> bool:
    return part.isdecimal() if _VARIABLE.fullmatch(wanted) else part == wanted


@cache
def _described(name: str) -> tuple[Described, ...]:
    collection = json.loads(spec_file(name).read_text("utf-8"))
    values = {one["key"]: one["value"] for one in collection["variable"]}
    return tuple(_read(item, values) for item in _requests(collection["item"]))


def _requests(items: Sequence[Any]) -> Iterator[Any]:
    for item in items:
        if "item" in item:
            yield from _requests(item["item"])
        else:
            yield item


def _read(item: Any, values: Mapping[str, str]) -> Described:
    request = item["request"]
    query = request["url"].get("query", [])
    asked = [one["value"] for one in query if one["key"] == "fields"]
    listed = ",".join(_VARIABLE.sub(lambda found: values[found[1]], one) for one in asked)
    body = request.get("body") or {}
    form = body.get(body.get("mode", ""), [])
    names = frozenset(one["key"] for one in [*query, *form])
    path = tuple(part for part in request["url"]["path"] if part)
    return Described(item["name"], request["method"], path, names, frozenset(re.findall(r"\w+", listed)))


def check_postman(
    call: Call, name: str, prefix: str, beside: Mapping[str, frozenset[str]], fields: Mapping[str, frozenset[str]]
) -> None:
    """Raises where a call is none of the collection `name`, or asks with something that it does not know.

    prefix: before the paths of the collection. beside: parameters that the reference knows beside it, and fields:
    names of fields, each by the last part of the path ('' for every path).
    """
    found = [one for one in _described(name) if one.fits(call, prefix)]
    assert found, f"the collection has no {call.method} {call.path}"
    last = call.path.rpartition("/")[2]
    asked = {**call.query, **(call.form if call.body else {})}
    known = frozenset().union(*(one.parameters for one in found), beside.get("", ()), beside.get(last, ()))
    assert set(asked) <= known, f"{call.method} {call.path} knows no {sorted(set(asked) - known)}"
    named = set(asked["fields"].split(",")) if "fields" in asked else set()
    readable = frozenset().union(*(one.fields for one in found), fields.get(last, ()))
    assert named <= readable, f"{call.method} {call.path} has no {sorted(named - readable)}"
