"""Trending searches: what is read of the feed, what is refused, and that an unchanged one is not read twice."""

from __future__ import annotations

from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.http import RetryPolicy
from connectors.landing import Rejected
from connectors.trends.google import GoogleTrends, searches
from connectors.trends.source import Observed, TrendObservation
from core.errors import Damaged, RateLimited
from tests.unit.connectors.scripted import Answer, ScriptedServer

DAY = date(2026, 6, 8)
EMPTY = b'<rss version="2.0"><channel/></rss>'


def feed(*items: str, namespace: str = "https://trends.google.com/trending/rss") -> bytes:
    return f'<rss version="2.0" xmlns:ht="{namespace}"><channel>{"".join(items)}</channel></rss>'.encode()


def item(title: str = "sky forge", at: str = "Mon, 8 Jun 2026 04:20:00 -0700", traffic: str = "2000+") -> str:
    news = "<ht:news_item><ht:news_item_title>N</ht:news_item_title><ht:news_item_source>S</ht:news_item_source></ht:news_item>"
    return f"<item><title>{title}</title><pubDate>{at}</pubDate><ht:approx_traffic>{traffic}</ht:approx_traffic>{news}</item>"


def read(server: ScriptedServer, *answers: Answer, documents: Path | None = None) -> list[Observed]:
    server.answers(*answers)
    quiet = RetryPolicy(attempts=2, sleep=lambda seconds: None)
    with closing(GoogleTrends(server.url, geos=("US",), documents=documents, retry=quiet)) as google:
        return list(google.observe(DAY))


def test_both_lengths_of_a_country_are_read(server: ScriptedServer) -> None:
    daily, hourly = read(server, Answer(200, feed(item())), Answer(200, feed(item(traffic="200K+"))))
    assert [asked.path for asked in server.asked] == ["/trending/rss?geo=US&hours=24", "/trending/rss?geo=US&hours=4"]
    assert isinstance(daily, TrendObservation)
    assert isinstance(hourly, TrendObservation)
    assert (daily.key, daily.score, hourly.key, hourly.score) == ("US:daily:sky forge", 2000, "US:hourly:sky forge", 200_000)
    assert daily.payload["started_at"] == "2026-06-08T11:20:00+00:00"
    assert daily.payload["news"] == [{"title": "N", "url": "", "source": "S"}]


def test_the_namespace_may_change(server: ScriptedServer) -> None:
    old = feed(item(), namespace="https://trends.google.com/trends/trendingsearches/daily")
    (seen,) = read(server, Answer(200, old), Answer(200, EMPTY))
    assert isinstance(seen, TrendObservation)
    assert seen.payload["approx_traffic"] == "2000+"


@pytest.mark.parametrize(
    "wrong", [item(title=""), item(at="soon"), item(at=""), item(at="Mon, 8 Jun 2099 04:20:00 GMT"), item(at="1 Jan 99999 0:0:0")]
)
def test_a_wrong_entry_is_told_and_the_rest_is_read(server: ScriptedServer, wrong: str) -> None:
    rejected, seen = read(server, Answer(200, feed(wrong, item())), Answer(200, EMPTY))
    assert isinstance(rejected, Rejected)
    assert rejected.place == "entry 1 of Google Trends US daily"
    assert isinstance(seen, TrendObservation)


def entity(declared: bytes) -> bytes:
    return b"<!DOCTYPE r [" + declared + b"]><rss><channel><item><title>&x;</title></item></channel></rss>"


BOMB = entity(b'<!ENTITY a "aaaaaaaaaa"><!ENTITY x "&a;&a;&a;&a;">')
OUTSIDE = entity(b'<!ENTITY x SYSTEM "file:///etc/passwd">')


@pytest.mark.parametrize(
    "content",
    [BOMB, OUTSIDE, b"", b"<rss>", b"\xff\xfe\x00", b"<html>&nbsp;</html>", b'<?xml version="1.0" encoding="x-9"?><r/>'],
)
def test_xml_that_cannot_be_trusted_is_damaged(server: ScriptedServer, content: bytes) -> None:
    with pytest.raises(Damaged, match="Google Trends sent"):
        read(server, Answer(200, content))


def test_an_oversized_list_is_damaged(server: ScriptedServer) -> None:
    with pytest.raises(Damaged, match="more than 4 MiB"):
        read(server, Answer(200, feed("<item>" + "x" * (5 << 20) + "</item>")))


def test_an_unchanged_list_comes_from_the_disk(server: ScriptedServer, tmp_path: Path) -> None:
    dated = Answer(200, feed(item()), {"ETag": '"1"'})
    first = read(server, dated, Answer(200, EMPTY), documents=tmp_path)
    second = read(server, Answer(304), Answer(200, EMPTY), documents=tmp_path)
    assert first == second
    assert [asked.headers.get("if-none-match") for asked in server.asked] == [None, None, '"1"', None]


def test_a_damaged_file_on_the_disk_is_no_version(server: ScriptedServer, tmp_path: Path) -> None:
    read(server, Answer(200, feed(item()), {"ETag": '"1"'}), Answer(200, EMPTY), documents=tmp_path)
    for file in tmp_path.iterdir():
        file.write_bytes(b"nothing")
    assert len(read(server, Answer(200, feed(item())), Answer(200, EMPTY), documents=tmp_path)) == 1
    assert server.asked[2].headers.get("if-none-match") is None


def test_a_pause_that_is_too_long_to_wait_for_is_told(server: ScriptedServer) -> None:
    with pytest.raises(RateLimited) as raised:
        read(server, Answer(429, b"", {"Retry-After": "3600"}))
    assert raised.value.retry_after_seconds == 3600
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("2,000+", 2000),
        ("2.000+", 2000),
        ("200K+", 200_000),
        ("1.5M+", 1_500_000),
        ("500+", 500),
        ("200 mil+", 200_000),
        ("2 Mio.", 2_000_000),
        ("20万+", 200_000),
        ("3 lakh+", 300_000),
        ("", None),
        ("many", None),
        (".", None),
    ],
)
def test_traffic_in_every_spelling(text: str, number: int | None) -> None:
    assert searches(text) == number


@given(st.text())
def test_any_traffic_is_a_number_or_none(text: str) -> None:
    found = searches(text)
    assert found is None or found >= 0


def test_a_search_without_a_number_has_no_score(server: ScriptedServer) -> None:
    (seen,) = read(server, Answer(200, feed(item(traffic=""))), Answer(200, EMPTY))
    assert isinstance(seen, TrendObservation)
    assert (seen.score, seen.payload["searches"]) == (None, None)
