"""Transcripts that programs write as JSON."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engage.memory.importers import json_lines
from engage.memory.importers.content import Unreadable
from engage.memory.importers.files import Export, in_memory
from engage.memory.importers.format import Me, Source, sample_of
from engage.memory.importers.rows import BadRow, Dropped, Pair, Rejected, Said
from engage.memory.importers.transcripts_json import FORMAT

WHISPER: dict[str, Any] = {
    "text": " I brew tea. It sings.",
    "segments": [
        {"id": 0, "seek": 0, "start": 0.0, "end": 2.5, "text": " I brew tea.", "tokens": [1], "avg_logprob": -0.2},
        {"id": 1, "seek": 0, "start": 2.5, "end": 4.0, "text": " It sings.", "tokens": [2], "avg_logprob": -0.2},
    ],
    "language": "en",
}
WHISPERX: dict[str, Any] = {
    "segments": [
        {"start": 0.0, "end": 1.0, "text": " Which mic?", "speaker": "SPEAKER_00", "words": [{"word": "Which"}]},
        {"start": 1.0, "end": 2.0, "text": " An old", "speaker": "SPEAKER_01"},
        {"start": 2.0, "end": 3.0, "text": " one.", "speaker": "SPEAKER_01"},
        {"start": 3.0, "end": 4.0, "text": " Nice."},
    ],
    "word_segments": [],
}
CPP: dict[str, Any] = {
    "systeminfo": "x",
    "model": {"type": "base"},
    "params": {"language": "en"},
    "result": {"language": "en"},
    "transcription": [
        {
            "timestamps": {"from": "00:00:00,000", "to": "00:00:02,500"},
            "offsets": {"from": 0, "to": 2500},
            "text": " I brew tea.",
        },
        {
            "timestamps": {"from": "00:00:09,000", "to": "00:00:10,000"},
            "offsets": {"from": 9000, "to": 10000},
            "text": " It sings.",
        },
    ],
}
JSON3: dict[str, Any] = {
    "wireMagic": "pb3",
    "pens": [{}],
    "wsWinStyles": [{}, {"mhModeHint": 2}],
    "wpWinPositions": [{}],
    "events": [
        {"tStartMs": 0, "dDurationMs": 9000, "id": 1, "wpWinPosId": 1, "wsWinStyleId": 1},
        {"tStartMs": 80, "dDurationMs": 2000, "wWinId": 1, "segs": [{"utf8": "I"}, {"utf8": " brew", "tOffsetMs": 40}]},
        {"tStartMs": 1500, "dDurationMs": 500, "wWinId": 1, "aAppend": 1, "segs": [{"utf8": "\n"}]},
        {"tStartMs": "1600", "dDurationMs": "900", "wWinId": 1, "segs": [{"utf8": "tea"}, {"utf8": " [Music]"}]},
    ],
}


def source(value: Any, *me: str) -> Source:
    data = value.encode() if isinstance(value, str) else json.dumps(value).encode()
    one = in_memory("talks/Tea show.json", "Tea show.json", data)
    return Source(one, Export([one]), Me.of(*me))


def rows(value: Any, *me: str) -> list[Any]:
    return list(FORMAT.read(source(value, *me)))


def knows(value: Any) -> bool:
    return FORMAT.sniff(sample_of(source(value).file))


@pytest.mark.parametrize(
    ("value", "text"),
    [(WHISPER, "I brew tea. It sings."), (CPP, "I brew tea.\nIt sings."), (JSON3, "I brew tea")],
)
def test_what_is_said_is_one_document_under_the_files_name(value: Any, text: str) -> None:
    assert knows(value)
    assert knows(json.dumps(value, indent=2))
    (said,) = rows(value)
    assert (said.id, said.title, said.text) == ("Tea show.json", "Tea show", text)


def test_where_speakers_are_told_the_creators_part_is_read() -> None:
    assert knows(WHISPERX)
    pair, dropped = rows(WHISPERX, "speaker_01")
    assert (pair.question, pair.reply) == ("Which mic?", "An old one.")
    assert dropped.count == 1
    with pytest.raises(Unreadable, match=r"--me NAME; there are SPEAKER_00, SPEAKER_01$"):
        rows(WHISPERX, "Tilly")


def test_a_long_transcript_is_known_before_its_pieces_are_in_sight() -> None:
    long = {**WHISPER, "text": ' I brew "tea".' * 9000}
    assert knows(long)
    assert rows(long)[0].text == "I brew tea. It sings."


@pytest.mark.parametrize(
    "value",
    [
        '{"id": "1", "text": "Hello"}\n',
        '{"text": "no id"}\n',
        '[{"id": "1", "text": "Hello"}]',
        '{"events": [{"name": "fair"}]}',
        '{"segments": [{"name": "fans"}]}',
        "id,text\n1,Hello\n",
        "# Title\n\nWords.\n",
        "<html><body>Hi</body></html>",
        "",
    ],
)
def test_other_files_are_no_transcripts(value: str) -> None:
    assert not knows(value)


def test_general_rows_are_left_to_their_own_format_and_come_after() -> None:
    assert json_lines.FORMAT.sniff(sample_of(source(WHISPER).file)), "so it has to come before"


@pytest.mark.parametrize(
    "value", ["{", "[]", "{}", '{"segments": 5}', '{"segments": []}', '{"segments": [5, {"text": 7}]}']
)
def test_what_has_no_pieces_with_words_is_refused(value: str) -> None:
    with pytest.raises(Unreadable):
        rows(value)


def test_a_piece_of_another_form_costs_only_itself() -> None:
    broken = {
        "segments": [7, {"start": "x", "end": [], "text": "Tea."}, {"text": {}}, {"start": "1e999", "text": "Cake."}]
    }
    assert rows(broken)[0].text.split() == ["Tea.", "Cake."]


def test_half_a_character_costs_only_its_turn() -> None:
    turns = [("A", "Tea?"), ("B", "Yes \ud83d."), ("A", "Cake?"), ("B", "No.")]
    found = rows({"segments": [{"start": 0, "end": 1, "text": text, "speaker": name} for name, text in turns]}, "B")
    rejected, pair = [row for row in found if not isinstance(row, Dropped)]
    assert isinstance(rejected, Rejected)
    assert "surrogate" in rejected.reason
    assert (pair.question, pair.reply) == ("Cake?", "No.")
    with pytest.raises(BadRow, match="surrogate"):
        rows({"segments": [{"start": 0, "end": 1, "text": "Yes \ud83d."}]})


def _until_broken(read: Iterator[Any]) -> Iterator[Any]:
    try:
        yield from read
    except (Unreadable, BadRow):
        return


VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=4,
)


@given(st.sampled_from([WHISPER, WHISPERX, CPP, JSON3]), st.data())
def test_a_damaged_transcript_never_breaks_the_import(value: dict[str, Any], data: st.DataObject) -> None:
    mangled = json.loads(json.dumps(value))
    key = data.draw(st.sampled_from(sorted(mangled)))
    inside = mangled[key]
    if isinstance(inside, list) and inside and isinstance(inside[0], dict) and inside[0]:
        piece = data.draw(st.sampled_from(inside))
        piece[data.draw(st.sampled_from(sorted(piece) or ["x"]))] = data.draw(VALUES)
    else:
        mangled[key] = data.draw(VALUES)
    written = json.dumps(mangled)
    written = written[: data.draw(st.sampled_from([len(written), len(written) - 3]))]
    knows(written)
    for row in _until_broken(FORMAT.read(source(written, "SPEAKER_01"))):
        assert isinstance(row, (Said, Pair, Rejected, Dropped))
