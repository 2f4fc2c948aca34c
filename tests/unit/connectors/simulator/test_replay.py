"""The recorded market: what the record says, and nothing that was recorded later."""

from __future__ import annotations

import gzip
import shutil
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from connectors.simulator.calendar import hours
from connectors.simulator.competitors import competitors
from connectors.simulator.markets.replay import ReplayMarket
from core.errors import Damaged, InvalidInput
from tests.unit.connectors.simulator.conftest import NOON

COUNTRIES = ("US", "GB", "CA", "AU", "IN")
BEGIN, END = hours(datetime(2025, 12, 10, 12, tzinfo=UTC)), hours(datetime(2026, 7, 7, 12, tzinfo=UTC))
FILES = (
    *(f"trending_2026/trending_{country}.csv.gz" for country in COUNTRIES),
    "growth_2026/video_daily_stats.parquet",
    "growth_2026/videos.parquet",
    "hackernews_top10_2026/hn_top10_daily.csv.gz",
)


@pytest.fixture(scope="module")
def market(recorded_data: Path) -> ReplayMarket:
    return ReplayMarket(recorded_data, COUNTRIES)


@pytest.fixture(scope="module")
def readings(recorded_data: Path) -> pl.DataFrame:
    """Every reading of the record with its time, by video."""
    growth = pl.read_parquet(recorded_data / "growth_2026" / "video_daily_stats.parquet")
    growth = growth.select("video_id", pl.col("fetched_at").dt.epoch("ms") / 3_600_000, "views")
    charts = [pl.read_csv(recorded_data / FILES[place], infer_schema=False) for place in range(5)]
    fetched = (
        pl.col("fetched_at")
        .str.slice(0, 19)
        .str.replace(" ", "T", literal=True)
        .str.to_datetime("%Y-%m-%dT%H:%M:%S", time_unit="ms")
    )
    charted = pl.concat(charts).select("video_id", fetched.dt.epoch("ms") / 3_600_000, pl.col("views").cast(pl.Int64))
    return pl.concat([growth, charted])


@pytest.mark.data
class TestRecord:
    def test_the_range_is_that_of_the_charts(self, market: ReplayMarket) -> None:
        assert (market.first_day, market.last_day) == (date(2025, 12, 10), date(2026, 7, 7))

    def test_rank_is_the_order_of_rows(self, market: ReplayMarket, recorded_data: Path) -> None:
        table = pl.read_csv(recorded_data / FILES[1], infer_schema=False)
        recorded = table.filter(pl.col("fetched_at").str.starts_with("2026-06-08"))["video_id"].to_list()
        chart = market.chart("GB", 0, NOON)
        assert chart is not None
        assert [video.video_id for video in chart] == recorded
        music = market.chart("GB", 10, NOON)
        assert music == [video for video in chart if video.category_id == 10]

    @settings(max_examples=25)
    @given(now=st.floats(BEGIN, END), country=st.sampled_from(COUNTRIES))
    def test_counts_are_the_last_reading_by_now(
        self, market: ReplayMarket, readings: pl.DataFrame, now: float, country: str
    ) -> None:
        chart = market.chart(country, 0, now)
        assert chart is not None
        known = readings.filter((pl.col("fetched_at") <= now) & pl.col("video_id").is_in([video.video_id for video in chart]))
        last = known.sort("fetched_at").group_by("video_id").agg(pl.col("fetched_at").last(), pl.col("views").last())
        shown = {video.video_id: video.views for video in chart}
        times = dict(zip(last["video_id"], last["fetched_at"], strict=True))
        assert {video.video_id: video for video in chart} == market.videos(list(shown), now)
        for video_id, views in shown.items():
            at_last = known.filter((pl.col("video_id") == video_id) & (pl.col("fetched_at") == times[video_id]))
            assert views in at_last["views"].to_list()

    @settings(max_examples=25)
    @given(now=st.floats(BEGIN, END))
    def test_videos_seen_later_do_not_exist_yet(self, market: ReplayMarket, readings: pl.DataFrame, now: float) -> None:
        first = readings.group_by("video_id").agg(pl.col("fetched_at").min())
        later = first.filter(pl.col("fetched_at") > now).sort("fetched_at")["video_id"].head(40).to_list()
        assert market.videos(later, now) == {}
        seen = first.filter(pl.col("fetched_at") <= now).sort("fetched_at", descending=True)["video_id"].head(40).to_list()
        assert set(market.videos(seen, now)) == set(seen)

    def test_the_front_page_is_the_days_ten(self, market: ReplayMarket) -> None:
        stories = market.stories(NOON)
        assert len(stories) == 10
        assert market.story(stories[0].story_id, NOON) == stories[0]
        assert market.story(stories[0].story_id, stories[0].posted - 0.01) is None
        assert market.stories(hours(datetime(2026, 2, 13, 23, tzinfo=UTC))) == []

    def test_heat_looks_at_days_before_only(self, market: ReplayMarket) -> None:
        row = market.title_heat("GTA Vice City trailer Rockstar")
        assert row is not None
        day = date(2026, 3, 1).toordinal()
        long, short = row(day, day + 20), row(day, day)
        assert short[0] == long[0]
        beyond = row(date(2026, 8, 20).toordinal(), date(2026, 8, 20).toordinal())
        assert beyond[0] == 0

    @settings(max_examples=10)
    @given(now=st.floats(BEGIN, END), country=st.sampled_from(COUNTRIES))
    @example(now=493324.0, country="CA")  # a video that charts under another channel than before
    def test_a_channel_is_its_videos_seen_by_then(self, market: ReplayMarket, now: float, country: str) -> None:
        for charted in (market.chart(country, 0, now) or [])[::10]:
            listed = market.uploads(charted.channel_id, now, slice(None))
            channel = market.channel(charted.channel_id, now)
            assert listed is not None
            assert channel is not None
            total, videos = listed
            assert charted in videos
            assert {video.channel_id for video in videos} == {charted.channel_id}
            assert videos == list(market.videos([video.video_id for video in videos], now).values())
            assert [video.published for video in videos] == sorted((video.published for video in videos), reverse=True)
            assert (channel.videos, channel.views) == (total, sum(video.views for video in videos))
            assert channel.subscribers is None
            assert market.uploads(charted.channel_id, now, slice(1, 3)) == (total, videos[1:3])
        assert market.channel("UCnobody", now) is None
        assert market.uploads("UCnobody", now, slice(5)) is None

    def test_competitors_are_those_that_chart_most(self, market: ReplayMarket) -> None:
        found = competitors(market, COUNTRIES, [10, 20], NOON, 5)
        often = Counter(
            video.channel_id
            for country in COUNTRIES
            for category in (10, 20)
            for video in market.chart(country, category, NOON) or []
        )
        assert [often[channel_id] for channel_id in found] == [count for _, count in often.most_common(5)]

    @pytest.mark.parametrize("file", FILES)
    def test_missing_and_damaged_files_are_named(self, recorded_data: Path, tmp_path: Path, file: str) -> None:
        for name in FILES:
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).symlink_to(recorded_data / name)
        (tmp_path / file).unlink()
        with pytest.raises(InvalidInput, match=file):
            ReplayMarket(tmp_path, COUNTRIES)
        content = (recorded_data / file).read_bytes()
        (tmp_path / file).write_bytes(content[: len(content) // 2])
        with pytest.raises(Damaged, match=file):
            ReplayMarket(tmp_path, COUNTRIES)

    def test_numbers_that_are_none_are_damage(self, recorded_data: Path, tmp_path: Path) -> None:
        shutil.copytree(recorded_data / "trending_2026", tmp_path / "trending_2026")
        path = tmp_path / FILES[0]
        text = (
            gzip.decompress(path.read_bytes())
            .decode()
            .replace("PT2H7M14S,hd,False,True,True,False,225445", "PT2H7M14S,hd,False,True,True,False,many")
        )
        text = text.replace(",225445,", ",many,")
        path.chmod(0o644)
        path.write_bytes(gzip.compress(text.encode(), 1))
        with pytest.raises(Damaged, match="trending_US"):
            ReplayMarket(tmp_path, COUNTRIES)


def test_no_folder_is_one_clear_sentence(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="doesn't exist"):
        ReplayMarket(tmp_path / "nowhere", COUNTRIES)
