"""Phrasings of what followers ask, in their languages: data, read by the tests of triage."""

import tomllib
from collections.abc import Iterator
from pathlib import Path


def lines(file: str, table: str) -> dict[str, list[str]]:
    """Language → the lines of a table of one file."""
    tables = tomllib.loads((Path(__file__).parent / f"{file}.toml").read_text(encoding="utf-8"))
    return {language: list(_lines(words.get(table, ""))) for language, words in tables.items()}


def around(file: str) -> dict[str, list[str]]:
    """Language → sentences with a place for a phrase: `{}`."""
    tables = tomllib.loads((Path(__file__).parent / f"{file}.toml").read_text(encoding="utf-8"))
    return {language: words["around"] for language, words in tables.items()}


def _lines(text: str) -> Iterator[str]:
    return (line for line in text.splitlines() if line)
