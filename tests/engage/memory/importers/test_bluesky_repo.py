"""A Bluesky repository: posts with their keys out of the tree, replies to others, whole links."""

import hashlib
import json
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import libipld
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engage.memory.importers.bluesky_repo import CAR, JSON
from engage.memory.importers.content import Unreadable
from engage.memory.importers.files import Export, in_memory
from engage.memory.importers.format import Format, Source, sample_of
from engage.memory.importers.rows import Rejected, Said
from engage.models import Surface

ME = "did:plc:abcdefghijklmnopqrstuvwx"
OTHER = "did:plc:zyxwvutsrqponmlkjihgfedc"
POSTS = "app.bsky.feed.post"


def post(text: Any, **more: Any) -> dict[str, Any]:
    return {"$type": POSTS, "text": text, "createdAt": "2026-03-01T10:00:00.000Z", "langs": ["en"], **more}


def answer_to(did: str) -> dict[str, Any]:
    there = {"uri": f"at://{did}/{POSTS}/3kaaaaaaaaaa2", "cid": "bafy"}
    return {"root": there, "parent": there}


def linked(text: str, shown: str, address: str) -> dict[str, Any]:
    start = text.encode().index(shown.encode())
    index = {"byteStart": start, "byteEnd": start + len(shown.encode())}
    return post(
        text, facets=[{"index": index, "features": [{"$type": "app.bsky.richtext.facet#link", "uri": address}]}]
    )


class Link(bytes):
    """The address of a block, written as CBOR's tag 42."""


class Car:
    """A CAR file in the making: blocks, then whole."""

    def __init__(self) -> None:
        self.blocks: dict[Link, bytes] = {}

    def add(self, value: Any) -> Link:
        block = _cbor(value)
        address = Link(b"\x01\x71\x12\x20" + hashlib.sha256(block).digest())
        self.blocks[address] = block
        return address

    def node(self, *entries: tuple[str, Any, Link | None], left: Link | None = None) -> Link:
        """A node of the tree: (key, record, subtree to its right)."""
        made, before = [], b""
        for name, record, right in entries:
            key = name.encode()
            shared = next(
                (n for n, (a, b) in enumerate(zip(key, before, strict=False)) if a != b), min(len(key), len(before))
            )
            made.append({"p": shared, "k": key[shared:], "v": self.add(record), "t": right})
            before = key
        return self.add({"l": left, "e": made})

    def whole(self, tree: Link, did: Any = ME) -> bytes:
        commit = self.add({"did": did, "version": 3, "data": tree, "rev": "3k", "prev": None, "sig": b"\0" * 64})
        header = _cbor({"roots": [commit], "version": 1})
        return _sized(header) + b"".join(_sized(address + block) for address, block in self.blocks.items())


def _cbor(value: Any) -> bytes:
    """DAG-CBOR with links: libipld writes bytes and links alike, so containers with links in them are made here."""
    if isinstance(value, Link):
        return b"\xd8\x2a\x58\x25\x00" + value
    if isinstance(value, list) and len(value) < 24:
        return bytes([0x80 + len(value)]) + b"".join(map(_cbor, value))
    if isinstance(value, dict) and len(value) < 24:
        pairs = sorted(value.items(), key=lambda item: (len(item[0]), item[0]))
        return bytes([0xA0 + len(value)]) + b"".join(libipld.encode_dag_cbor(key) + _cbor(one) for key, one in pairs)
    return bytes(libipld.encode_dag_cbor(value))


def _sized(data: bytes) -> bytes:
    size, prefix = len(data), b""
    while size > 127:
        prefix, size = prefix + bytes([size & 127 | 128]), size >> 7
    return prefix + bytes([size]) + data


def source(content: bytes, name: str = "repo.car") -> Source:
    file = in_memory(name, name, content)
    return Source(file, Export([file]))


def repository() -> bytes:
    """A tree of three nodes, with a like, a profile and five posts."""
    car = Car()
    left = car.node(
        ("app.bsky.actor.profile/self", {"$type": "app.bsky.actor.profile", "description": "Wheels."}, None),
        ("app.bsky.feed.like/3kaaaaaaaaaa2", {"$type": "app.bsky.feed.like", "subject": {"uri": "at://x"}}, None),
    )
    right = car.node((f"{POSTS}/3kcccccccccc2", post("Grease it first.", reply=answer_to(OTHER)), None))
    tree = car.node(
        (f"{POSTS}/3kaaaaaaaaaa2", post("Olá, true and tight."), None),
        (f"{POSTS}/3kbbbbbbbbbb2", post("And the second part.", reply=answer_to(ME)), right),
        (f"{POSTS}/3kdddddddddd2", post("", embed={"$type": "app.bsky.embed.images"}), None),
        left=left,
    )
    return car.whole(tree)


def test_a_repository_gives_posts_in_order_with_their_addresses() -> None:
    first, second, third = CAR.read(source(repository()))
    assert first == Said(
        f"bluesky:at://{ME}/{POSTS}/3kaaaaaaaaaa2",
        "Olá, true and tight.",
        datetime(2026, 3, 1, 10, tzinfo=UTC),
        None,
        f"https://bsky.app/profile/{ME}/post/3kaaaaaaaaaa2",
    )
    assert isinstance(second, Said)
    assert isinstance(third, Said)
    assert (second.text, second.surface) == ("And the second part.", None)
    assert (third.id[-13:], third.text, third.surface) == ("3kcccccccccc2", "Grease it first.", Surface.COMMENT)


def test_listed_records_are_the_same_rows_as_the_repositorys() -> None:
    values = {
        "3kaaaaaaaaaa2": post("Olá, true and tight."),
        "3kbbbbbbbbbb2": post("And the second part.", reply=answer_to(ME)),
        "3kcccccccccc2": post("Grease it first.", reply=answer_to(OTHER)),
    }
    content = listed(
        *({"uri": f"at://{ME}/{POSTS}/{key}", "cid": "bafy", "value": value} for key, value in values.items())
    )
    assert list(JSON.read(source(content))) == list(CAR.read(source(repository())))


def listed(*records: Any) -> bytes:
    return json.dumps({"records": records, "cursor": "3k"}, indent=1).encode()


def record(value: Any, uri: Any = f"at://{ME}/{POSTS}/3kaaaaaaaaaa2") -> dict[str, Any]:
    return {"uri": uri, "cid": "bafy", "value": value}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (
            linked(
                "Größe? shop.example/stands/tr… – see", "shop.example/stands/tr…", "https://shop.example/stands/truing"
            ),
            "Größe? https://shop.example/stands/truing – see",
        ),
        (linked("see my guide", "my guide", "https://shop.example/guide"), "see my guide"),
        (linked("see good.example now", "good.example", "https://evil.example/"), "see good.example now"),
    ],
)
def test_shortened_links_are_whole_and_words_stay_words(value: dict[str, Any], text: str) -> None:
    (said,) = JSON.read(source(listed(record(value))))
    assert isinstance(said, Said)
    assert said.text == text


def test_a_bad_record_costs_only_itself() -> None:
    bad = [record(post(5)), record(post("x"), uri="at://nobody"), "x", record(post("x", createdAt="soon"))]
    like = record({"$type": "app.bsky.feed.like"}, uri=f"at://{ME}/app.bsky.feed.like/3k")
    *rejected, good = JSON.read(source(listed(*bad, like, record(post("Good.")))))
    assert [row.line for row in rejected if isinstance(row, Rejected)] == [1, 2, 3, 4]
    assert isinstance(good, Said)


def test_a_missing_branch_is_told_after_what_could_be_read() -> None:
    car = Car()
    gone = car.node((f"{POSTS}/3kzzzzzzzzzz2", post("lost"), None))
    tree = car.node((f"{POSTS}/3kaaaaaaaaaa2", post("kept"), gone))
    del car.blocks[gone]
    reading = CAR.read(source(car.whole(tree)))
    assert [row.text for row in islice(reading, 1) if isinstance(row, Said)] == ["kept"]
    with pytest.raises(Unreadable, match="1 branches"):
        next(reading)


def test_a_missing_record_costs_only_itself() -> None:
    car = Car()
    lost = post("lost")
    tree = car.node((f"{POSTS}/3kaaaaaaaaaa2", lost, None), (f"{POSTS}/3kbbbbbbbbbb2", post("kept"), None))
    del car.blocks[car.add(lost)]
    rejected, kept = CAR.read(source(car.whole(tree)))
    assert isinstance(rejected, Rejected)
    assert isinstance(kept, Said)


def test_a_tree_that_turns_in_circles_ends() -> None:
    car = Car()
    address = Link(b"\x01\x71\x12\x20" + b"\7" * 32)
    car.blocks[address] = _cbor({"l": address, "e": []})
    with pytest.raises(Unreadable, match="damaged"):
        list(CAR.read(source(car.whole(address))))


@pytest.mark.parametrize(
    "content", [repository()[:-20], repository()[:50], Car().whole(Link(b"\x01\x71\x12\x20" + b"\1" * 32), did=5)]
)
def test_a_damaged_repository_is_refused_with_what_to_do(content: bytes) -> None:
    with pytest.raises(Unreadable, match="download"):
        list(CAR.read(source(content)))


def test_only_repositories_and_lists_of_posts_are_claimed() -> None:
    def claimed(content: bytes) -> list[Format]:
        return [one for one in (CAR, JSON) if one.sniff(sample_of(in_memory("x", "x", content)))]

    assert claimed(repository()) == [CAR]
    assert claimed(listed(record(post("x")))) == [JSON]
    others = [
        b'{"id": "1", "text": "app.bsky.feed.post"}\n',
        b"id,text\n1,x\n",
        b"<!doctype html><p>x",
        b"# Roots\n",
        b'{"records": [{"id": 1}]}',
    ]
    assert [claimed(one) for one in others] == [[]] * len(others)


@settings(max_examples=200)
@given(at=st.integers(0, len(repository()) - 1), to=st.integers(0, 255), cut=st.integers(0, 30))
def test_a_damaged_byte_never_breaks_the_reading(at: int, to: int, cut: int) -> None:
    content = bytearray(repository())
    content[at] = to
    try:
        found = list(CAR.read(source(bytes(content[: len(content) - cut]))))
    except Unreadable:
        return
    assert all(isinstance(row, (Said, Rejected)) for row in found)


JUNK = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(max_size=5), st.lists(st.integers(), max_size=2), st.just({})
)


@given(key=st.sampled_from(["$type", "text", "createdAt", "reply", "facets", "embed"]), value=JUNK, outer=JUNK)
def test_no_field_of_another_type_breaks_the_reading(key: str, value: Any, outer: Any) -> None:
    content = listed(record({**post("x"), key: value}), record(outer), record(post("y"), uri=outer), outer)
    assert all(isinstance(row, (Said, Rejected)) for row in JSON.read(source(content)))
