"""Vectors of contents: made once per text, asked for what is near, and for what a channel leaves out."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text

from connectors.landing import RawRow, land
from core.clock import noon
from core.errors import NotReady, UnknownName
from features.similarity import active_channels, content_gaps, embed_contents, find_similar, newest_day
from tests.encoders import WordEncoder

pytestmark = pytest.mark.postgres

DAY = date(2026, 6, 8)


def video(video_id: str, title: str, *, channel: str = "UCother", views: int = 10, category: str = "20") -> dict[str, Any]:
    snippet = {"title": title, "description": "", "channelId": channel, "channelTitle": channel.lower(), "categoryId": category}
    return {"id": video_id, "snippet": snippet, "statistics": {"viewCount": str(views)}}


def land_videos(database: Engine, table: str, *videos: dict[str, Any], day: date = DAY) -> None:
    land(database, table, day, [RawRow(one["id"], one, "youtube.videos") for one in videos], noon(day))


def land_chart(database: Engine, *videos: dict[str, Any], day: date = DAY) -> None:
    rows = [
        RawRow(f"US:0:{rank:03}", {"region": "US", "chart_category": 0, "rank": rank, "item": one}, "youtube.charts")
        for rank, one in enumerate(videos, start=1)
    ]
    land(database, "raw_youtube.charts", day, rows, noon(day))


@pytest.fixture
def channel(database: Engine) -> str:
    with database.begin() as connection:
        connection.execute(
            text("""
            insert into ops.channels (channel_id, handle, title, niche, category_id, timezone)
            values ('UCown', 'own', 'Own', 'gaming', 20, 'UTC')
            """)
        )
    return "UCown"


def embed(database: Engine, encoder: WordEncoder, day: date = DAY) -> tuple[int, int]:
    made = embed_contents(database, encoder, day, noon(day))
    return made.contents_count, made.encoded_count


def test_a_content_is_encoded_once_and_again_when_its_text_changes(database: Engine) -> None:
    encoder = WordEncoder()
    land_videos(database, "raw_youtube.videos", video("a", "Sky Forge bosses"), video("b", "Salt Colony maps"))
    land_chart(database, video("a", "Sky Forge bosses"), video("c", "Moss Keepers"))
    assert embed(database, encoder) == (3, 3)
    assert embed(database, encoder) == (3, 0)
    later = DAY + timedelta(days=1)
    land_videos(database, "raw_youtube.videos", video("a", "Sky Forge bosses"), video("b", "Salt Colony charts"), day=later)
    assert embed(database, encoder, later) == (2, 1)
    assert encoder.asked[-1] == "Salt Colony charts"


def test_encoders_do_not_mix(database: Engine) -> None:
    land_videos(database, "raw_youtube.videos", video("a", "Sky Forge"))
    embed(database, WordEncoder())
    other = WordEncoder()
    other.name = "other"
    with pytest.raises(NotReady, match="other"):
        find_similar(database, other, "Sky Forge")
    assert embed(database, other) == (1, 1)
    assert len(find_similar(database, other, "Sky Forge")) == 1


def test_the_script_counts_where_it_is_known(database: Engine, channel: str) -> None:
    with database.begin() as connection:
        connection.execute(
            text("""
            insert into ops.lanes (lane_id, channel_id, slot, publish_local_time) values
            ('own.a', 'UCown', 'a', '18:00'), ('own.b', 'UCown', 'b', '19:00');
            insert into ops.content_calendar (slot_id, channel_id, lane_id, scheduled_on, scheduled_at) values
            ('s1', 'UCown', 'own.a', '2026-06-08', '2026-06-08 18:00Z'),
            ('s2', 'UCown', 'own.b', '2026-06-08', '2026-06-08 19:00Z')
            """)
        )
        connection.execute(
            text("""
            insert into ops.videos (slot_id, channel_id, youtube_video_id, title, script)
            values ('s1', 'UCown', 'a', 'Sky Forge', :script), ('s2', 'UCown', null, 'Salt Colony', 'plans')
            """),
            {"script": "word " * 300},
        )
    land_videos(database, "raw_youtube.videos", video("a", "Sky Forge", channel=channel))
    encoder = WordEncoder()
    assert embed(database, encoder) == (2, 2)
    assert encoder.asked == ["Salt Colony\nplans", "Sky Forge\n" + ("word " * 200).strip()]
    (found,) = find_similar(database, encoder, "a")
    assert (found.content_kind, found.content_id, found.title, found.channel_title) == ("draft", "s2", "Salt Colony", "Own")


def test_the_nearest_come_first_with_title_and_channel(database: Engine) -> None:
    encoder = WordEncoder()
    land_chart(database, video("a", "sky forge boss"), video("b", "sky forge map"), video("c", "quiet song"))
    embed(database, encoder)
    first, second = find_similar(database, encoder, "sky forge boss", limit=2)
    assert (first.content_id, first.similarity, first.channel_title) == ("a", 1.0, "ucother")
    assert second.content_id == "b"
    assert 0.4 < second.similarity < 0.9
    assert next(one.content_id for one in find_similar(database, encoder, "a")) == "b"


def test_nothing_embedded_is_told(database: Engine) -> None:
    with pytest.raises(NotReady, match="words"):
        find_similar(database, WordEncoder(), "anything")


def test_gaps_are_what_others_make_and_the_channel_does_not(database: Engine, channel: str) -> None:
    encoder = WordEncoder()
    land_videos(database, "raw_youtube.videos", video("own", "sky forge boss guide", channel=channel))
    land_videos(
        database,
        "raw_youtube.competitor_videos",
        video("f1", "sky forge boss guide", views=900),
        video("f2", "sky forge boss guide", views=800),
        video("m1", "moss keepers village tour", views=50),
        video("m2", "moss keepers village tour", views=70),
    )
    land_chart(database, video("song", "quiet song", category="10"), video("mine", "moss keepers", channel=channel))
    embed(database, encoder)
    (gap,) = content_gaps(database, channel, encoder=encoder.name, day=DAY, clusters=2)
    assert (gap.videos_count, gap.views, gap.nearest_title) == (2, 120, "sky forge boss guide")
    assert [(example.video_id, example.views) for example in gap.examples] == [("m2", 70), ("m1", 50)]
    assert gap.similarity < 0.3
    assert content_gaps(database, channel, encoder=encoder.name, day=DAY, clusters=2) == (gap,)
    assert content_gaps(database, channel, encoder=encoder.name, day=DAY, clusters=2, threshold=-1) == ()


def test_views_that_are_hidden_are_unknown(database: Engine, channel: str) -> None:
    encoder = WordEncoder()
    hidden = [video(f"h{number}", "moss keepers village tour") | {"statistics": {}} for number in range(2)]
    land_videos(database, "raw_youtube.videos", video("own", "sky forge boss guide", channel=channel))
    land_videos(database, "raw_youtube.competitor_videos", video("m", "quiet song lyrics", views=0), *hidden)
    embed(database, encoder)
    known, unknown = content_gaps(database, channel, encoder=encoder.name, day=DAY, clusters=2)
    assert (known.views, [example.views for example in known.examples]) == (0, [0])
    assert (unknown.videos_count, unknown.views, [example.views for example in unknown.examples]) == (2, None, [None, None])


def test_a_channel_without_videos_leaves_everything_out(database: Engine, channel: str) -> None:
    encoder = WordEncoder()
    land_chart(database, video("a", "sky forge"), video("b", "sky forge"))
    embed(database, encoder)
    (gap,) = content_gaps(database, channel, encoder=encoder.name, day=DAY)
    assert (gap.videos_count, gap.nearest_title, gap.similarity) == (2, "", 0)


def test_gaps_need_a_channel_and_videos_of_others(database: Engine, channel: str) -> None:
    with pytest.raises(UnknownName, match="nobody"):
        content_gaps(database, "nobody", encoder="words", day=DAY)
    with pytest.raises(NotReady, match="No videos of others"):
        content_gaps(database, channel, encoder="words", day=DAY)


def test_where_to_look(database: Engine, channel: str) -> None:
    assert newest_day(database) is None
    land_chart(database, video("a", "sky forge"))
    assert newest_day(database) == DAY
    assert active_channels(database) == {channel: "own"}
