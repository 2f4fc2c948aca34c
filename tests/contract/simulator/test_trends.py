"""Hacker News, Wikimedia, Google Trends, Reddit and feeds, read as their real clients read them."""

from __future__ import annotations

from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from xml.etree import ElementTree

import httpx
import pytest

from connectors.simulator.process import SimulatorControl
from tests.contract.simulator.conftest import NOON

PAGEVIEWS = "/api/rest_v1/metrics/pageviews"


def test_the_front_page_is_ranked_and_its_stories_known(shared: SimulatorControl) -> None:
    with httpx.Client(base_url=shared.base_url) as client:
        ids = client.get("/v0/topstories.json").json()
        assert 20 <= len(set(ids)) == len(ids)
        story = client.get(f"/v0/item/{ids[0]}.json").json()
        assert set(story) == {"by", "descendants", "id", "score", "time", "title", "type", "url"}
        assert story["id"] == ids[0]
        assert story["time"] <= NOON.timestamp()
        assert client.get("/v0/item/1.json").json() is None


def test_story_scores_grow(fresh: SimulatorControl) -> None:
    with httpx.Client(base_url=fresh.base_url) as client:
        ids = client.get("/v0/topstories.json").json()
        before = [client.get(f"/v0/item/{story}.json").json()["score"] for story in ids]
        fresh.set_clock(NOON + timedelta(hours=3))
        after = [client.get(f"/v0/item/{story}.json").json()["score"] for story in ids]
    assert all(a <= b for a, b in zip(before, after, strict=True))
    assert before != after


def test_the_top_articles_of_yesterday(shared: SimulatorControl) -> None:
    with httpx.Client(base_url=shared.base_url) as client:
        [item] = client.get(f"{PAGEVIEWS}/top/en.wikipedia/all-access/2026/06/07").json()["items"]
        assert (item["project"], item["year"], item["month"], item["day"]) == ("en.wikipedia", "2026", "06", "07")
        articles = item["articles"]
        assert [article["rank"] for article in articles] == list(range(1, len(articles) + 1))
        assert [article["views"] for article in articles] == sorted((article["views"] for article in articles), reverse=True)
        name, views = articles[3]["article"], articles[3]["views"]
        days = client.get(f"{PAGEVIEWS}/per-article/en.wikipedia/all-access/all-agents/{name}/daily/20260601/20260630").json()[
            "items"
        ]
        assert len(days) == 7
        assert (days[-1]["timestamp"], days[-1]["views"]) == ("2026060700", views)


def test_a_day_that_is_not_over_is_not_found(shared: SimulatorControl) -> None:
    with httpx.Client(base_url=shared.base_url) as client:
        today = client.get(f"{PAGEVIEWS}/top/en.wikipedia/all-access/2026/06/08")
        assert (today.status_code, today.json()["title"]) == (404, "Not found.")
        assert client.get(f"{PAGEVIEWS}/top/en.wikipedia/all-access/2026/13/08").status_code == 400


def test_trending_searches_in_googles_namespace(shared: SimulatorControl) -> None:
    with httpx.Client(base_url=shared.base_url) as client:
        answer = client.get("/trending/rss", params={"geo": "US"})
        root = ElementTree.fromstring(answer.content)
        hourly = ElementTree.fromstring(client.get("/trending/rss", params={"geo": "US", "hours": "4"}).content)
        assert client.get("/trending/rss").status_code == 400
        assert client.get("/trending/rss", params={"geo": "ZZ"}).text.count("<item>") == 0
    ht = "{https://trends.google.com/trending/rss}"
    items = root.findall("channel/item")
    assert len(items) == 20
    assert len(hourly.findall("channel/item")) == 10
    traffic = [int(item.findtext(f"{ht}approx_traffic", "").removesuffix("+")) for item in items]
    assert traffic == sorted(traffic, reverse=True)
    assert all(parsedate_to_datetime(item.findtext("pubDate", "")) <= NOON for item in items)
    assert items[0].findtext(f"{ht}news_item/{ht}news_item_title")


def test_a_search_list_of_another_moment_differs(fresh: SimulatorControl) -> None:
    with httpx.Client(base_url=fresh.base_url) as client:
        before = client.get("/trending/rss", params={"geo": "US"})
        again = client.get("/trending/rss", params={"geo": "US"}, headers={"If-None-Match": before.headers["etag"]})
        fresh.set_clock(NOON + timedelta(days=1))
        after = client.get("/trending/rss", params={"geo": "US"}, headers={"If-None-Match": before.headers["etag"]})
    assert (again.status_code, after.status_code) == (304, 200)


def test_a_reddit_listing_holds_what_the_real_one_does(shared: SimulatorControl) -> None:
    with httpx.Client(base_url=shared.base_url) as client:
        listing = client.get("/r/gaming/hot.json", params={"limit": "10"}).json()
        assert client.get("/r/nobody/hot.json").json() == {"message": "Not Found", "error": 404}
        assert client.get("/r/gaming/hot.json", headers={"Authorization": "Bearer forged"}).status_code == 401
    assert listing["kind"] == "Listing"
    posts = [child["data"] for child in listing["data"]["children"]]
    assert [post["stickied"] for post in posts] == [True, *[False] * 10]
    assert listing["data"]["after"] == f"t3_{posts[-1]['id']}"
    assert len({post["id"] for post in posts}) == 11
    assert all(post["author"] and post["created_utc"] <= NOON.timestamp() for post in posts)


@pytest.mark.parametrize(
    ("name", "entries", "date"),
    [
        ("newswire", "channel/item", "pubDate"),
        ("magazine", "{http://www.w3.org/2005/Atom}entry", "{http://www.w3.org/2005/Atom}published"),
    ],
)
def test_feeds_are_newest_first_and_dated(shared: SimulatorControl, name: str, entries: str, date: str) -> None:
    with httpx.Client(base_url=shared.base_url) as client:
        answer = client.get(f"/feeds/{name}.xml")
        again = client.get(f"/feeds/{name}.xml", headers={"If-None-Match": answer.headers["etag"]})
        assert client.get("/feeds/other.xml").status_code == 404
    assert again.status_code == 304
    found = ElementTree.fromstring(answer.content).findall(entries)
    written = [_moment(entry.findtext(date, "")) for entry in found]
    assert len(found) >= 20
    assert written == sorted(written, reverse=True)
    assert written[0] <= NOON


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text) if text[:4].isdecimal() else parsedate_to_datetime(text)
