"""Fetching what a creator names by its address: what is read, and what is refused with a reason."""

import gzip
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from connectors.http import USER_AGENT
from engage.memory.importers import Me
from engage.memory.importers.content import Unreadable
from engage.memory.importers.files import File
from engage.memory.importers.rows import Rejected, Said
from workers.fetched_pages import LARGEST
from workers.fetching import REDIRECTS, Fetcher
from workers.sources import is_address, read_sources

HERE = "127.0.0.1"


@dataclass
class Page:
    """An answer of the site. location: sends on."""

    body: bytes = b"Some words."
    kind: str = "text/plain"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    hangs: bool = False


@dataclass
class Site:
    """A web site on a free port. asked: (path, user agent), in order."""

    url: str = ""
    pages: dict[str, Page] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    @property
    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]

    def sends_on(self, path: str, to: str, status: int = 302) -> None:
        self.pages[path] = Page(b"", status=status, headers={"location": to})


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.asked.append((self.path, self.headers["user-agent"]))
            page = made.pages.get(self.path, Page(b"nothing here", status=404))
            self.send_response(page.status)
            for name, value in {"content-type": page.kind, **page.headers}.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(page.body) + page.hangs))
            self.end_headers()
            try:
                self.wfile.write(page.body)
            except OSError:
                return  # it had enough
            if page.hangs:
                made.ended.wait(30)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer((HERE, 0), Handler)
    made.url = f"http://{HERE}:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield made
    made.ended.set()
    server.shutdown()
    server.server_close()
    thread.join()


async def fetched(url: str, **how: Any) -> File:
    async with Fetcher(**{"permitted": {HERE}, **how}) as fetcher:
        return await fetcher.fetch(url)


async def refusal(url: str, **how: Any) -> str:
    with pytest.raises(Unreadable) as caught:
        await fetched(url, **how)
    assert caught.value.rejected.path == url
    return caught.value.rejected.reason


async def test_a_page_comes_as_a_file_that_is_named_by_its_address(site: Site) -> None:
    site.pages["/a/words.txt?page=2"] = Page(b"I true wheels.")
    file = await fetched(f"{site.url}/a/words.txt?page=2#top")
    host = site.url.removeprefix("http://")
    assert (file.path, file.name) == (f"{site.url}/a/words.txt?page=2", f"{host}/a/words.txt?page=2")
    assert file.head() == b"I true wheels."
    assert site.asked[-1] == ("/a/words.txt?page=2", USER_AGENT)


@pytest.mark.parametrize(
    "kind",
    [
        "text/html; charset=utf-8", "application/xhtml+xml", "application/rss+xml", "application/atom+xml", "text/xml",
        "application/xml", "application/json", "application/feed+json", "text/plain", "application/pdf",
    ],
)  # fmt: skip
async def test_kinds_that_can_be_read_are_taken(site: Site, kind: str) -> None:
    site.pages["/"] = Page(kind=kind)
    assert (await fetched(f"{site.url}/")).size > 0


@pytest.mark.parametrize("kind", ["image/png", "application/zip", "application/octet-stream", "video/mp4", "text/css"])
async def test_other_kinds_are_refused(site: Site, kind: str) -> None:
    site.pages["/"] = Page(kind=kind)
    assert await refusal(f"{site.url}/") == f"{kind} is nothing to read: give the address of a page, a feed or a text"


async def test_text_in_the_servers_encoding_comes_as_utf_8_and_xml_as_it_is(site: Site) -> None:
    site.pages["/t"] = Page("café".encode("latin-1"), "text/plain; charset=ISO-8859-1")
    site.pages["/x"] = Page("<rss>café</rss>".encode("latin-1"), "application/rss+xml; charset=ISO-8859-1")
    site.pages["/n"] = Page(b"plain", "text/plain; charset=nonsense")
    assert (await fetched(f"{site.url}/t")).head() == "café".encode()
    assert (await fetched(f"{site.url}/x")).head() == "<rss>café</rss>".encode("latin-1")
    assert (await fetched(f"{site.url}/n")).head() == b"plain"


@pytest.mark.parametrize("permitted", [(), {"127.0.0.2"}])
async def test_a_server_on_this_machine_is_not_asked(site: Site, permitted: Any) -> None:
    site.pages["/"] = Page()
    reason = await refusal(f"{site.url}/", permitted=permitted)
    assert reason.startswith("127.0.0.1 is no address on the internet: only public pages are fetched")
    assert site.asked == []


@pytest.mark.parametrize("host", ["localhost", "[::1]", "[::ffff:127.0.0.1]", "169.254.169.254", "2130706433", "127.1"])
async def test_no_other_name_of_this_machine_or_its_network_leads_there_either(site: Site, host: str) -> None:
    await refusal(f"{site.url.replace(HERE, host)}/", permitted=())
    assert site.asked == []


async def test_a_proxy_of_the_environment_is_no_way_round(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", site.url)
    assert "10.0.0.1 is no address on the internet" in await refusal("http://10.0.0.1/")
    assert site.asked == []


async def test_being_sent_on_to_a_private_address_is_refused(site: Site) -> None:
    site.sends_on("/", "http://127.0.0.2:9/secret")
    assert "127.0.0.2 is no address on the internet" in await refusal(f"{site.url}/")


@pytest.mark.parametrize("to", ["file:///etc/passwd", "ftp://127.0.0.1/x", "javascript:x"])
async def test_being_sent_on_to_something_that_is_no_page_is_refused(site: Site, to: str) -> None:
    site.sends_on("/", to)
    assert "sends on to something else" in await refusal(f"{site.url}/")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_moved_page_is_found_and_named_by_where_it_is(site: Site, status: int) -> None:
    site.sends_on("/old", "/new", status)
    site.pages["/new"] = Page(b"moved")
    assert (await fetched(f"{site.url}/old")).path == f"{site.url}/new"


async def test_it_follows_five_times_and_no_further(site: Site) -> None:
    for number in range(REDIRECTS + 1):
        site.sends_on(f"/{number}", f"/{number + 1}")
    site.pages[f"/{REDIRECTS + 1}"] = Page(b"the end")
    assert (await fetched(f"{site.url}/1")).head() == b"the end"
    assert "more than 5 times" in await refusal(f"{site.url}/0")


async def test_robots_txt_is_asked_once_a_site_and_kept_to(site: Site) -> None:
    site.pages |= {
        "/robots.txt": Page(b"User-agent: *\nDisallow: /private\n"),
        "/a": Page(),
        "/b": Page(),
        "/private": Page(),
    }
    async with Fetcher({HERE}) as fetcher:
        await fetcher.fetch(f"{site.url}/a")
        await fetcher.fetch(f"{site.url}/b")
        with pytest.raises(Unreadable, match="does not let programs read it"):
            await fetcher.fetch(f"{site.url}/private")
    assert site.paths == ["/robots.txt", "/a", "/b"]


async def test_rules_for_us_by_name_count_and_a_page_behind_a_redirect_has_rules_too(site: Site) -> None:
    site.pages["/robots.txt"] = Page(b"User-agent: *\nAllow: /\n\nUser-agent: Engage\nDisallow: /not-you\n")
    site.pages["/not-you"] = Page()
    site.sends_on("/open", "/not-you")
    assert "robots.txt" in await refusal(f"{site.url}/open")
    assert "/not-you" not in site.paths


@pytest.mark.parametrize(("status", "allowed"), [(404, True), (403, True), (429, True), (500, False), (503, False)])
async def test_no_rules_allow_and_unknown_rules_forbid(site: Site, status: int, allowed: bool) -> None:
    site.pages |= {"/robots.txt": Page(b"x", status=status), "/": Page()}
    if allowed:
        assert await fetched(f"{site.url}/")
    else:
        assert f"robots.txt answers {status}" in await refusal(f"{site.url}/")
        assert site.paths == ["/robots.txt"]


async def test_rules_elsewhere_are_followed_but_not_to_private_addresses(site: Site) -> None:
    site.sends_on("/robots.txt", "/rules")
    site.pages |= {"/rules": Page(b"User-agent: *\nDisallow: /"), "/": Page()}
    assert "does not let programs" in await refusal(f"{site.url}/")
    site.sends_on("/robots.txt", "http://127.0.0.2:9/")
    assert "127.0.0.2 is no address" in await refusal(f"{site.url}/")


@pytest.mark.parametrize("packed", [False, True])
async def test_a_page_of_ten_megabytes_is_taken_and_a_byte_more_is_not(site: Site, packed: bool) -> None:
    for path, size in (("/fits", LARGEST), ("/large", LARGEST + 1)):
        body = b"a" * size
        headers = {"content-encoding": "gzip"} if packed else {}
        site.pages[path] = Page(gzip.compress(body) if packed else body, headers=headers)
    assert (await fetched(f"{site.url}/fits")).size == LARGEST
    assert "larger than 10 MB" in await refusal(f"{site.url}/large")


async def test_a_page_that_never_ends_is_given_up(site: Site) -> None:
    site.pages["/"] = Page(hangs=True)
    reason = await refusal(f"{site.url}/", patience=timedelta(seconds=0.3))
    assert reason == "no whole answer within 0.3 seconds: try again later"


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("ftp://files.example/a", "begins with https://"),
        ("https://", "begins with https://"),
        ("https://ann:pass@site.example/", "only public pages are read"),
        ("https://[::1", "copy it from the browser"),
        ("http://site.example:99999/", "copy it from the browser"),
    ],
)
async def test_what_is_no_address_of_a_page_is_refused_with_what_to_do(url: str, reason: str) -> None:
    assert reason in await refusal(url)


async def test_a_missing_page_an_empty_one_and_a_dead_server_are_told_apart(site: Site) -> None:
    site.pages["/empty"] = Page(b" \n")
    assert "answers 404" in await refusal(f"{site.url}/gone")
    assert "empty" in await refusal(f"{site.url}/empty")
    assert "cannot be reached" in await refusal("http://127.0.0.1:1/")


def test_addresses_and_paths_are_read_in_one_go_and_a_bad_address_costs_only_itself(site: Site, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Out of a file.")
    site.pages["/b.txt"] = Page(b"Out of the web.")
    sources = [f"{site.url}/gone", str(tmp_path / "a.txt"), f"{site.url}/b.txt"]
    first, rejected, last = read_sources(sources, Me(), {HERE})
    assert isinstance(first, Said)
    assert isinstance(last, Said)
    assert [first.text, last.text] == ["Out of a file.", "Out of the web."]
    assert isinstance(rejected, Rejected)
    assert rejected.path == sources[0]


def test_addresses_are_told_from_paths() -> None:
    assert [is_address(one) for one in ("https://a.example", "HTTP://a", "http.txt", "./https:/a", "ftp://a")] == [
        True, True, False, False, False,
    ]  # fmt: skip
