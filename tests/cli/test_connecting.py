"""`engage app` and `engage connect` as an operator types them; secrets never appear."""

from collections.abc import Iterator

import pytest

from connectors.sandbox.network.server import SandboxServer
from tests.cli.conftest import Engage
from tests.fakes.paper_platform import paper

__all__ = ["paper"]
pytestmark = pytest.mark.usefixtures("paper")


@pytest.fixture
def network() -> Iterator[str]:
    with SandboxServer() as server:
        yield server.url


@pytest.fixture
def tilly(engage: Engage) -> None:
    assert engage("creator", "add", "tilly").code == 0


def test_an_application_is_registered_and_its_secret_is_read_and_not_shown(engage: Engage, tilly: None) -> None:
    done = engage("app", "set", "paper", "--field", "client_id=app-7", "--field", "colour=", input="s3cr3t\n")
    assert (done.code, done.rows) == (0, [{"platform": "paper", "fields": ["client_id", "client_secret", "colour"]}])
    listed = engage("app", "list", "--json")
    row = next(row for row in listed.rows[0] if row["platform"] == "paper")
    assert (row["application"], row["redirect"]) == ("registered", "http://127.0.0.1:8701/connect/paper/back")
    assert "s3cr3t" not in done.out + done.err + listed.out + engage("export", "--creator", "tilly").out


def test_a_secret_on_the_command_line_is_refused(engage: Engage) -> None:
    done = engage("app", "set", "paper", "--field", "client_secret=s3cr3t")
    assert done.code == 2
    assert "client_id, colour" in done.err


def test_what_is_missing_is_named(engage: Engage) -> None:
    done = engage("app", "set", "paper", "--field", "client_id=app-7", input="\n\n")
    assert done.code == 2
    assert "client_secret (application of paper)" in done.err


def test_an_account_is_connected_with_what_the_platform_gave(engage: Engage, tilly: None, network: str) -> None:
    done = engage("connect", "sandbox", "--creator", "tilly", "--field", f"base_url={network}", input="tilly\n")
    assert done.code == 0, done.err
    [account] = done.rows[0]["accounts"]
    checks = engage("doctor", "--account", account, "--json").rows[0]
    names = ["account sandbox tilly", "overlay", "access"]
    assert [(check["name"], check["state"]) for check in checks] == [(name, "ok") for name in names]


def test_a_consent_is_begun_with_an_address_to_open(engage: Engage, tilly: None) -> None:
    engage("app", "set", "paper", "--field", "client_id=app-7", "--field", "colour=", input="s3cr3t\n")
    done = engage("connect", "paper", "--creator", "tilly", input="\n")
    assert done.rows[0]["open"].startswith("https://paper.example/app-7?state=")


def test_a_platform_or_account_that_is_not_there_is_named(engage: Engage, tilly: None) -> None:
    assert "papyrus" in engage("connect", "papyrus", "--creator", "tilly").err
    assert engage("doctor", "--account", "nobody").code == 1
