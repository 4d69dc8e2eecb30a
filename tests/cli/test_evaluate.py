"""`engage evaluate` on a small imported creator."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engage.memory import chroma_server
from tests.cli.conftest import Done, Engage
from tests.conftest import free_port
from tests.fakes.model_server import ModelServer
from workers.cli.main import run
from workers.evaluation.running import MOST_STRANGE, questions_to_others

CREATORS = Path(__file__).parents[2] / "config" / "creators"
pytestmark = [pytest.mark.timeout(180), pytest.mark.xdist_group("evaluate")]


def pairs_of(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (CREATORS / name / "pairs.jsonl").read_text("utf-8").splitlines()]


def write(path: Path, lines: list[Any]) -> str:
    path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines), "utf-8")
    return str(path)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Tilly without her last six answers, a creator who said little, and Capucine; with a Chroma that keeps running.

    One for all tests: an evaluation changes nothing, as one of them proves.
    """
    folder = tmp_path_factory.mktemp("house")
    imports = {
        "tilly": [write(folder / "known.jsonl", pairs_of("tilly")[:-6]), str(CREATORS / "tilly" / "faq.jsonl")],
        "quiet": [write(folder / "few.jsonl", pairs_of("tilly")[:5])],
        "capucine": [write(folder / "other.jsonl", pairs_of("capucine")[:6])],
    }
    with chroma_server.running(folder / "chroma") as url, pytest.MonkeyPatch.context() as patch:
        environment = {"ENGAGE_HOME": str(folder / "home"), "ENGAGE_CHROMA_URL": url}
        for name, value in environment.items():
            patch.setenv(name, value)
        for name, files in imports.items():
            assert run(["import", "--creator", name, "--create-missing", *files]) == 0
        yield environment


@pytest.fixture
def held(engage: Engage, house: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """The answers that were not imported; one asks what the FAQ says, so that there is a draft."""
    for name, value in house.items():
        monkeypatch.setenv(name, value)
    asked = {"id": "x", "question": "Can I visit the workshop?", "reply": "yes, come on saturday, kettle is on"}
    return write(tmp_path / "held.jsonl", [*pairs_of("tilly")[-6:], asked])


def evaluate(engage: Engage, held: str, *more: str) -> Done:
    return engage("evaluate", "--creator", "tilly", "--pairs", held, *more)


def test_every_figure_has_a_ceiling_and_a_floor_and_the_report_is_written(
    engage: Engage, held: str, tmp_path: Path
) -> None:
    report = tmp_path / "a" / "new" / "folder"
    done = evaluate(engage, held, "--json", "--report", str(report))
    [found] = done.rows
    assert done.code == 0
    assert (found["pairs"], found["in_corpus"], found["floor_of"]) == (7, 0, "creators")
    for name in ("grounding", "retrieval", "language", "length", "copy_rate"):
        assert None not in (found[name]["ceiling"], found[name]["floor"]), name
    assert found["coverage"]["value"] > 0
    assert found["grounding"]["value"] == found["numbers"]["value"] == 1.0
    assert found["copy_rate"]["value"] == 0.0
    assert len(found["retrieval_curve"]) == 10
    assert found["report"] == str(report / "index.html")
    html = (report / "index.html").read_text("utf-8")
    assert "saturdays from 10 to 4" in html
    assert "come on saturday" in html


def test_nothing_is_put_into_the_ledger_and_a_second_run_says_the_same(engage: Engage, held: str) -> None:
    from sqlalchemy import func, select

    from engage.ledger.tables import metadata
    from workers.cli.context import opened

    def counted() -> dict[str, int]:
        with opened() as ledger, ledger.db.reading() as tx:
            tables = metadata.sorted_tables
            return {one.name: tx.execute(select(func.count()).select_from(one)).scalar_one() for one in tables}

    before = counted()
    first, second = evaluate(engage, held, "--json"), evaluate(engage, held, "--json")
    assert counted() == before
    assert first.out == second.out


def test_people_read_the_figures_on_standard_error(engage: Engage, held: str) -> None:
    done = evaluate(engage, held)
    assert (done.code, done.out) == (0, "")
    assert "retrieval" in done.err
    assert "no draft:" in done.err


def test_a_malformed_line_is_reported_and_the_others_are_tried(engage: Engage, held: str, tmp_path: Path) -> None:
    lines = [*Path(held).read_text("utf-8").splitlines()[:2], "{half", {"id": "z", "question": "no reply?"}]
    done = evaluate(engage, write(tmp_path / "b.jsonl", lines), "--json")
    assert done.code == 1
    assert done.rows[0]["pairs"] == 2
    told = [json.loads(line) for line in done.err.splitlines() if line.startswith("{")]
    assert [one["line"] for one in told] == [3, 4]
    assert all(one["error"] for one in told)


def test_a_style_of_too_few_texts_is_not_told(engage: Engage, held: str, tmp_path: Path) -> None:
    done = engage("evaluate", "--creator", "quiet", "--pairs", held, "--json", "--report", str(tmp_path))
    assert done.code == 0
    assert done.rows[0]["style"]["value"] is None
    assert any("only 5 texts" in note for note in done.rows[0]["notes"])
    assert "Not known: too few" in (tmp_path / "index.html").read_text("utf-8")


def test_answers_that_were_imported_are_pointed_out(engage: Engage, held: str, tmp_path: Path) -> None:
    found = evaluate(engage, write(tmp_path / "b.jsonl", pairs_of("tilly")[:2]), "--json").rows[0]
    assert found["in_corpus"] == 2
    assert any("not held back" in note for note in found["notes"])


def test_a_file_without_an_answer_fails(engage: Engage, held: str, tmp_path: Path) -> None:
    done = evaluate(engage, write(tmp_path / "empty.jsonl", []), "--json")
    assert (done.code, done.out) == (1, "")
    assert "has no past answer" in done.err


def test_an_unknown_creator_fails_with_the_command_that_lists_them(engage: Engage, tmp_path: Path) -> None:
    done = evaluate(engage, write(tmp_path / "held.jsonl", pairs_of("tilly")))
    assert done.code == 1
    assert "engage creator list" in done.err


def test_a_report_that_cannot_be_written_fails(engage: Engage, held: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert evaluate(engage, held, "--report", str(tmp_path / "file")).code == 2
    done = evaluate(engage, held, "--report", str(tmp_path / "file" / "below"))
    assert done.code == 1
    assert "cannot be written" in done.err


@pytest.mark.parametrize("arguments", [["--creator", "x"], ["--pairs", "/no/such/file", "--creator", "x"]])
def test_wrong_arguments_end_with_code_2(engage: Engage, arguments: list[str]) -> None:
    assert engage("evaluate", *arguments).code == 2


def test_a_model_nobody_knows_ends_with_code_2(engage: Engage, held: str) -> None:
    done = evaluate(engage, held, "--model", "nonsense")
    assert done.code == 2
    assert "nonsense" in done.err


def test_questions_to_others_are_spread_over_all_of_them() -> None:
    others = [[(f"a{n}", "") for n in range(200)], [("", "a reply to nothing"), ("b", "")]]
    found = questions_to_others(others)
    assert len(found) == MOST_STRANGE
    assert [one.question for one in found][:2] == ["a0", "a2"]
    assert questions_to_others([]) == []


def test_a_model_is_evaluated_and_asked_for_nothing_of_other_creators(
    engage: Engage, held: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ModelServer() as server:
        monkeypatch.setenv("ENGAGE_MODEL_BASE_URL", server.url)
        done = evaluate(engage, held, "--json", "--model", "openai:m")
        sent = json.dumps(server.requests, ensure_ascii=False)
    assert done.code == 0
    found = done.rows[0]
    assert (found["model"], found["coverage"]["floor"]) == ("openai:m", None)
    assert found["coverage"]["value"] > 0
    assert pairs_of("capucine")[0]["question"] not in sent


def test_questions_whose_model_is_away_are_reported_by_their_lines(
    engage: Engage, held: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENGAGE_MODEL_BASE_URL", f"http://127.0.0.1:{free_port()}/v1")
    done = evaluate(engage, held, "--json", "--model", "openai:m")
    told = [json.loads(line) for line in done.err.splitlines() if line.startswith("{")]
    assert done.code == 1
    assert told[-1]["line"] == 7
    assert told[-1]["error"].startswith("Unavailable")
    assert done.rows[0]["pairs"] == 7 - len(told)
