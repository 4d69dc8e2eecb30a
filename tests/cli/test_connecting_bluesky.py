"""`engage connect bluesky`: a page of its own is opened, or with `--enter` an app password is read."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from engage.ledger import apps
from engage.ledger.database import Database
from engage.settings import load
from tests.cli.conftest import Engage
from tests.platforms.bluesky import Bluesky

PASSWORD = "abcd-efgh-ijkl-mnop"


@pytest.fixture
def bluesky(engage: Engage, tmp_path: Path) -> Iterator[Bluesky]:
    """A simulated platform, to which the application leads; a creator tilly."""
    assert engage("creator", "add", "tilly").code == 0
    with Bluesky() as platform:
        platform.person("avatar", app_passwords={PASSWORD: True})
        db = Database(load({}, home=tmp_path / "home").ledger_url)
        with db.transaction() as tx:
            apps.store(tx, "bluesky", {"base_url": platform.url}, b"", datetime.now(UTC))
        db.close()
        yield platform


def test_a_page_is_named_after_the_handle_alone(engage: Engage, bluesky: Bluesky) -> None:
    done = engage("connect", "bluesky", "--creator", "tilly", input="avatar.example.com\n")
    assert done.code == 0, done.err
    opened = urlsplit(done.rows[0]["open"])
    assert f"{opened.scheme}://{opened.netloc}{opened.path}" == f"{bluesky.url}/oauth/authorize"
    assert parse_qs(opened.query)["client_id"][0].startswith(
        "http://localhost?redirect_uri=http%3A%2F%2F127.0.0.1%3A8701"
    )
    assert not bluesky.calls_to("/xrpc/com.atproto.server.createSession")


def test_an_app_password_is_entered_where_that_is_asked_for(engage: Engage, bluesky: Bluesky) -> None:
    typed = f"{PASSWORD}\n\n"
    done = engage(
        "connect", "bluesky", "--creator", "tilly", "--enter", "--field", "handle=avatar.example.com", input=typed
    )
    assert done.code == 0, done.err
    assert len(done.rows[0]["accounts"]) == 1
    assert not bluesky.calls_to("/oauth/par")
    assert PASSWORD not in done.out + done.err + engage("export", "--creator", "tilly").out


def test_an_app_password_on_the_command_line_is_refused(engage: Engage, bluesky: Bluesky) -> None:
    done = engage("connect", "bluesky", "--creator", "tilly", "--enter", "--field", f"app_password={PASSWORD}")
    assert done.code == 2
    assert "handle, service" in done.err


def test_an_application_that_may_be_left_out_is_not_called_missing(engage: Engage) -> None:
    rows = {row["platform"]: row["application"] for row in engage("app", "list", "--json").rows[0]}
    assert (rows["bluesky"], rows["youtube"]) == ("not needed", "missing")
