"""The queries of YouTube Analytics against the simulator: each is taken, and their totals agree with each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta

import pytest

from connectors.landing import RawRow
from connectors.members import LeftOut
from connectors.simulator.process import SimulatorControl
from connectors.youtube.analytics import QUERIES, Answer
from connectors.youtube.client import YouTube
from connectors.youtube.rows import analytics_rows, retention_rows
from core.clock import noon
from core.errors import Forbidden
from core.ids import ChannelId, VideoId
from tests.contract.connectors.conftest import DAY

FIRST, LAST = DAY - timedelta(days=5), DAY - timedelta(days=2)
DAYS = {(FIRST + timedelta(days=n)).isoformat() for n in range(4)}
MONETARY = "https://www.googleapis.com/auth/yt-analytics-monetary.readonly"

Ask = Callable[..., list[Answer]]


@pytest.fixture
def videos(youtube: YouTube, channel_id: ChannelId) -> list[VideoId]:
    data = youtube.data(channel_id)
    playlist = data.own_channel()["contentDetails"]["relatedPlaylists"]["uploads"]
    return data.uploads(playlist, noon(DAY) - timedelta(days=400))


@pytest.fixture
def ask(youtube: YouTube, channel_id: ChannelId) -> Ask:
    def asked(name: str, video_ids: list[VideoId] | None = None, first: date = FIRST, last: date = LAST) -> list[Answer]:
        return list(youtube.analytics(channel_id).ask(QUERIES[name], first, last, video_ids or []))

    return asked


def total(answers: list[Answer], metric: str) -> Counter[str]:
    """Sums of a metric by day."""
    sums: Counter[str] = Counter()
    for answer in answers:
        sums[answer["day"]] += answer[metric]
    return sums


def test_days_that_are_not_complete_are_not_there(ask: Ask, videos: list[VideoId]) -> None:
    days = {answer["day"] for answer in ask("daily", videos, FIRST, DAY)}
    assert min(days) == FIRST.isoformat()
    assert DAY - timedelta(days=3) <= date.fromisoformat(max(days)) <= DAY - timedelta(days=2)


def test_every_way_to_split_a_day_has_the_same_views(ask: Ask, videos: list[VideoId]) -> None:
    by_video = ask("daily", videos)
    assert {answer["day"] for answer in by_video} == DAYS
    assert all(answer["views"] >= answer["engagedViews"] >= 0 for answer in by_video)
    for name in ("traffic", "countries", "devices", "playback_locations"):
        answers = ask(name)
        assert total(answers, "views") == total(by_video, "views"), name
        assert total(answers, "engagedViews") == total(by_video, "engagedViews"), name


def test_countries_split_what_viewers_did(ask: Ask, videos: list[VideoId]) -> None:
    by_video, by_country = ask("daily", videos), ask("countries")
    for metric in ("likes", "comments", "shares", "subscribersGained", "subscribersLost"):
        assert total(by_country, metric) == total(by_video, metric), metric


def test_averages_and_money_are_floats_and_counts_are_not(ask: Ask, videos: list[VideoId]) -> None:
    for answer in (*ask("daily", videos[:5]), *ask("revenue", videos[:5])):
        for metric, value in answer.items():
            if metric in {"day", "video"}:
                continue
            is_share = metric.startswith(("average", "estimatedR", "estimatedA", "gross")) or "pm" in metric.lower()
            assert isinstance(value, float if is_share else int), metric


def test_revenue_is_made_of_its_parts(ask: Ask, videos: list[VideoId]) -> None:
    answers = ask("revenue", videos)
    assert sum(answer["estimatedRevenue"] for answer in answers) > 0
    for answer in answers:
        parts = answer["estimatedAdRevenue"] + answer["estimatedRedPartnerRevenue"]
        assert answer["estimatedRevenue"] == pytest.approx(parts, abs=2e-6)
        assert answer["grossRevenue"] >= answer["estimatedAdRevenue"]
        assert answer["adImpressions"] >= answer["monetizedPlaybacks"] >= 0


def test_search_terms_are_part_of_the_views_from_search(ask: Ask) -> None:
    terms = ask("search_terms")
    from_search = [answer for answer in ask("traffic") if answer["insightTrafficSourceType"] == "YT_SEARCH"]
    views = [answer["views"] for answer in terms]
    assert 0 < len(terms) <= 25
    assert views == sorted(views, reverse=True)
    assert sum(views) <= sum(answer["views"] for answer in from_search)


def test_shares_of_age_and_gender_make_a_whole(ask: Ask) -> None:
    answers = ask("demographics", None, DAY - timedelta(days=29), LAST)
    assert sum(answer["viewerPercentage"] for answer in answers) == pytest.approx(100, abs=2)
    assert len({(answer["ageGroup"], answer["gender"]) for answer in answers}) == len(answers)


def test_a_retention_curve_has_a_hundred_points_and_falls(youtube: YouTube, channel_id: ChannelId, videos: list[VideoId]) -> None:
    (row,) = retention_rows(youtube, {videos[20]: (channel_id, (DAY - timedelta(days=30), LAST))})
    assert isinstance(row, RawRow)
    ratios, watched, performance = zip(*row.payload["curve"], strict=True)
    assert ratios == tuple(n / 100 for n in range(1, 101))
    assert watched[0] > watched[-1] > 0
    assert all(0 <= value <= 1 for value in performance)


def test_a_channel_that_may_not_show_its_money_is_left_out_with_the_way_to_mend_it(
    simulator: SimulatorControl, youtube: YouTube, videos: list[VideoId]
) -> None:
    poor, rich = youtube.channel_ids[1], youtube.channel_ids[0]
    simulator.set_token(poor, "healthy", [MONETARY])
    try:
        with pytest.raises(Forbidden):
            list(youtube.analytics(poor).ask(QUERIES["revenue"], FIRST, LAST, [VideoId("aaaaaaaaaaa")]))
        spans = dict.fromkeys((poor, rich), (FIRST, LAST))
        rows = list(analytics_rows(youtube, "revenue", spans, {poor: [VideoId("aaaaaaaaaaa")], rich: videos}))
    finally:
        simulator.set_token(poor, "healthy")
    assert {row.payload["channel_id"] for row in rows if isinstance(row, RawRow)} == {rich}
    (left,) = (row for row in rows if isinstance(row, LeftOut))
    assert left.member == poor
    assert "insufficientPermissions" in left.reason
    assert "ytempire connect" in left.remedy


def test_a_channels_days_count_all_of_its_videos_and_its_page(
    ask: Ask, simulator: SimulatorControl, youtube: YouTube, channel_id: ChannelId, videos: list[VideoId]
) -> None:
    """Its views are those of all videos ever, one that is deleted too; its subscribers are also won on the page."""
    by_channel = {answer["day"]: answer for answer in ask("channel_daily")}
    by_video = ask("daily", videos)
    assert set(by_channel) == DAYS
    assert {day: answer["views"] for day, answer in by_channel.items()} == total(by_video, "views")
    data = youtube.data(channel_id)
    playlist = data.own_channel()["contentDetails"]["relatedPlaylists"]["uploads"]
    young = total(ask("daily", data.uploads(playlist, noon(DAY) - timedelta(days=30))), "views")
    assert all(views < by_channel[day]["views"] for day, views in young.items())
    won = total(by_video, "subscribersGained")
    assert sum(won.values()) < sum(answer["subscribersGained"] for answer in by_channel.values()) < 2 * sum(won.values())
    assert all(0 < answer["averageViewPercentage"] <= 100 for answer in by_channel.values())
    simulator.mark_video(videos[0], "deleted")
    try:
        assert {answer["day"]: answer["views"] for answer in ask("channel_daily")} == total(by_video, "views")
    finally:
        simulator.mark_video(videos[0], "available")


def test_a_channels_money_is_that_of_its_days(ask: Ask) -> None:
    money = ask("channel_revenue", None)
    assert [answer["day"] for answer in money] == [str(FIRST + timedelta(days=n)) for n in range((LAST - FIRST).days + 1)]
    for answer in money:
        parts = answer["estimatedAdRevenue"] + answer["estimatedRedPartnerRevenue"]
        assert answer["estimatedRevenue"] == pytest.approx(parts, abs=1e-5)
        assert answer["cpm"] == pytest.approx(1000 * answer["grossRevenue"] / answer["adImpressions"], abs=0.01)
