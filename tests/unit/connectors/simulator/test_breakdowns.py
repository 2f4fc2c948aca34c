"""Views of a day: they add up to the day's counts however they are grouped, and are the same for everybody who looks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from connectors.simulator import audience, habits
from connectors.simulator.breakdowns import AXES, COUNTS, METRICS, NONE, PREMIUM_SHARE, ViewDay, apportion
from connectors.simulator.bulk import REPORT_TYPES, ReportFaults, text_of
from connectors.simulator.calendar import pacific_ordinal
from connectors.simulator.own import Upload
from connectors.simulator.scenario import OwnChannel
from connectors.simulator.simulation import Simulation, open_simulation
from tests.unit.connectors.simulator.conftest import NOON

DAY = date(2026, 6, 5).toordinal()
NEWEST = pacific_ordinal(NOON) - 2
HANDLES = ("pixel-pulse", "reel-signal", "beat-atlas")
COLUMNS = ("country", "entrance", "device", "place", "subtitle", "viewer", "subscribed", "live", "playlist", "sharing", "card")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulation]:
    simulation = open_simulation(tmp_path_factory.mktemp("state"), None, 5)
    yield simulation
    simulation.state.close()


def own(simulation: Simulation, handle: str) -> OwnChannel:
    return next(channel for channel in simulation.world.scenario.channels if channel.handle == handle)


def view_day(simulation: Simulation, handle: str = "pixel-pulse", ordinal: int = DAY, newest: int = NEWEST) -> ViewDay:
    return simulation.world.view_day(own(simulation, handle), ordinal, newest)


@given(
    totals=arrays.arrays(np.int64, 5, elements=st.integers(0, 10_000)),
    weights=arrays.arrays(float, (5, 7), elements=st.floats(0.001, 1000)),
)
def test_parts_are_whole_add_up_and_are_nearly_in_proportion(totals: np.ndarray, weights: np.ndarray) -> None:
    parts = apportion(totals, weights)
    assert np.array_equal(parts.sum(axis=1), totals)
    quotas = totals[:, None] * weights / weights.sum(axis=1, keepdims=True)
    assert np.all(np.abs(parts - quotas) <= 1 + 1e-6)


def test_a_part_without_weight_gets_nothing() -> None:
    assert apportion(np.array([7, 0]), np.array([0.0, 1.0, 1.0]))[:, 0].tolist() == [0, 0]


@pytest.mark.parametrize("handle", HANDLES)
@pytest.mark.parametrize("name", [name for name in COUNTS if name != "impressions"])
def test_views_add_up_to_the_counts_of_every_video(world: Simulation, handle: str, name: str) -> None:
    day = view_day(world, handle)
    assert np.array_equal(np.bincount(day.video, day.metric(name), len(day.videos)), day.counts[name])


@pytest.mark.parametrize("column", COLUMNS)
def test_no_split_loses_anything(world: Simulation, column: str) -> None:
    day = view_day(world)
    names = ("views", "engaged_views", "minutes", "likes", "red_views", "gross_micros", "seconds")
    tally = day.tally(("video", column), names)
    for name in names:
        by_video = np.bincount(tally.keys[:, 0], tally.sums[name], len(day.videos))
        assert by_video == pytest.approx(np.bincount(day.video, day.metric(name), len(day.videos)))
    assert np.all(tally.sums["views"] > 0)
    assert len(np.unique(tally.keys, axis=0)) == len(tally.keys)


def test_every_value_has_a_name(world: Simulation) -> None:
    day = view_day(world)
    for name in AXES.keys() - {"site", "source_detail", "subtitle", "translation"}:
        keys = day.tally(AXES[name].columns, ()).keys
        for with_codes in (True, False):
            labels = AXES[name].labels(day, keys[keys[:, -1] != NONE], with_codes)
            assert labels
            assert all(labels)


def test_seconds_watched_are_those_of_the_video(world: Simulation) -> None:
    day = view_day(world)
    seen = np.flatnonzero(day.counts["views"])
    mean = np.bincount(day.video, day.metric("seconds"), len(day.videos))[seen] / day.counts["views"][seen]
    assert mean == pytest.approx([day.videos[row].reach.watch_share * day.videos[row].seconds for row in seen])


def test_impressions_and_clicks_are_the_days(world: Simulation) -> None:
    day = view_day(world)
    reach = day.reach()
    for name in ("impressions", "clicks"):
        assert np.array_equal(np.bincount(reach.keys[:, 0], reach.sums[name], len(day.videos)), day.counts[name])
    assert np.all(reach.sums["clicks"] <= reach.sums["impressions"])
    clicked = day.tally(("video", "entrance", "device"), ("views",), day.metric("clicks").astype(bool))
    assert reach.sums["clicks"].sum() == clicked.sums["views"].sum()


def test_what_is_counted_first_is_a_part_of_the_whole(world: Simulation) -> None:
    day = view_day(world)
    early, whole = day.reach(is_early=True), day.reach()
    assert 0.9 * whole.sums["impressions"].sum() < early.sums["impressions"].sum() < whole.sums["impressions"].sum()
    assert 0.9 * len(day) < day.metric("early").sum() < len(day)


def test_a_day_is_the_same_whenever_and_wherever_it_is_asked_for(world: Simulation, tmp_path: Path) -> None:
    other = open_simulation(tmp_path / "other", None, 5)
    other.set_clock(NOON)
    later, day = view_day(other, newest=NEWEST + 3), view_day(world)
    assert [video.video_id for video in later.videos] == [video.video_id for video in day.videos]
    assert all(np.array_equal(later.metric(name), day.metric(name)) for name in METRICS)
    assert all(np.array_equal(later.dimension(name), day.dimension(name)) for name in COLUMNS)
    other.state.close()


def test_a_new_video_changes_nothing_for_the_others(synthetic: Simulation) -> None:
    before = view_day(synthetic)
    upload = Upload(
        video_id="uploaded-01", channel_id=before.channel.channel_id, title="Why Cube Settlers is suddenly everywhere",
        description="", tags=(), category_id=20, language="en", seconds=62, uploaded=NOON - 300, published=NOON - 300,
        privacy="public", failure_reason=None, contains_synthetic_media=True, made_for_kids=False,
    )  # fmt: skip
    synthetic.state.add_upload(upload, "00", 1)
    after = view_day(synthetic)
    assert after.videos[-1].video_id == "uploaded-01"
    assert after.counts["views"][-1] > 0
    assert len(after) == len(before) + after.counts["views"][-1]
    for name in ("country", "entrance", "device"):
        assert np.array_equal(after.dimension(name)[: len(before)], before.dimension(name))
    assert np.array_equal(after.metric("gross_micros")[: len(before)], before.metric("gross_micros"))


def test_money_adds_up(world: Simulation) -> None:
    day = view_day(world)
    gross, ads = day.metric("gross_micros"), day.metric("ad_micros")
    assert np.array_equal(20 * ads, 11 * gross)
    assert np.array_equal(gross > 0, day.metric("monetized_playbacks"))
    assert np.array_equal(day.metric("ad_impressions") > 0, day.metric("monetized_playbacks"))
    assert not np.any(day.metric("monetized_playbacks") & day.metric("red_views"))
    assert np.array_equal(day.metric("premium_micros") > 0, day.metric("red_views"))
    assert day.metric("red_views").mean() == pytest.approx(PREMIUM_SHARE, abs=0.02)
    per_thousand = gross.sum() / day.metric("ad_impressions").sum() / 1000
    cheapest, dearest = (fold(country.cpm_usd for country in habits.COUNTRIES) for fold in (min, max))
    assert 0.6 * cheapest < per_thousand < 1.5 * dearest


def test_the_smallest_channels_earn_nothing(world: Simulation) -> None:
    breakdowns, channels = world.world.breakdowns, world.world.scenario.channels
    earning = {channel.handle for channel in channels if breakdowns.is_monetised(channel)}
    assert {channel.handle for channel in channels} - earning == {"quest-ledger", "beat-atlas"}
    day = view_day(world, "beat-atlas")
    assert not day.metric("gross_micros").any()
    assert not day.metric("premium_micros").any()


def test_home_and_fresh_videos_have_the_public_that_they_should(world: Simulation) -> None:
    home = view_day(world, "beat-atlas")
    countries = np.bincount(home.country, minlength=len(habits.COUNTRIES))
    assert habits.COUNTRIES[int(countries.argmax())].code == "IN"
    day = view_day(world)
    age = np.array([DAY - pacific_ordinal(video.published) for video in day.videos])[day.video]
    is_subscriber = day.subscribed == 0
    assert is_subscriber[age <= 1].mean() > 1.3 * is_subscriber[age > 20].mean()
    is_searching = np.array([way.source is habits.SEARCH for way in habits.ENTRANCES])[day.entrance]
    assert is_searching[age > 60].mean() > is_searching[age <= 1].mean()


@given(share=st.floats(0.05, 0.9), usual=st.floats(0.05, 0.9), seed=st.integers(0, 1000))
def test_retention_has_the_mean_share_watched(share: float, usual: float, seed: int) -> None:
    curve, rank = audience.retention_curve(np.random.default_rng(seed), share, usual)
    assert curve.mean() == pytest.approx(share, abs=1e-6)
    assert np.all(curve > 0)
    assert np.all((rank >= 0) & (rank <= 1))
    assert curve[:5].mean() > curve[-5:].mean() or share > 0.8
    if share > usual:
        assert rank.mean() > 0.5 - 0.05


def test_better_watched_videos_keep_more_viewers_everywhere() -> None:
    curves = [audience.retention_curve(np.random.default_rng(1), share, 0.5) for share in (0.3, 0.45, 0.6)]
    for (curve, rank), (better, better_rank) in pairwise(curves):
        assert np.all(better > curve)
        assert np.all(better_rank > rank)


def test_subscribers_watch_longer(world: Simulation) -> None:
    video = view_day(world).videos[-1]
    everybody, loyal, others = (world.world.breakdowns.retention(video, who)[0].mean() for who in (None, True, False))
    assert loyal > everybody > others
    assert everybody == pytest.approx(video.reach.watch_share)


def test_advertisers_pay_most_before_christmas() -> None:
    season = [audience.advertising_season(date(2026, 1, 1).replace(month=month)) for month in range(1, 13)]
    assert max(season) == season[11]
    assert np.mean(season) == pytest.approx(1, abs=0.02)


def test_habits_are_shares(world: Simulation) -> None:
    for channel in world.world.scenario.channels:
        drawn = habits.habits_of(channel, 5)
        for shares in (drawn.countries, drawn.devices, drawn.viewers):
            assert shares.sum(axis=-1) == pytest.approx(np.ones(shares.shape[:-1]))
        abroad = habits.habits_of(replace(channel, country="JP"), 5)
        japan = next(place for place, country in enumerate(habits.COUNTRIES) if country.code == "JP")
        assert abroad.countries[japan] > drawn.countries[japan]


def test_a_day_before_the_first_video_is_empty(world: Simulation) -> None:
    day = view_day(world, ordinal=date(2025, 6, 20).toordinal())
    assert len(day) == 0
    assert [len(day.metric(name)) for name in METRICS] == [0] * len(METRICS)
    assert day.reach().sums["impressions"].tolist() == []
    for report_type in REPORT_TYPES:
        head, *lines = text_of(report_type, day, ReportFaults()).splitlines()
        assert head.startswith("date,channel_id,")
        assert lines == []
