"""Which addresses may be asked for what a creator names, and that nothing else is connected to."""

import asyncio
import socket
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from workers.public_addresses import NotPublic, connector, is_public


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.215.14", "2606:4700::1111", "64:ff9b::808:808"])
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.9.9.9", "::1"),  # this machine
        *("10.1.2.3", "172.16.0.1", "192.168.1.1", "fc00::1", "fd00:ec2::254"),  # private
        *("169.254.169.254", "fe80::1", "fe80::1%eth0", "fec0::1"),  # link-local, site-local
        *("100.64.0.1", "100.127.255.255"),  # of a provider's own network
        *("224.0.0.1", "224.0.1.129", "239.255.255.250", "ff02::1", "ff0e::1"),  # multicast
        *("0.0.0.0", "0.1.2.3", "240.0.0.1", "255.255.255.255", "::"),  # reserved
        *("192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "2001:db8::1"),  # examples, benchmarks
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254"),  # IPv4 as IPv6
        *("2002:7f00:1::", "64:ff9b::7f00:1", "64:ff9b::a00:1", "2001:0:a00:1:0:0:f5ff:fffe"),  # leading to IPv4
        *("", "localhost", "1.2.3"),
    ],
)
def test_all_other_addresses_are_not(address: str) -> None:
    assert not is_public(address)


class Names:
    """What the system's resolver answers, a list of addresses a question; counts the questions."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    def __call__(self, host: str, port: Any, *_: Any, **__: Any) -> list[Any]:
        self.asked += 1
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        kinds = [(socket.AF_INET6 if ":" in one else socket.AF_INET, one) for one in found]
        return [
            (kind, socket.SOCK_STREAM, 6, "", (one, port) if kind == socket.AF_INET else (one, port, 0, 0))
            for kind, one in kinds
        ]


async def status_of(url: str, *permitted: str) -> int:
    async with aiohttp.ClientSession(connector=connector(permitted)) as session, session.get(url) as answer:
        return answer.status


@pytest.fixture
async def port() -> Any:
    """A server on 127.0.0.1 that answers with the Host it was asked for."""
    app = web.Application()

    async def answer(request: web.Request) -> web.Response:
        return web.Response(text=request.host)

    app.router.add_get("/", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield runner.addresses[0][1]
    await runner.cleanup()


async def test_an_address_of_this_machine_is_not_connected_to(port: int) -> None:
    with pytest.raises(aiohttp.ClientConnectorError) as caught:
        await status_of(f"http://127.0.0.1:{port}/")
    assert isinstance(caught.value.__cause__, NotPublic)


async def test_a_name_with_one_private_address_among_public_ones_is_refused(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", asynchronous(Names(["127.0.0.1", "10.0.0.1"])))
    with pytest.raises(aiohttp.ClientConnectorError) as caught:
        await status_of(f"http://wheels.example:{port}/", "127.0.0.1")
    assert isinstance(caught.value.__cause__, NotPublic)


async def test_the_address_that_was_looked_at_is_the_one_connected_to_and_the_host_is_kept(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = Names(["127.0.0.1"], ["10.0.0.1"])  # another answer the second time
    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", asynchronous(names))
    url = f"http://wheels.example:{port}/"
    async with aiohttp.ClientSession(connector=connector(["127.0.0.1"])) as session, session.get(url) as answer:
        assert await answer.text() == f"wheels.example:{port}"
    assert names.asked == 1


def asynchronous(names: Names) -> Any:
    async def getaddrinfo(host: str, port: Any, **kwargs: Any) -> list[Any]:
        return names(host, port, **kwargs)

    return getaddrinfo
