"""Hacker News and Wikimedia, read as their real clients read them."""

from __future__ import annotations

from datetime import timedelta

import httpx

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
