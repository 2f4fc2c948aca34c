"""The synthetic world: consistent, the same everywhere, and never ahead of its clock."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.simulator.audience import ThumbnailTraits
from connectors.simulator.calendar import hours, pacific_midnight, pacific_ordinal
from connectors.simulator.own import NEVER, Upload, curves
from connectors.simulator.scenario import Scenario
from connectors.simulator.simulation import Simulation
from connectors.simulator.topics import Topics
from core.errors import OutsideMarket
from core.settings import ROOT
from tests.unit.connectors.simulator.conftest import NOON

moments = st.floats(NOON - 24 * 200, NOON + 24 * 60)
same_world = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)


def uploaded(simulation: Simulation, **changes: Any) -> Upload:
    upload = Upload(
        video_id="uploaded-01",
        channel_id=simulation.world.scenario.channels[0].channel_id,
        title="Why Cube Settlers is suddenly everywhere",
        description="",
        tags=(),
        category_id=20,
        language="en",
        seconds=62,
        uploaded=NOON,
        published=NOON + 10,
        privacy="private",
        failure_reason=None,
        contains_synthetic_media=True,
        made_for_kids=False,
    )
    upload = replace(upload, **changes)
    simulation.state.add_upload(upload, "00", 1)
    return upload


@same_world
@given(first=moments, second=moments)
def test_own_counts_only_grow(synthetic: Simulation, first: float, second: float) -> None:
    first, second = sorted((first, second))
    channel = synthetic.world.scenario.channels[1]
    videos = synthetic.world.own_videos(channel, first)[-25:]
    before, after = curves(videos, first), curves(videos, second)
    for name in ("impressions", "clicks", "views", "minutes", "likes", "comments", "subscribers_gained"):
        assert np.all(getattr(before, name)[:, -1] <= getattr(after, name)[:, -1])
        assert np.all(np.diff(getattr(after, name), axis=1) >= 0)


@same_world
@given(now=moments)
def test_every_single_day_is_possible(synthetic: Simulation, now: float) -> None:
    counted = curves(synthetic.world.own_videos(synthetic.world.scenario.channels[2], now)[-25:], now)
    daily = {name: np.diff(getattr(counted, name), axis=1, prepend=0) for name in counted.__dataclass_fields__ if name != "first"}
    assert np.all(daily["clicks"] <= daily["views"])
    assert np.all(daily["clicks"] <= daily["impressions"])
    for name in ("engaged_views", "likes", "comments", "shares", "subscribers_gained"):
        assert np.all(daily[name] <= daily["views"])


def test_nobody_watches_before_publishing(synthetic: Simulation) -> None:
    channel = synthetic.world.scenario.channels[0]
    for video in synthetic.world.own_videos(channel, NOON)[-10:]:
        assert curves([video], video.published).views[0, -1] == 0
        assert curves([video], video.published + 12).views[0, -1] > 0


@same_world
@given(place=st.integers(0, 5), days=st.lists(st.integers(0, 120), min_size=1, max_size=4))
def test_kept_daily_counts_are_those_of_the_curves(synthetic: Simulation, place: int, days: list[int]) -> None:
    channel = synthetic.world.scenario.channels[place]
    for back in days:
        last = pacific_ordinal(NOON) - back
        end = pacific_midnight(last + 1)
        videos, counted = synthetic.world.report(channel, last)
        expected = [video for video in synthetic.world.own_videos(channel, end) if video.published < end]
        assert videos == expected
        made_anew = curves(expected, end)
        assert counted.first == made_anew.first
        for name in ("impressions", "clicks", "views", "minutes", "likes", "subscribers_lost"):
            assert np.array_equal(getattr(counted, name), getattr(made_anew, name)[:, : last - counted.first + 1])


def test_an_upload_counts_in_reports_from_its_day_on(synthetic: Simulation) -> None:
    channel, day = synthetic.world.scenario.channels[0], pacific_ordinal(NOON + 10)
    synthetic.world.report(channel, day)
    upload = uploaded(synthetic)
    assert upload.video_id not in {video.video_id for video in synthetic.world.report(channel, day - 1)[0]}
    videos, counted = synthetic.world.report(channel, day)
    assert [video.video_id for video in videos][-1] == upload.video_id
    assert counted.views[-1, -1] > 0


def test_counts_of_a_video_do_not_depend_on_its_company(synthetic: Simulation) -> None:
    videos = synthetic.world.own_videos(synthetic.world.scenario.channels[0], NOON)
    together = curves(videos, NOON).views[:, -1]
    assert [int(curves([video], NOON).views[0, -1]) for video in videos[::40]] == together[::40].tolist()


@same_world
@given(now=moments)
def test_charts_show_nothing_of_the_future(synthetic: Simulation, now: float) -> None:
    chart = synthetic.world.chart("IN", 0, now)
    assert chart is not None
    assert len({video.video_id for video in chart}) == len(chart) == 50
    assert all(video.published <= now for video in chart)
    assert all(video.views >= video.likes >= 0 and video.views >= video.comments for video in chart)


@same_world
@given(first=moments, hours_later=st.floats(0, 400))
def test_market_counts_only_grow(synthetic: Simulation, first: float, hours_later: float) -> None:
    chart = synthetic.world.chart("US", 0, first)
    assert chart is not None
    later = synthetic.world.videos([video.video_id for video in chart], first + hours_later, None)
    assert [video.title for video in later] == [video.title for video in chart]
    assert all(old.views <= new.views for old, new in zip(chart, later, strict=True))


def test_charts_mix_categories_differ_by_country_and_turn_over(synthetic: Simulation) -> None:
    world = synthetic.world
    charts = {region: world.chart(region, 0, NOON) or [] for region in world.scenario.countries}
    assert all(len({video.category_id for video in chart}) == 4 for chart in charts.values())
    ids = {region: {video.video_id for video in chart} for region, chart in charts.items()}
    assert ids["US"] != ids["IN"]
    tomorrow = {video.video_id for video in world.chart("US", 0, NOON + 24) or []}
    assert 5 <= len(ids["US"] & tomorrow) <= 40
    assert world.chart("FR", 0, NOON) is None
    assert len({video.title for video in charts["US"]}) >= 45


def test_the_market_has_no_end(synthetic: Simulation) -> None:
    far = hours(datetime(2027, 9, 1, 12, tzinfo=UTC))
    assert len(synthetic.world.chart("GB", 0, far) or []) == 50
    synthetic.set_clock(far)
    with pytest.raises(OutsideMarket):
        synthetic.set_clock(hours(datetime(2025, 9, 30, tzinfo=UTC)))
    assert synthetic.now == far


def test_heat_of_past_days_never_changes(scenario: Scenario) -> None:
    day = date(2026, 6, 8).toordinal()
    before = Topics(scenario, 1).heat(day).copy()
    topics = Topics(scenario, 1)
    topics.heat(day + 400)
    assert np.array_equal(topics.heat(day), before)
    assert not np.array_equal(Topics(scenario, 2).heat(day), before)


def test_another_process_sees_the_same_world(synthetic: Simulation) -> None:
    script = (
        "import sys, json, tempfile, pathlib; from connectors.simulator.simulation import open_simulation;"
        "w = open_simulation(pathlib.Path(tempfile.mkdtemp()), None, 5).world; now = float(sys.argv[1]);"
        "own = w.scenario.channels[3].channel_id;"
        "print(json.dumps([[(v.video_id, v.title, v.views) for v in w.chart('AU', 0, now)], "
        "[(v.video_id, v.views, v.likes) for v in w.uploads(own, now, None, slice(0, 20))[1]], "
        "[(a.name, a.views) for a in w.articles(739400)][:9]]))"
    )
    # Asked in another order than below, and with another hash seed.
    command = [sys.executable, "-c", script, repr(NOON)]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True, env={"PYTHONHASHSEED": "7"}).stdout
    world = synthetic.world
    articles = [[article.name, article.views] for article in world.articles(739400)][:9]
    uploads = world.uploads(world.scenario.channels[3].channel_id, NOON, None, slice(0, 20))
    assert uploads is not None
    chart = [[video.video_id, video.title, video.views] for video in world.chart("AU", 0, NOON) or []]
    assert json.loads(told) == [chart, [[video.video_id, video.views, video.likes] for video in uploads[1]], articles]


def test_better_thumbnails_win_clicks_from_when_they_are_set(synthetic: Simulation) -> None:
    upload = uploaded(synthetic)
    channel = synthetic.world.scenario.channels[0]

    def clicks(now: float) -> int:
        [video] = [video for video in synthetic.world.own_videos(channel, now) if video.video_id == upload.video_id]
        return int(curves([video], now).clicks[0, -1])

    later = NOON + 200
    plain, plain_day = clicks(later), clicks(NOON + 34)
    synthetic.state.set_thumbnail(upload.video_id, NOON + 34, ThumbnailTraits(0.55, 0.3, 0.6), b"")
    assert clicks(NOON + 34) == plain_day
    assert clicks(later) > plain
    synthetic.state.set_thumbnail(upload.video_id, NOON + 1, ThumbnailTraits(0.55, 0.3, 0.6), b"")
    assert clicks(NOON + 34) > plain_day


def test_uploads_are_seen_by_those_who_may(synthetic: Simulation) -> None:
    upload = uploaded(synthetic)
    world = synthetic.world

    def seen(now: float, viewer: str | None) -> list[str]:
        return [video.privacy for video in world.videos([upload.video_id], now, viewer)]

    assert seen(NOON - 1, upload.channel_id) == []
    assert (seen(NOON + 1, upload.channel_id), seen(NOON + 1, None)) == (["private"], [])
    assert seen(NOON + 1, world.scenario.channels[1].channel_id) == []
    assert seen(NOON + 11, None) == ["public"]


def test_a_video_that_is_never_published_has_no_views(synthetic: Simulation) -> None:
    upload = uploaded(synthetic, published=NEVER)
    [video] = synthetic.world.videos([upload.video_id], NOON + 500, upload.channel_id)
    assert (video.views, video.privacy, video.publish_at) == (0, "private", None)


def test_hot_topics_and_fitting_niches_get_more_views(synthetic: Simulation) -> None:
    gaming, music = synthetic.world.scenario.channels[0], synthetic.world.scenario.channels[1]
    pairs = []
    for number in range(30):
        video_id = f"pair-{number:06d}"
        for channel in (gaming, music):
            uploaded(synthetic, video_id=f"{video_id}{channel.handle[0]}", channel_id=channel.channel_id, published=NOON)
        own = [
            next(
                video for video in synthetic.world.own_videos(channel, NOON) if video.video_id == f"{video_id}{channel.handle[0]}"
            )
            for channel in (gaming, music)
        ]
        pairs.append([video.reach.impressions / video.channel.subscribers**0.75 for video in own])
    fitting, foreign = np.array(pairs).mean(axis=0)
    assert fitting > 1.5 * foreign


def test_a_model_of_titles_and_pictures_can_beat_the_channel_mean(synthetic: Simulation) -> None:
    """Least squares on 220 videos predicts the click-through rate of the next 80 better than their mean does."""
    gains = []
    for channel in synthetic.world.scenario.channels:
        videos = synthetic.world.own_videos(channel, NOON - 24 * 7)[-300:]
        counted = curves(videos, NOON)
        rates = np.log(counted.clicks[:, -1] / counted.impressions[:, -1])
        rows = []
        for video in videos:
            words = video.title.lower().replace("?", "").split()
            face = video.faces[0].traits
            signs = [sign in video.title for sign in "?:["]
            asks = [word in words for word in ("why", "how", "what", "nobody", "secret", "the")]
            size = len(video.title) / 50
            pixels = [face.brightness, face.brightness**2, face.contrast, face.colourfulness]
            rows.append([1, size, size**2, any(word.isdigit() for word in words), *signs, *asks, *pixels])
        table = np.array(rows, dtype=float)
        known, new, mean = table[:220], table[220:], rates[:220].mean()
        weights = np.linalg.solve(known.T @ known + 2 * np.eye(table.shape[1]), known.T @ (rates[:220] - mean))
        error = ((rates[220:] - mean - new @ weights) ** 2).mean()
        gains.append(1 - error / ((rates[220:] - mean) ** 2).mean())
    assert np.median(gains) > 0.1
    assert np.median(gains) < 0.8  # noise must remain
