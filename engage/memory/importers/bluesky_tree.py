"""The tree of an atproto repository (MST): a record's key stands in it, not in the record. Pure.

Layout: https://atproto.com/specs/repository, read 2026-11-26. A node is {"l": left subtree, "e": [{"p": how many bytes
its key shares with the one before it, "k": the rest of the key, "v": the record, "t": the subtree to its right}]}.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from engage.memory.importers.content import Unreadable

Blocks = Mapping[bytes, Any]
Record = tuple[str, Any]  # its key, as in "app.bsky.feed.post/3k…", and its content; None where that is missing


def records(header: Any, blocks: Blocks, prefix: str, path: str) -> tuple[str, Iterator[Record]]:
    """Whose repository it is (a DID), and its records below a prefix in the order of their keys. Raises Unreadable.

    The records end with Unreadable where branches are missing.
    """
    roots = header.get("roots") if isinstance(header, dict) else None
    commit = _block(blocks, roots[0]) if isinstance(roots, list) and roots else None
    did = commit.get("did") if isinstance(commit, dict) else None
    if not isinstance(commit, dict) or not isinstance(did, str) or not did.startswith("did:"):
        raise Unreadable(path, "a CAR file, but not of an account: download the repository again")
    return did, _walk(blocks, commit.get("data"), prefix, path)


def _walk(blocks: Blocks, root: Any, prefix: str, path: str) -> Iterator[Record]:
    waiting: list[Any] = [root]  # addresses of nodes (bytes), and records (pairs), the next one last
    seen, missing = set[bytes](), 0
    while waiting:
        one = waiting.pop()
        if isinstance(one, tuple):
            yield one
            continue
        node = _block(blocks, one)
        if not isinstance(node, dict) or not isinstance(node.get("e"), list) or one in seen:
            missing += 1
            continue
        seen.add(one)
        waiting.extend(reversed(list(_inside(blocks, node, prefix))))
    if missing:
        raise Unreadable(path, f"{missing} branches of the repository are missing or damaged: download it again")


def _inside(blocks: Blocks, node: Mapping[str, Any], prefix: str) -> Iterator[Any]:
    """What a node holds, in order: subtrees by their address, records with their key."""
    if node.get("l") is not None:
        yield node["l"]
    before = b""
    for entry in node["e"]:
        shared, rest = (entry.get("p"), entry.get("k")) if isinstance(entry, dict) else (None, None)
        if not isinstance(shared, int) or not isinstance(rest, bytes) or not 0 <= shared <= len(before):
            yield None  # no address: counted as missing
            return
        before = before[:shared] + rest
        key = before.decode("ascii", "replace")
        if key.startswith(prefix):
            yield key, _block(blocks, entry.get("v"))
        if entry.get("t") is not None:
            yield entry["t"]


def _block(blocks: Blocks, address: Any) -> Any:
    return blocks.get(address) if isinstance(address, bytes) else None
