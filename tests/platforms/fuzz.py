"""Hostile bodies on every route: signed and unsigned, mutated and made up. `python -m tests.platforms.fuzz`.

A route may answer 2xx or 4xx and nothing else, and whatever it took must be processed, ignored with a reason, or named
as malformed. Run as a module it goes on for the given time and prints what it saw as JSON.
"""

import argparse
import json
import logging
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import structlog
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from engage.errors import EngageError
from tests.platforms.routes import Routes, called, fixtures, kit, routes

# Without halves of surrogate pairs: no JSON text in UTF-8 holds them (an escaped one is in `NASTY`).
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
NASTY: st.SearchStrategy[Any] = st.sampled_from(
    ["\x00", "\ud83d", "<script>", "../../x", "1e400", -1, 2**63, 1e308, "9" * 400, "", " ", [], {}, None, True, 0.5]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT | NASTY,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
Path_ = tuple[Any, ...]


def paths(value: Any, here: Path_ = ()) -> list[Path_]:
    """The place of every part of a value."""
    found = [here]
    keys = value.keys() if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        found += paths(value[key], (*here, key))
    return found


def replaced(value: Any, path: Path_, new: Any) -> Any:
    """`value` with another part at `path`."""
    if not path:
        return new
    copied = dict(value) if isinstance(value, dict) else list(value)
    copied[path[0]] = replaced(value[path[0]], path[1:], new)
    return copied


@st.composite
def mutated(draw: st.DrawFn, samples: list[Any]) -> Any:
    """A genuine payload with up to three parts replaced."""
    value = draw(st.sampled_from(samples or [{}]))
    for _ in range(draw(st.integers(0, 3))):
        value = replaced(value, draw(st.sampled_from(paths(value))), draw(JSON))
    return value


def samples_of(platform: str) -> list[Any]:
    """Genuine bodies: the platform's fixtures, and what its kit says a delivery looks like."""
    found = [one for one in fixtures(platform) if isinstance(one, dict | list)]
    if hasattr(kit(platform), "body"):
        try:
            found.append(json.loads(kit(platform).body("d1")))
        except ValueError:
            return []  # its calls are no JSON
    return found


@st.composite
def bodies(draw: st.DrawFn, platform: str, samples: list[Any]) -> bytes:
    """What stands in a call: mostly nearly right."""
    kind = draw(st.sampled_from(["mutated", "mutated", "mutated", "json", "bytes", "genuine"]))
    if kind == "bytes":
        return draw(st.binary(max_size=200))
    body = json.dumps(draw(JSON if kind == "json" else mutated(samples))).encode()
    if hasattr(kit(platform), "body") and (kind == "genuine" or not samples):
        body = kit(platform).body(draw(TEXT.filter(str.isalnum)) or "d")
    return draw(spliced(body))


@st.composite
def spliced(draw: st.DrawFn, body: bytes) -> bytes:
    """As it is, mostly; else some bytes of it are others, or its end is missing."""
    if draw(st.integers(0, 3)):
        return body
    start, end = sorted((draw(st.integers(0, len(body))), draw(st.integers(0, len(body)))))
    return body[:start] + draw(st.binary(max_size=20)) + (body[end:] if draw(st.booleans()) else b"")


class Fuzzer:
    """Sends what it is given to a platform's route, and looks at the answer and at what intake makes of it."""

    def __init__(self, house: Routes) -> None:
        self.house = house
        self.seen: Counter[str] = Counter()

    def call(self, platform: str, body: bytes, signed: bool, more: dict[str, str]) -> None:
        path = self.house.path(platform)
        headers = dict(more)
        if signed:
            with suppress(ValueError, KeyError, TypeError, EngageError):  # the kit signs no such body
                headers |= self.house.headers(platform, "d1", body)
        answer = self.house.client.post(path, content=body, headers=headers)
        assert answer.status_code < 500, (platform, answer.status_code, answer.text, body[:500])
        self.seen[f"{platform} {'signed' if signed else 'unsigned'} {answer.status_code}"] += 1

    def ask(self, platform: str, query: dict[str, str]) -> None:
        answer = self.house.client.get(self.house.path(platform), params=query)
        assert answer.status_code < 500, (platform, answer.status_code, query)
        self.seen[f"{platform} challenge {answer.status_code}"] += 1

    def settle(self) -> None:
        """Everything that was taken has an end, and a reason where it was not for us."""
        failures = self.house.take_in()
        assert not failures, failures
        odd = [
            row
            for row in self.house.deliveries()
            if row.state == "received" or (row.state == "ignored" and not row.reason)
        ]
        assert not odd, odd[:3]


HEADERS = st.dictionaries(
    st.sampled_from(["content-type", "content-encoding", "x-forwarded-for", "accept", "x-hub-signature", "te"]),
    st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=30),
    max_size=3,
)
QUERY = st.dictionaries(
    st.sampled_from(["hub.mode", "hub.challenge", "hub.verify_token", "hub.topic", "hub.lease_seconds", "crc_token"])
    | TEXT,
    TEXT,
    max_size=5,
)


def attack(fuzzer: Fuzzer, platform: str, examples: int) -> None:
    """So many calls to one platform's route, after one that is right: whether others get through is chance."""
    samples = samples_of(platform)
    if hasattr(kit(platform), "body"):
        fuzzer.call(platform, kit(platform).body("d"), signed=True, more={})
    quick = settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )

    @quick
    @given(body=bodies(platform, samples), signed=st.booleans() | st.just(True), more=HEADERS)
    def calls(body: bytes, signed: bool, more: dict[str, str]) -> None:
        fuzzer.call(platform, body, signed, more)

    @settings(quick, max_examples=max(10, examples // 10))
    @given(query=QUERY)
    def asks(query: dict[str, str]) -> None:
        fuzzer.ask(platform, query)

    run: list[Callable[[], None]] = [calls, asks]
    for one in run:
        one()
    fuzzer.settle()


def main(minutes: float) -> dict[str, Any]:
    """Until the time is over, platform after platform."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, routes(Path(folder)) as house:
        fuzzer, rounds = Fuzzer(house), 0
        while time.monotonic() - began < minutes * 60:
            for platform in called():
                attack(fuzzer, platform, 200)
            rounds += 1
        taken = Counter(row.state for row in house.deliveries())
    return {"minutes": minutes, "rounds": rounds, "calls": dict(sorted(fuzzer.seen.items())), "deliveries": dict(taken)}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    json.dump(main(parser.parse_args().minutes), sys.stdout, indent=1)
