"""Topics in the database: evidence kept, days made anew without a trace, figures as of the newest observation."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text

from connectors.landing import RawRow, land
from core.clock import noon
from features.trends import hottest, write_topics
from tests.encoders import WordEncoder

pytestmark = pytest.mark.postgres

DAY = date(2026, 6, 8)
NEXT = DAY + timedelta(days=1)


def land_searches(database: Engine, day: date, *titles: str) -> None:
    rows = [
        RawRow(f"US:daily:{title}", {"title": title, "geo": "US", "cadence": "daily", "rank": rank, "news": []}, "google.trends")
        for rank, title in enumerate(titles, start=1)
    ]
    land(database, "raw_google.trends", day, rows, noon(day))


def land_posts(database: Engine, day: date, *titles: str, over_18: bool = False) -> None:
    rows = [
        RawRow(f"gaming:{rank}", {"title": title, "rank": rank, "over_18": over_18}, "reddit.hot")
        for rank, title in enumerate(titles, start=1)
    ]
    land(database, "raw_reddit.posts", day, rows, noon(day))


def rows_of(database: Engine, query: str) -> list[tuple[Any, ...]]:
    with database.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


EVERYTHING = (
    "select trend_id, title, score, velocity, sources_count, first_seen_at, last_seen_at, expires_at from ops.trends order by 1"
)
EVIDENCE = "select trend_id, source, row_key, observed_at, title, score from ops.trend_evidence order by 1, 2, 3, 4"


def test_a_day_of_topics_and_its_evidence(database: Engine) -> None:
    land_searches(database, DAY, "sky forge", "mortgage rates")
    land_posts(database, DAY, "Sky Forge is out", "Look at my garden")
    made = write_topics(database, WordEncoder(), DAY)
    assert [topic.trend_id for topic in made.topics] == ["mortgage rates", "sky forge"]
    assert (made.mentions_count, rows_of(database, "select count(*) from ops.trend_evidence")) == (4, [(3,)])
    first, second = hottest(database)
    assert (first.title, first.sources_count, first.score, first.velocity) == ("Sky Forge", 2, 80, 80)
    assert (second.title, second.score) == ("Mortgage Rates", 30)
    (expires,) = rows_of(database, "select expires_at from ops.trends where trend_id = 'sky forge'")[0]
    assert expires == noon(DAY) + timedelta(hours=24)


def test_a_day_made_again_changes_nothing(database: Engine) -> None:
    land_searches(database, DAY, "sky forge", "salt colony")
    first = write_topics(database, WordEncoder(), DAY)
    before = rows_of(database, EVERYTHING), rows_of(database, EVIDENCE)
    land_searches(database, NEXT, "sky forge game", "paper sol")
    write_topics(database, WordEncoder(), NEXT)
    after = rows_of(database, EVERYTHING), rows_of(database, EVIDENCE)
    assert write_topics(database, WordEncoder(), DAY).digest == first.digest
    write_topics(database, WordEncoder(), NEXT)
    assert (rows_of(database, EVERYTHING), rows_of(database, EVIDENCE)) == after != before


def test_a_topic_goes_on_the_next_day_and_cools_when_nobody_tells_of_it(database: Engine) -> None:
    land_searches(database, DAY, "sky forge", "salt colony")
    write_topics(database, WordEncoder(), DAY)
    land_searches(database, NEXT, "sky forge game")
    write_topics(database, WordEncoder(), NEXT)
    found = {topic.trend_id: topic for topic in hottest(database)}
    assert set(found) == {"sky forge", "salt colony"}
    assert found["sky forge"].velocity == 0
    assert found["salt colony"].velocity < 0
    seen = rows_of(database, "select first_seen_at, last_seen_at from ops.trends where trend_id = 'sky forge'")
    assert seen == [(noon(DAY), noon(NEXT))]


def test_evidence_of_rows_that_are_gone_stays(database: Engine) -> None:
    land_searches(database, DAY, "sky forge", "salt colony")
    write_topics(database, WordEncoder(), DAY)
    land_searches(database, DAY, "sky forge")
    write_topics(database, WordEncoder(), DAY)
    assert [row[0] for row in rows_of(database, EVIDENCE)] == ["salt colony", "sky forge"]


def test_evidence_moves_when_a_mention_means_another_thing(database: Engine) -> None:
    land_searches(database, DAY, "sky forge")
    write_topics(database, WordEncoder(), DAY)
    rows = [RawRow("US:daily:sky forge", {"title": "salt colony", "geo": "US", "cadence": "daily", "rank": 1}, "google.trends")]
    land(database, "raw_google.trends", DAY, rows, noon(DAY))
    write_topics(database, WordEncoder(), DAY)
    assert [row[0] for row in rows_of(database, EVIDENCE)] == ["salt colony"]
    assert [row[0] for row in rows_of(database, EVERYTHING)] == ["salt colony"]


def test_lists_that_were_read_later_speak_of_their_own_day(database: Engine) -> None:
    rows = [RawRow("en.wikipedia:Sky_Forge", {"project": "en.wikipedia", "article": "Sky_Forge", "rank": 1}, "wikipedia.top")]
    land(database, "raw_wikipedia.pageviews", DAY, rows, datetime(2026, 7, 1, tzinfo=UTC))
    write_topics(database, WordEncoder(), DAY)
    assert rows_of(database, "select trend_id, observed_at from ops.trend_evidence") == [("sky forge", noon(DAY))]


def test_imported_lists_are_a_source(database: Engine) -> None:
    land_searches(database, DAY, "sky forge")
    with database.begin() as connection:
        connection.execute(
            text("""
            insert into ops.imported_files (sha256, name, kind, format, rows_read, rows_landed, rows_rejected, imported_at)
            values ('x', 'x', 'trend-archive', 'twitter_volumes', 2, 2, 0, now())
            """)
        )
        connection.execute(
            text("""
            insert into raw_archive.trend_entries (file_id, line_number, row_key, payload)
            select file_id, line.number, 'twitter:' || line.number, line.payload::jsonb
            from ops.imported_files, (values
                (1, '{"service": "twitter", "list": "trends", "region": "US", "topic": "#SkyForge", "position": 1,
                      "read_at": "2026-06-08T08:00:00+00:00"}'),
                (2, '{"service": "twitter", "list": "most_tweeted", "topic": "Salt Colony", "rank": 1, "on_date": "2026-06-07"}')
            ) as line (number, payload)
            """)
        )
    write_topics(database, WordEncoder(), DAY)
    assert [row[:2] for row in rows_of(database, EVIDENCE)] == [("sky forge", "google_trends"), ("sky forge", "trend_archives")]
    write_topics(database, WordEncoder(), DAY - timedelta(days=1))
    assert rows_of(database, "select observed_at from ops.trend_evidence where trend_id = 'salt colony'") == [
        (noon(DAY - timedelta(days=1)),)
    ]


def test_what_is_not_for_everyone_is_no_evidence(database: Engine) -> None:
    land_searches(database, DAY, "sky forge")
    land_posts(database, DAY, "Sky Forge", over_18=True)
    write_topics(database, WordEncoder(), DAY)
    assert hottest(database)[0].sources_count == 1


def test_niches_come_from_the_channels_and_their_videos(database: Engine) -> None:
    with database.begin() as connection:
        connection.execute(
            text("""
            insert into ops.channels (channel_id, handle, title, niche, category_id, timezone, description)
            values ('UC1', 'one', 'One', 'gaming', 20, 'UTC', ''), ('UC2', 'two', 'Two', 'music', 10, 'UTC', 'songs')
            """)
        )
    video = {"snippet": {"channelId": "UC1", "title": "beating every boss", "publishedAt": "2026-06-01T00:00:00Z"}}
    land(database, "raw_youtube.videos", DAY, [RawRow("v1", video, "youtube.videos")], noon(DAY))
    land_searches(database, DAY, "sky forge", "mortgage rates")
    land_posts(database, DAY, "beating every boss of Sky Forge")
    write_topics(database, WordEncoder(), DAY)
    assert rows_of(database, "select trend_id, niche from ops.trends order by 1") == [
        ("mortgage rates", None),
        ("sky forge", "gaming"),
    ]


def test_a_day_without_lists_is_empty(database: Engine) -> None:
    made = write_topics(database, WordEncoder(), DAY)
    assert (made.mentions_count, made.topics, hottest(database)) == (0, (), [])
