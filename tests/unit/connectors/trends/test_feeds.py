"""Feeds of the user's choice: what is read, what is refused, and that one broken feed leaves the others alone."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from connectors.http import RetryPolicy
from connectors.landing import Rejected
from connectors.members import LeftOut
from connectors.trends.feeds import Feeds
from connectors.trends.source import Observed, TrendObservation
from core.errors import Damaged, InvalidInput, YtempireError
from tests.unit.connectors.scripted import Answer, ScriptedServer

DAY = date(2026, 6, 8)
ENTRY = "<item><title>Sky Forge</title><guid>1</guid><pubDate>Mon, 08 Jun 2026 10:00:00 GMT</pubDate><author>Jo</author></item>"
ATOM = b"""<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom"><title>A</title><entry>
<id>tag:a</id><title>Caf\xc3\xa9</title><published>2026-06-08T10:00:00+02:00</published><summary>words</summary></entry></feed>"""


def rss(*items: str) -> bytes:
    return f'<rss version="2.0"><channel><title>T</title>{"".join(items)}</channel></rss>'.encode()


def read(server: ScriptedServer, *answers: Answer, documents: Path | None = None, count: int | None = None) -> list[Observed]:
    """As many feeds as answers, or so many, all at the server."""
    server.answers(*answers)
    feeds = {f"feed{place}": f"/feeds/{place}.xml" for place in range(count or len(answers))}
    return list(
        Feeds(feeds, base_url=server.url, documents=documents, retry=RetryPolicy(sleep=lambda seconds: None)).observe(DAY)
    )


def test_rss_and_atom(server: ScriptedServer) -> None:
    first, second = read(server, Answer(200, rss(ENTRY)), Answer(200, ATOM))
    assert isinstance(first, TrendObservation)
    assert isinstance(second, TrendObservation)
    assert (first.title, second.title) == ("Sky Forge", "Café")
    assert first.payload["published_at"] == "2026-06-08T10:00:00+00:00"
    assert second.payload["published_at"] == "2026-06-08T08:00:00+00:00"
    assert first.key.startswith("feed0:")
    assert "Jo" not in str(first.payload)


def test_an_entry_keeps_its_key_when_its_title_is_mended(server: ScriptedServer) -> None:
    first, second = (read(server, Answer(200, rss(ENTRY.replace("Forge", word))))[0] for word in ("Forge", "Forges"))
    assert isinstance(first, TrendObservation)
    assert isinstance(second, TrendObservation)
    assert first.key == second.key


@pytest.mark.parametrize(
    "content",
    [
        b'<!DOCTYPE r [<!ENTITY a "x">]><rss version="2.0"><channel><item><title>&a;</title></item></channel></rss>',
        b"<rss><channel>",
        b"just text",
        b"<html><body/></html>",
        rss("<!--" + "x" * (5 << 20) + "-->"),
    ],
    ids=["entities", "cut", "text", "no feed", "oversized"],
)
def test_a_feed_that_cannot_be_read_is_left_out_by_name_and_the_others_are_read(server: ScriptedServer, content: bytes) -> None:
    left, seen = read(server, Answer(200, content), Answer(200, rss(ENTRY)))
    assert isinstance(left, LeftOut)
    assert (left.kind, left.member) == ("feed", "feed0")
    assert isinstance(seen, TrendObservation)


def test_a_host_that_is_away_is_its_own_feeds_failure(server: ScriptedServer) -> None:
    left, seen = read(server, *[Answer(503)] * 4, Answer(200, rss(ENTRY)), count=2)
    assert isinstance(left, LeftOut)
    assert left.member == "feed0"
    assert isinstance(seen, TrendObservation)


def test_when_no_feed_can_be_read_the_error_is_raised(server: ScriptedServer) -> None:
    with pytest.raises(Damaged, match="'feed0' sent"):
        read(server, Answer(200, b"<rss>"))


@pytest.mark.parametrize(
    "wrong",
    ["<item><guid>1</guid></item>", ENTRY.replace("2026", "2099")],
)
def test_a_wrong_entry_is_told_and_the_rest_is_read(server: ScriptedServer, wrong: str) -> None:
    rejected, seen = read(server, Answer(200, rss(wrong, ENTRY)))
    assert isinstance(rejected, Rejected)
    assert rejected.place == "entry 1 of feed feed0"
    assert isinstance(seen, TrendObservation)


def test_an_entry_without_a_date_is_read(server: ScriptedServer) -> None:
    (seen,) = read(server, Answer(200, rss("<item><title>T</title><pubDate>yesterday</pubDate></item>")))
    assert isinstance(seen, TrendObservation)
    assert seen.payload["published_at"] is None


def test_a_feed_is_asked_for_again_only_when_it_changed(server: ScriptedServer, tmp_path: Path) -> None:
    first = read(server, Answer(200, rss(ENTRY), {"Last-Modified": "Mon, 08 Jun 2026 10:00:00 GMT"}), documents=tmp_path)
    assert read(server, Answer(304), documents=tmp_path) == first
    assert server.asked[1].headers["if-modified-since"] == "Mon, 08 Jun 2026 10:00:00 GMT"


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:1/x", "http://[::1]/x", "http://169.254.169.254/latest", "file:///etc/passwd", "/etc"]
)
def test_private_addresses_are_refused_before_anything_is_sent(server: ScriptedServer, address: str) -> None:
    with pytest.raises((InvalidInput, YtempireError)) as raised:
        list(Feeds({"mine": address}).observe(DAY))
    assert isinstance(raised.value, InvalidInput)
    assert server.asked == []
