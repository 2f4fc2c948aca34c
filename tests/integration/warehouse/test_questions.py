"""The marts that answer an operator's questions, against the same figures computed from the raw rows without dbt; and each of
their data tests against rows that break it."""

from __future__ import annotations

import math
import re
import statistics
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import jinja2
import numpy as np
import pytest
from scipy import stats
from sqlalchemy.engine import Engine

from connectors.landing import RawRow, land
from core.clock import noon
from core.settings import ROOT
from tests.conftest import fresh_database
from tests.integration.warehouse.market import OWN_CHANNELS, Market
from tests.integration.warehouse.warehouse import DAYS, MODELS, Warehouse

pytestmark = [pytest.mark.postgres, pytest.mark.xdist_group("warehouse")]

Line = dict[str, Any]


@pytest.fixture(scope="module")
def warehouse(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """Twelve days of the market, built once. The last two tests add to its tables and spoil them."""
    with fresh_database(postgres_url) as engine:
        made = Warehouse(engine, tmp_path_factory.mktemp("questions") / "target", Market())
        made.connect_channels()
        with engine.begin() as connection:
            connection.exec_driver_sql("update ops.channels set timezone = 'America/New_York' where channel_id = 'UCown0'")
        made.land_days(DAYS)
        made.dbt(*MODELS)
        yield made


def report_lines(warehouse: Warehouse, report_type: str) -> list[Line]:
    """The lines that count: of each channel and day those of the report made last, of equal ones the latest partition's."""
    rows = warehouse.rows(f"select payload, partition_on from raw_reporting.{report_type}")
    newest: dict[tuple[str, str], tuple[str, date]] = {}
    for payload, partition_on in rows:
        day, made = (payload["channel_id"], payload["date"]), (payload["report_created_at"], partition_on)
        newest[day] = max(made, newest.get(day, made))
    return [
        payload
        for payload, partition_on in rows
        if newest[payload["channel_id"], payload["date"]] == (payload["report_created_at"], partition_on)
    ]


def day_of(line: Line) -> date:
    return datetime.strptime(line["date"], "%Y%m%d").date()


def close(value: float | None) -> Any:
    return None if value is None else pytest.approx(value, rel=1e-9, abs=1e-9)


NAMES = {"5": "YouTube search", "99": "99", "104": "Mobile phone", "102": "TV"}
AGES = {"AGE_18_24": "18-24", "AGE_65_": "65-"}
GENDERS = {"FEMALE": "female", "GENDER_OTHER": "other"}


def test_reach_by_source_and_device(warehouse: Warehouse) -> None:
    cells: dict[tuple[str, ...], list[float]] = defaultdict(lambda: [0, 0.0])
    for line in report_lines(warehouse, "channel_reach_combined_a1"):
        key = (line["video_id"], str(day_of(line)), NAMES[line["traffic_source_type"]], NAMES[line["device_type"]])
        impressions = int(line["video_thumbnail_impressions"])
        cells[key][0] += impressions
        cells[key][1] += impressions * float(line["video_thumbnail_impressions_ctr"])
    found = warehouse.rows(
        "select video_id, on_date, traffic_source, device_type, impressions, rated_impressions, clicks, ctr"
        " from marts.fct_video_reach_daily"
    )
    assert len(found) == len(cells) > 1000
    for video, day, source, device, impressions, rated, clicks, ctr in found:
        expected, expected_clicks = cells[video, str(day), source, device]
        assert (impressions, rated) == (expected, expected)
        assert (clicks, ctr) == (close(expected_clicks), close(expected_clicks / expected))


def test_subscription_by_video_and_day(warehouse: Warehouse) -> None:
    cells: dict[tuple[str, ...], list[float]] = defaultdict(lambda: [0, 0.0, 0.0, 0])
    for line in report_lines(warehouse, "channel_basic_a3"):
        key, views = (line["video_id"], str(day_of(line)), line["subscribed_status"]), int(line["views"])
        cells[key][0] += views
        cells[key][1] += float(line["watch_time_minutes"])
        cells[key][2] += max(views, 0) * float(line["average_view_duration_percentage"])
        cells[key][3] += max(views, 0)
    found = warehouse.rows(
        "select video_id, on_date, subscribed_status, views, watch_minutes, average_view_pct"
        " from marts.fct_video_subscription_daily"
    )
    assert len(found) == len(cells)
    for video, day, status, views, minutes, percent in found:
        expected = cells[video, str(day), status]
        assert (views, minutes) == (expected[0], close(expected[1]))
        assert percent == close(expected[2] / expected[3] if expected[3] else None)


def weighted_segments(warehouse: Warehouse) -> list[tuple[str, str, date, tuple[str, str], float]]:
    """(channel, video, day, (age, gender), views): each share of an audience times the audience's views."""
    audience = ("channel_id", "date", "video_id", "live_or_on_demand", "subscribed_status", "country_code")
    views: dict[tuple[str, ...], int] = defaultdict(int)
    for line in report_lines(warehouse, "channel_basic_a3"):
        views[tuple(line[name] for name in audience)] += int(line["views"])
    segments = []
    for line in report_lines(warehouse, "channel_demographics_a1"):
        count = views[tuple(line[name] for name in audience)]
        segment = (AGES[line["age_group"]], GENDERS[line["gender"]])
        share = float(line["views_percentage"]) / 100
        segments.append((line["channel_id"], line["video_id"], day_of(line), segment, share * max(count, 0)))
    return segments


def test_demographics_are_weighted_by_views(warehouse: Warehouse) -> None:
    segments = weighted_segments(warehouse)
    found = warehouse.rows("select video_id, period, age_group, gender, views_pct, told_views from marts.fct_video_demographics")
    last = {channel: max(day for of, _, day, _, views in segments if of == channel and views > 0) for channel in OWN_CHANNELS}
    sums: dict[tuple[str, str], dict[tuple[str, str], float]] = defaultdict(lambda: defaultdict(float))
    for channel, video, day, segment, views in segments:
        for period, days in (("28d", 28), ("90d", 90)):
            if day > last[channel] - timedelta(days=days):
                sums[video, period][segment] += views
    assert len(found) == sum(sum(views > 0 for views in of.values()) for of in sums.values()) > 100
    for video, period, age, gender, percent, told in found:
        whole = sum(sums[video, period].values())
        assert (percent, told) == (close(100 * sums[video, period][age, gender] / whole), close(whole))

    # Two audiences of unlike sizes: a plain mean of their shares is another number than the weighted one.
    plain = warehouse.value(
        "select count(*) from (select date_day, video_id, avg(views_percentage) as share from"
        " youtube_analytics.stg_youtube__channel_demographics where age_group = 'AGE_18_24' group by 1, 2) as plain"
        " join youtube_analytics.int_youtube__age_pivot using (date_day, video_id) where abs(share - age_18_24) > 0.01"
    )
    assert plain > 100


def test_pivots_are_shares(warehouse: Warehouse) -> None:
    by_day: dict[tuple[str, date], dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for _, video, day, (age, _), views in weighted_segments(warehouse):
        by_day[video, day][age] += views
    found = warehouse.rows(
        "select video_id, date_day, age_18_24_view_percentage, age_65_view_percentage, told_views"
        " from youtube_analytics.youtube__age_demographics_pivot"
    )
    assert len(found) == sum(sum(ages.values()) > 0 for ages in by_day.values())
    for video, day, young, old, told in found:
        ages = by_day[video, day]
        assert (young or 0, old or 0, told) == (
            close(ages["18-24"] / sum(ages.values())),
            close(ages["65-"] / sum(ages.values())),
            close(sum(ages.values())),
        )
    for pivot, shares in (
        ("int_youtube__age_pivot", "age_13_17 age_18_24 age_25_34 age_35_44 age_45_54 age_55_64 age_65"),
        ("int_youtube__gender_pivot", "female male gender_other"),
    ):
        total = " + ".join(f"coalesce({name}, 0)" for name in shares.split())
        assert warehouse.rows(f"select min({total}), max({total}) from youtube_analytics.{pivot}") == [(close(1), close(1))]


def test_traffic_growth_pairs_days(warehouse: Warehouse) -> None:
    latest: dict[tuple[str, str], date] = {}
    rows = warehouse.rows("select payload, partition_on from raw_youtube.analytics_traffic")
    for payload, partition_on in rows:
        day = (payload["channel_id"], payload["day"])
        latest[day] = max(partition_on, latest.get(day, partition_on))
    views: dict[tuple[str, date], dict[str, int]] = defaultdict(dict)
    for payload, partition_on in rows:
        if latest[payload["channel_id"], payload["day"]] == partition_on:
            views[payload["channel_id"], date.fromisoformat(payload["day"])][payload["insightTrafficSourceType"]] = payload[
                "views"
            ]
    names = {"YT_SEARCH": "YouTube search", "SUBSCRIBER": "Browse features", "A_NEW_SOURCE": "A_NEW_SOURCE"}
    expected = {}
    for channel in OWN_CHANNELS:
        last = max(day for of, day in views if of == channel)
        for period, length in (("7d", 7), ("28d", 28)):
            pairs = [
                (day, day - timedelta(days=length))
                for of, day in views
                if of == channel and day > last - timedelta(days=length) and (channel, day - timedelta(days=length)) in views
            ]
            for code, name in names.items():
                if pairs:
                    now = sum(views[channel, day].get(code, 0) for day, _ in pairs)
                    before = sum(views[channel, day].get(code, 0) for _, day in pairs)
                    expected[channel, period, name] = (
                        len(pairs),
                        now,
                        before,
                        close(100 * (now - before) / before if before > 0 else None),
                    )
    found = warehouse.rows(
        "select channel_id, period, traffic_source, days_count, views, before_views, growth_pct from reports.rpt_traffic_growth"
    )
    assert {tuple(row[:3]): tuple(row[3:]) for row in found} == expected
    assert {row[3] for row in found} == {7}


def test_search_terms_of_a_window(warehouse: Warehouse) -> None:
    raw = {
        (payload["channel_id"], payload["end"], payload["insightTrafficSourceDetail"]): payload["views"]
        for (payload,) in warehouse.rows("select payload from raw_youtube.analytics_search_terms order by partition_on")
    }
    found = warehouse.rows("select channel_id, last_on, search_term, views, place from marts.fct_search_term")
    assert {(channel, str(last_on), term): views for channel, last_on, term, views, _ in found} == raw
    assert {(views, place) for *_, views, place in found} == {(18, 1), (9, 2), (0, 3)}


def test_retention_drops_are_beyond_the_usual(warehouse: Warehouse) -> None:
    videos = {video.video_id: video for video in warehouse.market._own}
    curves: dict[tuple[str, int], list[float]] = {}
    for (payload,) in warehouse.rows("select payload from raw_youtube.analytics_retention order by partition_on"):
        age = (date.fromisoformat(payload["end"]) - date.fromisoformat(payload["start"])).days
        curves[payload["video"], age] = [point[1] for point in payload["curve"]]

    measured = {
        video_id for (video_id,) in warehouse.rows("select video_id from marts.dim_video where duration_seconds is not null")
    }
    curves = {key: watching for key, watching in curves.items() if key[0] in measured}

    def kind(video_id: str, age: int) -> tuple[str, str, int]:
        minutes, seconds = 1 + int(videos[video_id].pace) % 9, int(videos[video_id].pace) % 60
        return (videos[video_id].channel_id, "short" if minutes * 60 + seconds <= 180 else "long", age)

    steps: dict[tuple[tuple[str, str, int], int], list[float]] = defaultdict(list)
    for (video_id, age), watching in curves.items():
        for place, (before, after) in enumerate(pairwise(watching)):
            steps[kind(video_id, age), place].append(100 * (before - after))
    found = warehouse.rows(
        "select video_id, age_days, format, place, from_ratio, lost_pct, curves_count, channel_median_lost_pct, excess_pct"
        " from reports.rpt_retention_drops order by 1, 2, 4"
    )
    assert {tuple(row[:2]) for row in found} == set(curves)
    compared = 0
    for video_id, age, kind_of, _, from_ratio, lost, count, median, excess in found:
        place = round(from_ratio * 10) - 1
        usual, watching = steps[kind(video_id, age), place], curves[video_id, age]
        assert (kind_of, lost) == (kind(video_id, age)[1], close(100 * (watching[place] - watching[place + 1])))
        if len(usual) >= 5:
            compared += 1
            assert (count, median, excess) == (
                len(usual),
                close(statistics.median(usual)),
                close(lost - statistics.median(usual)),
            )
        else:
            assert (count, median, excess) == (None, None, None)
    assert compared > 20
    excesses = [row[8] for row in found if row[0] == found[0][0] and row[1] == found[0][1] and row[8] is not None]
    assert excesses == sorted(excesses, reverse=True)


def test_publish_slots_are_in_the_time_zone_of_the_channel(warehouse: Warehouse) -> None:
    launches = warehouse.rows(
        "select channel_id, format, horizon_hours, published_at, views, surrounding_median_views from marts.fct_video_outlier"
        " where population = 'own' and horizon_hours > 1"
    )
    zones = {"UCown0": ZoneInfo("America/New_York"), "UCown1": ZoneInfo("UTC")}
    lifts: dict[tuple[Any, ...], list[float]] = defaultdict(list)
    for channel, kind, hours, published, views, median in launches:
        local = published.astimezone(zones[channel])
        lift = math.log((views + 1) / (median + 1))
        for breakdown, value in (("weekday", f"{local:%A}"), ("hour", f"{local:%H}"), ("weekday_hour", f"{local:%A %H}")):
            lifts[channel, kind, hours, breakdown, value].append(lift)
    found = warehouse.rows(
        "select channel_id, format, horizon_hours, breakdown, value, videos_count, launch_ratio, launch_ratio_low,"
        " launch_ratio_high from reports.rpt_publish_slot"
    )
    assert {tuple(row[:5]) for row in found} == set(lifts)
    assert {row[4] for row in found if row[3] == "hour"} == {"14", "18"}
    for *key, count, ratio, low, high in found:
        sample = lifts[tuple(key)]
        assert (count, ratio) == (len(sample), close(math.exp(statistics.fmean(sample))))
        if count < 3:
            assert (low, high) == (None, None)
        else:
            margin = stats.t.ppf(0.975, count - 1) * statistics.stdev(sample) / math.sqrt(count)
            assert low == pytest.approx(math.exp(statistics.fmean(sample) - margin), rel=0.02)
            assert high == pytest.approx(math.exp(statistics.fmean(sample) + margin), rel=0.02)
    assert max(row[5] for row in found) >= 3


def test_subscribers_and_views_are_of_the_same_days(warehouse: Warehouse) -> None:
    latest: dict[tuple[str, str], tuple[date, Line]] = {}
    for payload, partition_on in warehouse.rows("select payload, partition_on from raw_youtube.analytics_daily"):
        key = (payload["video"], payload["day"])
        if key not in latest or latest[key][0] < partition_on:
            latest[key] = (partition_on, payload)
    by_day: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0]))
    for _, payload in latest.values():
        for value in (payload["video"], payload["channel_id"]):
            by_day[value][payload["day"]][0] += payload["subscribersGained"]
            by_day[value][payload["day"]][1] += payload["views"]
    found = warehouse.rows(
        "select value, days_count, views, subscribers_gained, gained_per_1000_views, gained_per_1000_views_low,"
        " gained_per_1000_views_high from reports.rpt_subscriber_conversion where period = '28d' and breakdown <> 'format'"
    )
    assert {row[0] for row in found} == set(by_day)
    for value, days, views, gained, rate, low, high in found:
        parts, wholes = np.array(list(by_day[value].values()), dtype=float).T
        assert (days, views, gained) == (len(parts), wholes.sum(), parts.sum())
        if wholes.sum() <= 0:
            assert (rate, low, high) == (None, None, None)
            continue
        ratio = parts.sum() / wholes.sum()
        assert rate == close(1000 * ratio)
        if days < 3:
            assert (low, high) == (None, None)
            continue
        error = math.sqrt(((parts - ratio * wholes) ** 2).sum() * days / (days - 1)) / wholes.sum()
        margin = 1000 * stats.t.ppf(0.975, days - 1) * error
        assert (low, high) == (
            pytest.approx(max(rate - margin, 0), rel=0.02, abs=1e-6),
            pytest.approx(rate + margin, rel=0.02, abs=1e-6),
        )


def test_pace_of_competitors(warehouse: Warehouse) -> None:
    read_at, before = noon(DAYS[-1]), noon(DAYS[-1]) - timedelta(days=7)
    rivals = [video for video in warehouse.market._rivals if read_at - timedelta(days=28) < video.published_at <= read_at]
    known = [video for video in rivals if "viewCount" in video.resource(read_at)["statistics"]]
    assert (len(rivals), len(known)) == (9, 8)

    def views(video: Any, moment: datetime) -> int:
        return int(video.resource(moment)["statistics"]["viewCount"]) if video.published_at <= moment else 0

    paces = [views(video, read_at) / ((read_at - video.published_at).total_seconds() / 86400) for video in known]
    gained = sum(views(video, read_at) - views(video, before) for video in known)
    [row] = warehouse.rows(
        "select videos_count, videos_per_week, rated_videos_count, median_views_per_day, gained_videos_count, gained_days,"
        " views_gained_per_day from reports.rpt_competitor_pace where format = 'all'"
    )
    assert row == (9, 2.25, 8, close(statistics.median(paces)), 8, 7, close(gained / 7))
    parts = warehouse.rows(
        "select format, videos_count, views_gained_per_day from reports.rpt_competitor_pace where format <> 'all'"
    )
    assert {part[0] for part in parts} == {"short", "long", "unknown"}
    assert sum(part[1] for part in parts) == 9
    assert sum(part[2] or 0 for part in parts) == close(gained / 7)


def test_queries_of_the_guide_have_answers(warehouse: Warehouse) -> None:
    """Each query of docs/guide/questions.md on the market, asked on its last day."""
    text = (ROOT / "docs/guide/questions.md").read_text(encoding="utf-8")
    queries = re.findall(r"```sql\n(.*?);\n```", text, re.DOTALL)
    assert len(queries) == text.count("\n## ") == 10
    for query in queries:
        asked = query.replace("CHANNEL", "UCown0").replace("VIDEO", "own003").replace("current_date", f"date '{DAYS[-1]}'")
        if "rpt_traffic_growth" in query:
            asked = asked.replace("28d", "7d")
        asked = asked.replace("views >= 1000", "views >= 100")
        assert warehouse.rows(asked), query


def test_factor_and_error_of_an_interval(warehouse: Warehouse) -> None:
    """The macros against scipy and against the formula: t within 1 %, the error of a ratio exactly."""
    macros: Any = jinja2.Environment(autoescape=False).from_string((ROOT / "dbt/macros/statistics.sql").read_text()).module
    for freedom, factor in warehouse.rows(
        f"select n, {macros.student_t('n')} from unnest(array[0, 1, 1.9, 2, 2.5, 3, 4, 7.3, 30, 1e6]::double precision[]) as n"
    ):
        assert factor == (None if freedom < 2 else pytest.approx(stats.t.ppf(0.975, freedom), rel=0.01))
    parts, wholes = [3.0, 0.0, 9.0, 4.0], [100.0, 20.0, 180.0, 100.0]
    ratio = sum(parts) / sum(wholes)
    spread = sum((part - ratio * whole) ** 2 for part, whole in zip(parts, wholes, strict=True))
    values = ", ".join(f"({part}::numeric, {whole}::bigint)" for part, whole in zip(parts, wholes, strict=True))
    error = f"select {macros.ratio_error('part', 'whole')} from (values {values}) as days (part, whole)"
    assert warehouse.value(error) == close(math.sqrt(spread * 4 / 3) / sum(wholes))
    assert warehouse.value(f"{error} where whole < 50") is None


FIRST, CHANGE, LAST = date(2026, 1, 1), date(2026, 1, 15), date(2026, 1, 28)
PICTURE_DAYS = [FIRST + timedelta(days=number) for number in range((LAST - FIRST).days + 1)]
Cells = list[tuple[date, str, str, int, float]]
"""(day, source, device, impressions, clicks) of one video."""


def shown_pictures(rng: np.random.Generator, gain: float) -> Cells:
    """A video whose second picture has `gain` times the rate of the first, in a mix that moves to where more click.

    A day's rate differs from the next one's by a third, whatever the picture; on the day of change all click."""
    cells: Cells = []
    for day in PICTURE_DAYS:
        is_second, luck = day >= CHANGE, rng.lognormal(0, 0.3)
        for source, device, rate, early, late in (("S", "TV", 0.12, 200, 800), ("B", "PC", 0.04, 800, 200)):
            impressions = late if is_second else early
            chance = min(rate * luck * (gain if is_second else 1), 0.9)
            clicks = impressions if day == CHANGE else int(rng.binomial(impressions, chance))
            cells.append((day, source, device, impressions, clicks))
    return cells


def plant_pictures(engine: Engine, videos: dict[str, Cells]) -> None:
    """Write videos with two pictures each into the tables that the comparison reads."""
    for day in PICTURE_DAYS:
        sha = {FIRST: "p", CHANGE: "q"}.get(day)
        rows = [RawRow(video, {"video_id": video, "sha256": sha}, "test") for video in videos if sha]
        land(engine, "raw_youtube.thumbnails", day, rows, noon(day))
    published = noon(FIRST) - timedelta(hours=1)
    with engine.begin() as connection, connection.connection.cursor() as cursor:
        cursor.executemany(
            "insert into marts.dim_video (video_id, channel_id, published_at, is_own, first_seen_at)"
            " values (%s, 'c', %s, true, %s)",
            [(video, published, noon(FIRST)) for video in videos],
        )
        cursor.executemany(
            "insert into marts.fct_video_reading (video_id, partition_on, read_at, known_at, channel_id, is_own, source, views)"
            " values (%s, %s, %s, %s, 'c', true, 'videos', 1)",
            [(video, day, noon(day), noon(day)) for video in videos for day in PICTURE_DAYS],
        )
        cursor.executemany(
            "insert into marts.fct_video_reach_daily (video_id, traffic_source, device_type, channel_id, on_date, impressions,"
            " rated_impressions, clicks, partition_on, known_at) values (%s, %s, %s, 'c', %s, %s, %s, %s, %s, %s)",
            [
                (video, source, device, day, impressions, impressions, clicks, day, noon(day))
                for video, cells in videos.items()
                for day, source, device, impressions, clicks in cells
            ],
        )
        cursor.execute("analyze raw_youtube.thumbnails, marts.dim_video, marts.fct_video_reading, marts.fct_video_reach_daily")


def standardised(cells: Cells, weights: dict[str, float]) -> tuple[float, float, int]:
    """Rate in a given mix of sources, its variance by days, and the number of days."""
    days = sorted({cell[0] for cell in cells})
    rate, deviations = 0.0, np.zeros(len(days))
    chance = 0.0
    for source, weight in weights.items():
        own = {cell[0]: cell for cell in cells if cell[1] == source}
        impressions = np.array([own[day][3] for day in days], dtype=float)
        clicks = np.array([own[day][4] for day in days], dtype=float)
        ratio = clicks.sum() / impressions.sum()
        rate += weight * ratio
        deviations += weight * (clicks - ratio * impressions) / impressions.sum()
        chance += weight**2 * ratio * (1 - ratio) / impressions.sum()
    return rate, max((deviations**2).sum() * len(days) / (len(days) - 1), chance), len(days)


@pytest.fixture
def without_pictures_after(warehouse: Warehouse) -> Iterator[None]:
    """What `plant_pictures` wrote past dbt goes again: no landing stands behind it."""
    yield
    with warehouse.engine.begin() as connection:
        for table in ("dim_video", "fct_video_reading", "fct_video_reach_daily"):
            connection.exec_driver_sql(f"delete from marts.{table} where video_id ~ '^(equal|better)'")


@pytest.mark.usefixtures("without_pictures_after")
def test_pictures_are_compared_with_the_scatter_of_days(warehouse: Warehouse) -> None:
    """Against the formula, and on 150 pairs of equal pictures: the comparison finds a winner about as seldom as it says, where a
    binomial test of all impressions finds one nearly always; of 60 pairs of which one gets twice the clicks it finds most."""
    rng = np.random.default_rng(3)
    equal = {f"equal{number:03d}": shown_pictures(rng, 1.0) for number in range(150)}
    unequal = {f"better{number:03d}": shown_pictures(rng, 2.0) for number in range(60)}
    plant_pictures(warehouse.engine, equal | unequal)
    rows = warehouse.rows(
        "select video_id, variant, counted_first_on, counted_last_on, days_count, impressions, clicks, standardised_ctr,"
        " standardised_ctr_low, standardised_ctr_high, ctr_gain, ctr_gain_low, ctr_gain_high, verdict"
        " from youtube_analytics.youtube__thumbnail_experiment where video_id ~ '^(equal|better)' order by 1, 2"
    )
    assert len(rows) == 2 * 210
    verdicts: dict[str, list[str]] = {"equal": [], "better": []}
    naive = 0
    for first, second in zip(rows[::2], rows[1::2], strict=True):
        cells = (equal | unequal)[first[0]]
        before = [cell for cell in cells if cell[0] < CHANGE - timedelta(days=1)]
        after = [cell for cell in cells if cell[0] > CHANGE]
        assert first[2:5] == (FIRST, CHANGE - timedelta(days=2), 13)
        assert second[2:5] == (CHANGE + timedelta(days=1), None, 13)
        shown = {source: sum(cell[3] for cell in before + after if cell[1] == source) for source in "SB"}
        weights = {source: count / sum(shown.values()) for source, count in shown.items()}
        rates = [standardised(part, weights) for part in (before, after)]
        assert (first[7], second[7]) == (close(rates[0][0]), close(rates[1][0]))
        for row, (rate, variance, days) in ((first, rates[0]), (second, rates[1])):
            margin = stats.t.ppf(0.975, days - 1) * math.sqrt(variance)
            assert (rate - row[8], row[9] - rate) == (pytest.approx(margin, rel=0.01), pytest.approx(margin, rel=0.01))
        (one, one_variance, one_days), (two, two_variance, two_days) = rates
        both = one_variance + two_variance
        freedom = both**2 / (one_variance**2 / (one_days - 1) + two_variance**2 / (two_days - 1))
        assert second[10] == close(two - one)
        assert second[12] - second[10] == pytest.approx(stats.t.ppf(0.975, freedom) * math.sqrt(both), rel=0.01)
        assert second[13] == ("better" if second[11] > 0 else "worse" if second[12] < 0 else "open")
        assert first[13] is None
        verdicts["equal" if first[0] in equal else "better"].append(second[13])
        if first[0] in equal:
            (n1, c1), (n2, c2) = ((row[5], row[6]) for row in (first, second))
            pooled = (c1 + c2) / (n1 + n2)
            naive += abs(c2 / n2 - c1 / n1) > 1.96 * math.sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n2))
    assert naive > 140
    assert sum(verdict != "open" for verdict in verdicts["equal"]) <= 15
    assert verdicts["better"].count("better") >= 50


BROKEN = {
    "update marts.fct_video_reach_daily set ctr = 7 where video_id = 'own000'": {"reach_is_in_range"},
    "update marts.fct_video_reach_daily set impressions = impressions + 1, clicks = -9999 where video_id = 'own104'": {
        "every_bulk_report_adds_up",
        "thumbnails_are_compared_soundly",
    },
    "update marts.fct_video_subscription_daily set views = views + 1 where video_id = 'own101'": {"every_bulk_report_adds_up"},
    "drop index marts.{index}; insert into marts.fct_video_subscription_daily"
    " select * from marts.fct_video_subscription_daily where video_id = 'own000'": {
        "fct_video_subscription_daily_has_one_row_per_grain"
    },
    "update marts.fct_search_term set days_count = 0 where place = 1": {"windows_of_search_terms_are_sound"},
    "update marts.fct_video_demographics set views_pct = views_pct / 2 where age_group = '18-24'": {"video_demographics_add_up"},
    "update intermediate.int_video__demographics_weighted set age_group_code = 'AGE_UNKNOWN' where video_id = 'own001'": {
        "age_pivot_rows_add_up",
        "age_demographics_pivot_rows_add_up",
    },
    "update intermediate.int_video__demographics_weighted set segment_views = 'NaN' where video_id = 'own002'": {
        "demographics_report_adds_up",
        "gender_pivot_rows_add_up",
        "gender_demographics_pivot_rows_add_up",
    },
    "update reports.rpt_traffic_growth set days_count = 8 where period = '7d'": {"compared_days_are_in_pairs"},
    "update reports.rpt_retention_drops set lost_pct = -1 where place = 1": {"retention_drops_are_drops"},
    "update reports.rpt_subscriber_conversion set gained_per_1000_views = null where breakdown = 'channel'": {
        "subscriber_conversion_is_sound"
    },
    "update reports.rpt_competitor_pace set gained_videos_count = 99 where format = 'all'": {"competitor_pace_is_sound"},
}
"""Rows that are wrong, and the data tests that find them."""


def test_data_tests_refuse_what_is_broken(warehouse: Warehouse) -> None:
    """Comes last: it spoils the tables. What passes before fails after, each test for its own reason."""
    names = sorted(set().union(*BROKEN.values()))

    def refused() -> set[str]:
        results = warehouse.dbt("test", "--select", *names, may_fail=True)
        results = {name: result for name, result in results.items() if name.startswith("test.")}
        assert len(results) == len(names)
        return {name.split(".")[2] for name, result in results.items() if result["status"] != "pass"}

    assert refused() == set()
    [index] = warehouse.rows(
        "select indexname from pg_indexes where tablename = 'fct_video_subscription_daily' and indexdef ~ 'UNIQUE'"
    )
    with warehouse.engine.begin() as connection:
        for statement in BROKEN:
            connection.exec_driver_sql(statement.replace("{index}", f'"{index[0]}"'))
    assert refused() == set(names)
