"""Nothing that is sent to a route makes it fail. Ten minutes of this: `python -m tests.platforms.fuzz`."""

from collections.abc import Iterator

import pytest

from tests.platforms.fuzz import Fuzzer, attack
from tests.platforms.routes import called, routes


@pytest.fixture(scope="module")
def fuzzer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fuzzer]:
    with routes(tmp_path_factory.mktemp("routes")) as house:
        yield Fuzzer(house)


@pytest.mark.parametrize("platform", called())
def test_no_body_makes_a_route_fail_and_what_is_taken_has_an_end(fuzzer: Fuzzer, platform: str) -> None:
    attack(fuzzer, platform, 150)
    assert any(key.startswith(f"{platform} signed 2") for key in fuzzer.seen), "some get through"
