"""`engage import` with addresses among the files."""

from pathlib import Path

import pytest

from tests.cli.conftest import Engage


@pytest.mark.timeout(180)
def test_an_address_that_may_not_be_fetched_is_named_and_the_files_are_imported(engage: Engage, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("I true wheels in the cellar, every Tuesday.")
    url = "http://127.0.0.1:9/words"
    done = engage("import", "--creator", "tilly", "--create-missing", url, str(tmp_path / "a.txt"), "--json")
    assert done.code == 1
    (report,) = done.rows
    assert report["documents"] == 1
    (rejected,) = report["rejected"]
    assert rejected["path"] == url
    assert "127.0.0.1 is no address on the internet" in rejected["reason"]


def test_an_address_is_no_missing_file_and_a_missing_file_among_addresses_ends_with_code_2(engage: Engage) -> None:
    done = engage("import", "--creator", "tilly", "https://words.example/", "/no/such/file")
    assert done.code == 2
    assert "there is no /no/such/file" in done.err
