"""Are the figures of the warehouse right? Recomputed from raw tables by other means, and compared. Prints JSON lines.

`python benchmarks/truth.py [--data DIR] [--channels 4] [--days 42] [--folder DIR] [--planted]`

A market in bad weather (benchmarks/bad_weather.py) is landed and built by dbt; then each figure is computed again in polars from
`raw_youtube`, `raw_reporting` and `ops` alone, by what the sources' payloads mean and the models' descriptions promise, without
any of dbt's SQL, and every row of it is compared: counts and micro-USD exactly, ratios to nine digits. The exit status is 1 where
one differs.

- figure: rows compared, rows equal, and the worst difference, with the key of that row.
- planted: with --planted, errors are put into copies of the warehouse's tables, each alone, and which figures notice is told; one
  that nobody notices makes the exit status 1.

With --folder the state is kept, and a second call only builds and compares."""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl
from sqlalchemy import Connection, Engine

sys.path.insert(0, str(Path(__file__).parent))

from bad_weather import make_weather

from connectors.simulator.process import SimulatorControl, simulator_process
from core.postgres.address import DatabaseAddress
from core.postgres.cluster import EmbeddedPostgres
from core.postgres.engine import create_engine
from core.postgres.migrations import migrate
from core.settings import Settings
from orchestration.warehouse import DBT, PROJECT

LAST = date(2026, 6, 8)
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
RATIO = 1e-9
"""Relative difference that floating point may make where sums are added in another order."""

DAY, VIDEO, CHANNEL = "on_date", "video_id", "channel_id"


def tell(**figures: Any) -> None:
    print(json.dumps(figures, default=str), flush=True)


class Raw:
    """What was landed, one fact a frame: of each key the answer that was fetched last, of each report the one made last."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def read(self, query: str) -> pl.DataFrame:
        return pl.read_database(query, self._connection, infer_schema_length=None)

    def has(self, table: str) -> bool:
        return bool(self._connection.exec_driver_sql("select to_regclass(%s) is not null", (table,)).scalar_one())

    def _answers(self, table: str, key: str, columns: str) -> pl.DataFrame:
        """The answers of an Analytics query, of each key the one fetched last."""
        found = self.read(f"select payload ->> 'channel_id' as channel_id, {key}, {columns}, fetched_at from {table}")
        keys = [name.rpartition(" as ")[2].strip() for name in key.split(",")]
        return found.sort("fetched_at").unique([CHANNEL, *keys], keep="last", maintain_order=True)

    @cached_property
    def daily(self) -> pl.DataFrame:
        """Own videos by day."""
        return self._answers("raw_youtube.analytics_daily", f"{_VIDEO}, {_DAY}", _WATCHED)

    @cached_property
    def money(self) -> pl.DataFrame:
        """Revenue of own videos by day."""
        return self._answers("raw_youtube.analytics_revenue", f"{_VIDEO}, {_DAY}", _MONEY)

    @cached_property
    def channel_daily(self) -> pl.DataFrame:
        """Own channels by day, all of their videos."""
        return self._answers("raw_youtube.analytics_channel_daily", _DAY, _WATCHED)

    @cached_property
    def channel_money(self) -> pl.DataFrame:
        """Revenue of own channels by day; a day that an answer leaves out amid others earned nothing."""
        return self._answers("raw_youtube.analytics_channel_revenue", _DAY, _MONEY)

    def report(self, table: str, columns: str) -> pl.DataFrame:
        """The lines of a bulk report: of each channel and day those of the report that YouTube made last, each line once."""
        found = self.read(
            f"select row_key, payload ->> 'channel_id' as channel_id, to_date(payload ->> 'date', 'YYYYMMDD') as on_date,"
            f" (payload ->> 'report_created_at')::timestamptz as made_at, fetched_at, {columns} from {table}"
        )
        newest = found.group_by(CHANNEL, DAY).agg(pl.col("made_at").max())
        lines = found.join(newest, on=[CHANNEL, DAY, "made_at"])
        return lines.sort("fetched_at").unique("row_key", keep="last", maintain_order=True)

    @cached_property
    def reach(self) -> pl.DataFrame:
        """Impressions and their share of clicks of own videos by day."""
        return self.report(
            "raw_reporting.channel_reach_basic_a1",
            "payload ->> 'video_id' as video_id, nullif(payload ->> 'video_thumbnail_impressions', '')::bigint as impressions,"
            " nullif(payload ->> 'video_thumbnail_impressions_ctr', '')::float8 as ctr",
        )

    @cached_property
    def traffic(self) -> pl.DataFrame:
        """Views of own videos by day and code of the traffic source."""
        return self.report(
            "raw_reporting.channel_traffic_source_a3",
            "payload ->> 'video_id' as video_id, payload ->> 'traffic_source_type' as code,"
            " nullif(payload ->> 'views', '')::bigint as views",
        )

    @cached_property
    def basic(self) -> pl.DataFrame:
        """Views of own videos by day and audience."""
        return self.report("raw_reporting.channel_basic_a3", f"{_AUDIENCE}, nullif(payload ->> 'views', '')::bigint as views")

    @cached_property
    def demographics(self) -> pl.DataFrame:
        """Shares of age groups and genders in audiences of own videos by day."""
        return self.report(
            "raw_reporting.channel_demographics_a1",
            f"{_AUDIENCE}, payload ->> 'age_group' as age_code, payload ->> 'gender' as gender_code,"
            " nullif(payload ->> 'views_percentage', '')::float8 as pct",
        )

    @cached_property
    def combined_reach(self) -> pl.DataFrame:
        """Impressions of own videos by day, code of the traffic source and code of the device."""
        return self.report(
            "raw_reporting.channel_reach_combined_a1",
            "payload ->> 'video_id' as video_id, payload ->> 'traffic_source_type' as source_code,"
            " payload ->> 'device_type' as device_code,"
            " nullif(payload ->> 'video_thumbnail_impressions', '')::bigint as impressions,"
            " nullif(payload ->> 'video_thumbnail_impressions_ctr', '')::float8 as ctr",
        )

    def whole_days(self, table: str, columns: str) -> pl.DataFrame:
        """The answers of a query that splits a channel's days: of each channel and day those of the fetch that came last."""
        found = self.read(f"select payload ->> 'channel_id' as channel_id, {_DAY}, {columns}, fetched_at from {table}")
        newest = found.group_by(CHANNEL, DAY).agg(pl.col("fetched_at").max())
        return found.join(newest, on=[CHANNEL, DAY, "fetched_at"])

    @cached_property
    def channel_traffic(self) -> pl.DataFrame:
        """Views of own channels by day and traffic source."""
        columns = "payload ->> 'insightTrafficSourceType' as code, (payload ->> 'views')::bigint as views"
        return self.whole_days("raw_youtube.analytics_traffic", columns)

    def named(self, dimension: str, code: str = "code") -> pl.DataFrame:
        """What the codes of a dimension mean: data of the project's own, not of the warehouse's making."""
        codes = pl.read_csv(PROJECT / "seeds" / "report_codes.csv", infer_schema=False)
        return codes.filter((pl.col("dimension") == dimension) & pl.col(code).is_not_null()).select(code=code, meaning="name")

    @cached_property
    def uploads(self) -> pl.DataFrame:
        """Own videos as they were last read."""
        own = " union all ".join(
            f"select row_key as video_id, payload, fetched_at from {table}"
            for table in ("raw_youtube.videos", "raw_youtube.uploads")
            if self.has(table)
        )
        return (
            self.read(
                "select video_id, payload #>> '{snippet,channelId}' as channel_id,"
                " (payload #>> '{snippet,publishedAt}')::timestamptz as published_at,"
                " payload #>> '{contentDetails,duration}' as duration, payload #>> '{status,privacyStatus}' as privacy,"
                f" fetched_at from ({own}) as own"
            )
            .sort("fetched_at")
            .unique(VIDEO, keep="last", maintain_order=True)
        )

    @cached_property
    def counts(self) -> pl.DataFrame:
        """Public counts of own videos, with the moment of each."""
        return self.read(
            """
            select payload ->> 'video_id' as video_id, (payload ->> 'read_at')::timestamptz as read_at,
                (payload ->> 'viewCount')::bigint as views
            from raw_youtube.snapshots
            union
            select row_key, fetched_at, (payload #>> '{statistics,viewCount}')::bigint from raw_youtube.videos
            """
        ).drop_nulls("views")

    @cached_property
    def unpaid(self) -> pl.DataFrame:
        """Channels of which YouTube itself said that they are not monetised."""
        return self.read("select channel_id, 0::bigint as nothing from ops.channels where not is_monetized")

    @cached_property
    def income(self) -> pl.DataFrame:
        """Income that others paid and that is certain, or was taken back."""
        return self.read(
            """
            select channel_id, video_id, earned_on, amount_usd_micros from ops.revenue_records as record
            where status in ('confirmed', 'reversed')
                and not exists (select from ops.revenue_records as later where later.follows_record_id = record.record_id)
            """
        )

    @cached_property
    def costs(self) -> pl.DataFrame:
        """What was paid, by slot, with the slot's channel and video: a reservation that stands open was not paid."""
        return self.read(
            """
            select entry.slot_id, entry.paid as cost, coalesce(made.channel_id, calendar.channel_id) as channel_id,
                coalesce(made.video_id, film.youtube_video_id) as video_id
            from (
                select labels ->> 'slot' as slot_id, reservation_id, sum(change)::bigint as paid
                from ops.ledger_entries where ledger = 'cost'
                group by 1, 2 having bool_or(event = 'committed')
            ) as entry
            left join ops.publications as made on made.slot_id = entry.slot_id
            left join ops.content_calendar as calendar on calendar.slot_id = entry.slot_id
            left join ops.videos as film on film.slot_id = entry.slot_id
            """
        )


_VIDEO = "payload ->> 'video' as video_id"
_AUDIENCE = """
    payload ->> 'video_id' as video_id, payload ->> 'live_or_on_demand' as live,
    payload ->> 'subscribed_status' as subscribed_status, payload ->> 'country_code' as country_code
"""
_DAY = "(payload ->> 'day')::date as on_date"
_WATCHED = """
    (payload ->> 'views')::bigint as views, (payload ->> 'engagedViews')::bigint as engaged_views,
    (payload ->> 'estimatedMinutesWatched')::float8 as watch_minutes,
    (payload ->> 'averageViewPercentage')::float8 as average_view_pct,
    (payload ->> 'averageViewDuration')::float8 as average_view_seconds,
    (payload ->> 'likes')::bigint as likes, (payload ->> 'comments')::bigint as comments,
    (payload ->> 'shares')::bigint as shares,
    (payload ->> 'subscribersGained')::bigint as gained, (payload ->> 'subscribersLost')::bigint as lost
"""
_MONEY = """
    round((payload ->> 'estimatedRevenue')::numeric * 1000000)::bigint as revenue,
    round((payload ->> 'estimatedAdRevenue')::numeric * 1000000)::bigint as ad_revenue
"""


def share(value: str, of: str) -> pl.Expr:
    """A ratio of sums over the rows that know both; null where there is none."""
    both = pl.col(value).is_not_null() & pl.col(of).is_not_null()
    below = pl.col(of).filter(both).sum()
    return pl.when(below > 0).then(pl.col(value).filter(both).sum() / below)


def total(column: str) -> pl.Expr:
    """The sum of what is known; null where nothing is."""
    return pl.when(pl.col(column).is_not_null().any()).then(pl.col(column).sum())


def known_days(column: str) -> pl.Expr:
    """How many days are known; null for none."""
    count = pl.col(column).is_not_null().sum()
    return pl.when(count > 0).then(count)


def weighted(column: str, weight: str = "views") -> pl.Expr:
    """A mean by weights over the rows that know both."""
    both = pl.col(column).is_not_null() & pl.col(weight).is_not_null()
    below = pl.col(weight).filter(both).sum()
    return pl.when(below > 0).then((pl.col(column) * pl.col(weight)).filter(both).sum() / below)


def per_thousand(money: str, views: str = "views") -> pl.Expr:
    """Micro-USD per thousand views, over the rows that know both, rounded half away from zero."""
    exact = share(money, views) * 1000
    return (exact.sign() * (exact.abs() + 0.5).floor()).cast(pl.Int64)


class Truth(Raw):
    """What follows from the raw facts."""

    @cached_property
    def video_days(self) -> pl.DataFrame:
        """Own videos by day, as far as any source knows them."""
        reach = self.reach.group_by(CHANNEL, VIDEO, DAY).agg(
            pl.col("impressions").sum(),
            (pl.col("impressions") * pl.col("ctr")).sum().alias("clicks"),
            weighted("ctr", "impressions").alias("ctr"),
        )
        keys = [CHANNEL, VIDEO, DAY]
        days = self.daily.drop("fetched_at").join(self.money.drop("fetched_at"), on=keys, how="full", coalesce=True)
        return days.join(reach, on=keys, how="full", coalesce=True).with_columns(
            (pl.col("gained") - pl.col("lost")).alias("net"), (pl.col("watch_minutes")).alias("watch_minutes")
        )

    @cached_property
    def channel_days(self) -> pl.DataFrame:
        """Own channels by day: of the channel's own answers where they are asked for, else of its videos' added up."""
        reach = (
            self.reach.with_columns((pl.col("impressions") * pl.col("ctr")).alias("clicks"))
            .group_by(CHANNEL, DAY)
            .agg(total("impressions").alias("impressions"), share("clicks", "impressions").alias("ctr"))
        )
        figures = ("views", "engaged_views", "watch_minutes", "likes", "comments", "shares", "gained", "lost")
        if self.has("raw_youtube.analytics_channel_daily"):
            days = self.channel_daily.drop("fetched_at")
            money = self.channel_money.drop("fetched_at")
        else:
            days = self.daily.group_by(CHANNEL, DAY).agg([total(name).alias(name) for name in figures])
            money = self.money.group_by(CHANNEL, DAY).agg(total("revenue").alias("revenue"))
        found = days.join(money, on=[CHANNEL, DAY], how="full", coalesce=True)
        found = found.join(reach, on=[CHANNEL, DAY], how="full", coalesce=True)
        return found.with_columns((pl.col("gained") - pl.col("lost")).alias("net"))

    def period(self, first_back: int, last_back: int) -> pl.DataFrame:
        """The channel days from so many to so many days before the last one of the channel whose views are known."""
        last = self.channel_days.drop_nulls("views").group_by(CHANNEL).agg(pl.col(DAY).max().alias("last_on"))
        found = self.channel_days.join(last, on=CHANNEL)
        age = (pl.col("last_on") - pl.col(DAY)).dt.total_days()
        return found.filter(age.is_between(last_back, first_back))

    @cached_property
    def video_90d(self) -> pl.DataFrame:
        """The video days of the last ninety known days of their channel."""
        last = self.channel_days.drop_nulls("views").group_by(CHANNEL).agg(pl.col(DAY).max().alias("last_on"))
        age = (pl.col("last_on") - pl.col(DAY)).dt.total_days()
        return self.video_days.join(last, on=CHANNEL).filter(age.is_between(0, 89))

    @cached_property
    def launches(self) -> pl.DataFrame:
        """Views of own videos at three ages, between the counts before and after on the logarithm of age."""
        published = self.uploads.select(VIDEO, "published_at")
        counts = self.counts.join(published, on=VIDEO).with_columns(
            ((pl.col("read_at") - pl.col("published_at")).dt.total_microseconds() / 3.6e9).alias("age")
        )
        counts = counts.filter(pl.col("age") > 0)
        ages = []
        for hours in (24, 48, 168):
            before = counts.filter(pl.col("age") <= hours).sort("age").group_by(VIDEO).last().select(VIDEO, a="age", low="views")
            after = counts.filter(pl.col("age") >= hours).sort("age").group_by(VIDEO).first().select(VIDEO, b="age", high="views")
            both = before.join(after, on=VIDEO).filter((pl.col("a") * 2 >= hours) & (pl.col("b") <= hours * 2))
            part = pl.when(pl.col("b") > pl.col("a")).then(
                (math.log(hours) - pl.col("a").log()) / (pl.col("b").log() - pl.col("a").log())
            )
            at = pl.col("low") + (pl.col("high") - pl.col("low")) * part.otherwise(0.0)
            ages.append(both.select(VIDEO, horizon_hours=pl.lit(hours, pl.Int64), value=(at + 0.5).floor().cast(pl.Int64)))
        return pl.concat(ages)

    @cached_property
    def own_videos(self) -> pl.DataFrame:
        """Every video that a list of uploads or a report tells of, and its channel."""
        told = (self.uploads, self.daily, self.money, self.reach, self.traffic, self.basic)
        return pl.concat(part.select(VIDEO, CHANNEL) for part in told).unique()

    @cached_property
    def video_totals(self) -> pl.DataFrame:
        """Own videos over all days that are known, with their income and cost; a channel that is not paid earned nothing."""
        days = self.video_days.group_by(VIDEO).agg(
            total("views").alias("views"), total("revenue").alias("youtube"), per_thousand("revenue").alias("rpm")
        )
        income = self.income.drop_nulls(VIDEO).group_by(VIDEO).agg(pl.col("amount_usd_micros").sum().alias("others"))
        cost = self.costs.drop_nulls(VIDEO).group_by(VIDEO).agg(pl.col("cost").sum())
        found = self.own_videos.join(days, on=VIDEO, how="left").join(self.unpaid, on=CHANNEL, how="left")
        found = found.with_columns(youtube=pl.coalesce("youtube", "nothing"))
        found = found.join(income, on=VIDEO, how="left").join(cost, on=VIDEO, how="left")
        found = found.with_columns(income=pl.col("youtube") + pl.col("others").fill_null(0))
        return found.with_columns(profit=pl.col("income") - pl.col("cost"))

    @cached_property
    def channel_months(self) -> pl.DataFrame:
        """What YouTube paid each channel in a Pacific month; a channel that is not paid earned nothing."""
        months = self.channel_days.with_columns(month_on=pl.col(DAY).dt.truncate("1mo"))
        sums = months.group_by(CHANNEL, "month_on").agg(total("revenue").alias("revenue"))
        return sums.join(self.unpaid, on=CHANNEL, how="left").with_columns(revenue=pl.coalesce("revenue", "nothing"))

    @cached_property
    def curves(self) -> pl.DataFrame:
        """Retention curves of own videos, by the age in days that each was taken at."""
        found = self.read(
            """
            select payload ->> 'video' as video_id, (payload ->> 'end')::date - (payload ->> 'start')::date as age_days,
                (point ->> 0)::float8 as elapsed_ratio, (point ->> 1)::float8 as watched, fetched_at
            from raw_youtube.analytics_retention, jsonb_array_elements(payload -> 'curve') as point
            """
        )
        keys = [VIDEO, "age_days", "elapsed_ratio"]
        return found.sort("fetched_at").unique(keys, keep="last", maintain_order=True)


@dataclass(frozen=True)
class Figure:
    """A figure of the warehouse and how it is computed again.

    Attributes:
        keys: columns that tell its rows apart.
        relation: where the warehouse has it, with a condition where not all rows are meant.
        said: expression of it there.
        truth: the keys and `value` from raw tables.
        tolerance: relative difference that is allowed; 0 for counts and money.
    """

    name: str
    keys: tuple[str, ...]
    relation: str
    said: str
    truth: Callable[[Truth], pl.DataFrame]
    tolerance: float = 0.0


@dataclass
class Compared:
    """What a comparison found; `first` is the key of a row that differs, the worst one."""

    compared: int = 0
    equal: int = 0
    worst: float = 0.0
    first: dict[str, Any] = field(default_factory=dict)

    @property
    def outcome(self) -> tuple[int, int, float]:
        return self.compared, self.equal, self.worst

    @property
    def is_right(self) -> bool:
        return self.compared > 0 and self.equal == self.compared


def compare(figure: Figure, truth: pl.DataFrame, found: pl.DataFrame) -> Compared:
    """Row by row: a row that one side lacks is as wrong as a value that differs, but a row without a value may be left out."""
    keys = list(figure.keys)
    twice = found.group_by(keys).len().filter(pl.col("len") > 1)
    said = found.unique(keys, keep="first").select(*keys, pl.col("value").cast(pl.Float64).alias("said"))
    right = truth.select(*keys, pl.col("value").cast(pl.Float64).alias("right"))
    both = right.join(said, on=keys, how="full", coalesce=True, nulls_equal=True)
    both = both.filter(pl.col("right").is_not_null() | pl.col("said").is_not_null())
    gap = (pl.col("right") - pl.col("said")).abs()
    allowed = pl.max_horizontal(pl.col("right").abs(), pl.lit(1.0)) * figure.tolerance
    wrong = both.with_columns(gap.fill_null(math.inf).alias("gap")).filter(pl.col("gap").is_nan() | (pl.col("gap") > allowed))
    result = Compared(both.height + twice.height, both.height - wrong.height)
    if wrong.height:
        worst = wrong.sort("gap", *keys, descending=[True, *[False] * len(keys)]).row(0, named=True)
        result.worst, result.first = worst.pop("gap"), worst
    elif twice.height:
        result.worst, result.first = math.inf, {**twice.row(0, named=True), "rows": twice["len"][0]}
    return result


def _day(name: str, of: str, tolerance: float = 0.0, *, value: str | None = None) -> Figure:
    def truth(raw: Truth) -> pl.DataFrame:
        return raw.video_days.with_columns(value=pl.col(of))

    return Figure(f"video day: {name}", (VIDEO, DAY), "marts.fct_video_daily", value or of, truth, tolerance)


def _channel_day(name: str, of: str, value: str, tolerance: float = 0.0) -> Figure:
    def truth(raw: Truth) -> pl.DataFrame:
        return raw.channel_days.with_columns(value=pl.col(of))

    return Figure(f"channel day: {name}", (CHANNEL, DAY), "marts.fct_channel_daily", value, truth, tolerance)


_PERIODS = {"28d": (27, 0), "previous_28d": (55, 28), "90d": (89, 0)}


def _period(name: str, value: str, of: pl.Expr, tolerance: float = 0.0) -> Figure:
    def truth(raw: Truth) -> pl.DataFrame:
        return pl.concat(
            raw.period(*days).group_by(CHANNEL).agg(of.alias("value")).with_columns(period=pl.lit(period))
            for period, days in _PERIODS.items()
        )

    return Figure(f"channel period: {name}", (CHANNEL, "period"), "reports.rpt_channel_overview", value, truth, tolerance)


def _video(name: str, value: str, of: pl.Expr, tolerance: float = 0.0) -> Figure:
    def truth(raw: Truth) -> pl.DataFrame:
        return raw.video_90d.group_by(VIDEO).agg(of.alias("value"))

    return Figure(f"video 90d: {name}", (VIDEO,), "reports.rpt_video_report", value, truth, tolerance)


def _total(name: str, value: str, of: pl.Expr, tolerance: float = 0.0) -> Figure:
    def truth(raw: Truth) -> pl.DataFrame:
        return raw.video_totals.select(VIDEO, value=of)

    return Figure(f"video: {name}", (VIDEO,), "finance.fct_video_profit", value, truth, tolerance)


def _launch(truth: Truth) -> pl.DataFrame:
    return truth.launches


def _traffic(truth: Truth) -> pl.DataFrame:
    days = truth.traffic.group_by(VIDEO, DAY, "code").agg(pl.col("views").sum())
    named = days.join(truth.named("traffic_source_type"), on="code", how="left")
    return named.select(VIDEO, DAY, traffic_source=pl.coalesce("meaning", "code"), value="views")


def _reach(of: pl.Expr) -> Callable[[Truth], pl.DataFrame]:
    def truth(raw: Truth) -> pl.DataFrame:
        lines = raw.combined_reach.with_columns(clicks=pl.col("impressions") * pl.col("ctr"))
        days = lines.group_by(VIDEO, DAY, "source_code", "device_code").agg(of.alias("value"))
        named = days.join(raw.named("traffic_source_type"), left_on="source_code", right_on="code", how="left")
        named = named.join(raw.named("device_type"), left_on="device_code", right_on="code", how="left", suffix="_device")
        return named.select(
            *(VIDEO, DAY, "value"),
            traffic_source=pl.coalesce("meaning", "source_code"),
            device_type=pl.coalesce("meaning_device", "device_code"),
        )

    return truth


def _subscription(truth: Truth) -> pl.DataFrame:
    return truth.basic.group_by(VIDEO, DAY, "subscribed_status").agg(total("views").alias("value"))


def _segments(truth: Truth) -> pl.DataFrame:
    """Shares of age groups and genders of the last 28 days of a channel's report, each audience counting by its views."""
    audience = [CHANNEL, DAY, VIDEO, "live", "subscribed_status", "country_code"]
    told = truth.demographics.join(truth.basic.select(*audience, "views"), on=audience)
    last = truth.demographics.group_by(CHANNEL).agg(pl.col(DAY).max().alias("last_on"))
    told = told.join(last, on=CHANNEL).filter((pl.col("last_on") - pl.col(DAY)).dt.total_days() < 28)
    told = told.with_columns(part=pl.col("views") * pl.col("pct") / pl.col("pct").sum().over(audience))
    parts = told.group_by(VIDEO, "age_code", "gender_code").agg(pl.col("part").sum())
    shares = parts.with_columns(value=100 * pl.col("part") / pl.col("part").sum().over(VIDEO))
    shares = shares.join(truth.named("age_group"), left_on="age_code", right_on="code", how="left")
    shares = shares.join(truth.named("gender"), left_on="gender_code", right_on="code", how="left", suffix="_gender")
    return shares.select(
        *(VIDEO, "value"),
        age_group=pl.coalesce("meaning", "age_code"),
        gender=pl.coalesce(pl.col("meaning_gender"), pl.col("gender_code").str.to_lowercase()),
    )


def _retention(truth: Truth) -> pl.DataFrame:
    return truth.curves.select(VIDEO, "age_days", "elapsed_ratio", value="watched")


def _growth(column: str) -> Callable[[Truth], pl.DataFrame]:
    """Views of own channels by traffic source, of days whose counterpart before is known too, in two lengths of period."""

    def truth(raw: Truth) -> pl.DataFrame:
        days = raw.channel_traffic
        known = days.select(CHANNEL, DAY).unique()
        last = known.group_by(CHANNEL).agg(pl.col(DAY).max().alias("last_on"))
        parts = []
        for length in (7, 28):
            step = timedelta(days=length)
            pairs = known.join(known.select(CHANNEL, pl.col(DAY) + step), on=[CHANNEL, DAY]).join(last, on=CHANNEL)
            pairs = pairs.filter((pl.col("last_on") - pl.col(DAY)).dt.total_days() < length).drop("last_on")
            now = days.join(pairs, on=[CHANNEL, DAY]).group_by(CHANNEL, "code").agg(pl.col("views").sum())
            before = days.with_columns(pl.col(DAY) + step).join(pairs, on=[CHANNEL, DAY])
            before = before.group_by(CHANNEL, "code").agg(pl.col("views").sum().alias("before"))
            both = now.join(before, on=[CHANNEL, "code"], how="full", coalesce=True).with_columns(
                pl.col("views", "before").fill_null(0), period=pl.lit(f"{length}d")
            )
            parts.append(both.with_columns(share=100 * pl.col("views") / pl.col("views").sum().over(CHANNEL)))
        named = pl.concat(parts).join(raw.named("traffic_source_type", "query_name"), on="code", how="left")
        return named.select(CHANNEL, "period", traffic_source=pl.coalesce("meaning", "code"), value=column)

    return truth


def _first_week(of: pl.Expr) -> Callable[[Truth], pl.DataFrame]:
    """Of own videos whose first seven Pacific days the channel's reports cover, and whose thumbnail was shown 500 times."""

    def truth(raw: Truth) -> pl.DataFrame:
        covered = raw.reach.select(CHANNEL, DAY).unique()
        first = pl.col("published_at").dt.convert_time_zone("America/Los_Angeles").dt.date()
        weeks = raw.uploads.select(VIDEO, CHANNEL, first_on=first)
        weeks = weeks.join(covered, on=CHANNEL).filter((pl.col(DAY) - pl.col("first_on")).dt.total_days().is_between(0, 6))
        whole = weeks.group_by(VIDEO).len().filter(pl.col("len") == 7)
        lines = raw.video_days.join(weeks, on=[VIDEO, CHANNEL, DAY]).join(whole, on=VIDEO).drop_nulls(["impressions", "ctr"])
        sums = lines.group_by(VIDEO).agg(pl.col("impressions").sum(), (pl.col("clicks").sum() + 0.5).floor().alias("clicks"))
        return sums.filter(pl.col("impressions") >= 500).select(VIDEO, value=of)

    return truth


SHORT_SINCE = date(2024, 10, 15)
"""From then on YouTube makes Shorts of videos up to three minutes."""


def _format(truth: Truth) -> pl.DataFrame:
    """1 for Shorts, 2 for long videos, 3 for streams that are on."""
    clock = pl.col("duration").str.extract_groups(r"^P(?:(?<d>\d+)D)?(?:T(?:(?<h>\d+)H)?(?:(?<m>\d+)M)?(?:(?<s>\d+)S)?)?$")
    seconds = pl.sum_horizontal(
        clock.struct.field(name).cast(pl.Int64).fill_null(0) * unit
        for name, unit in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1))
    )
    longest = pl.when(pl.col("published_at").dt.date() >= SHORT_SINCE).then(180).otherwise(60)
    kind = pl.when(pl.col("duration") == "P0D").then(3).when(seconds <= longest).then(1).otherwise(2)
    return truth.uploads.drop_nulls("duration").select(VIDEO, value=kind)


def _compared(column: str) -> Callable[[Truth], pl.DataFrame]:
    """A figure over the days of a period that know all compared figures, and so do the days as long before."""

    def truth(raw: Truth) -> pl.DataFrame:
        days = raw.channel_days.with_columns(days=pl.lit(1))
        last = days.drop_nulls("views").group_by(CHANNEL).agg(pl.col(DAY).max().alias("last_on"))
        parts = []
        for period, (first_back, last_back) in _PERIODS.items():
            step = timedelta(days=first_back - last_back + 1)
            pairs = days.join(days.with_columns(pl.col(DAY) + step), on=[CHANNEL, DAY], suffix="_before").join(last, on=CHANNEL)
            pairs = pairs.filter((pl.col("last_on") - pl.col(DAY)).dt.total_days().is_between(last_back, first_back))
            for (channel,), some in pairs.group_by(CHANNEL):
                known = {
                    name: some[name].is_not_null() & some[f"{name}_before"].is_not_null()
                    for name in ("views", "watch_minutes", "net", "impressions", "revenue")
                }
                most = max(int(of.sum()) for of in known.values())
                held = {name: of for name, of in known.items() if 2 * int(of.sum()) >= most > 0}
                all_held = pl.Series([all(row) for row in zip(*held.values(), strict=True)], dtype=pl.Boolean)
                is_said = column in held or column == "days"
                value = some.filter(all_held)[column].sum() if is_said and all_held.any() else None
                parts.append({CHANNEL: channel, "period": period, "value": value})
        return pl.DataFrame(parts, infer_schema_length=None)

    return truth


PERIOD, OVERVIEW = (CHANNEL, "period"), "reports.rpt_channel_overview"
REACHED, REACH = (VIDEO, DAY, "traffic_source", "device_type"), "marts.fct_video_reach_daily"
GROWN, GROWTH = (CHANNEL, "period", "traffic_source"), "reports.rpt_traffic_growth"
CTR = "labels.lbl_video__ctr"
_OWN = "is_own and format is not null"
_FORMATS = "case format when 'short' then 1 when 'long' then 2 when 'live' then 3 end"

FIGURES = (
    _day("views", "views"),
    _day("engaged views", "engaged_views"),
    _day("watch time", "watch_minutes", RATIO),
    _day("average share watched", "average_view_pct", RATIO),
    _day("likes", "likes"),
    _day("subscribers", "net", value="subscribers_gained - subscribers_lost"),
    _day("impressions", "impressions"),
    _day("click-through rate", "ctr", RATIO),
    _day("revenue", "revenue", value="revenue_usd_micros"),
    _channel_day("views", "views", "views"),
    _channel_day("engaged views", "engaged_views", "engaged_views"),
    _channel_day("watch time", "watch_minutes", "watch_minutes", RATIO),
    _channel_day("subscribers", "net", "subscribers_gained - subscribers_lost"),
    _channel_day("impressions", "impressions", "impressions"),
    _channel_day("click-through rate", "ctr", "ctr", RATIO),
    _channel_day("revenue", "revenue", "revenue_usd_micros"),
    _period("views", "views", total("views")),
    _period("watch time", "watch_minutes", total("watch_minutes"), RATIO),
    _period("subscribers", "subscribers_net", total("net")),
    _period("impressions", "impressions", total("impressions")),
    _period("revenue", "revenue_usd_micros", total("revenue")),
    _period("days", "days_count", pl.col("views").is_not_null().sum()),
    _video("views", "views_90d", total("views")),
    _video("watch time", "watch_minutes_90d", total("watch_minutes"), RATIO),
    _video("average share watched", "average_view_pct_90d", weighted("average_view_pct"), RATIO),
    _video("likes", "likes_90d", total("likes")),
    _video("subscribers", "subscribers_net_90d", total("net")),
    _video("impressions", "impressions_90d", total("impressions")),
    _video("click-through rate", "ctr_90d", share("clicks", "impressions"), RATIO),
    _video("revenue", "revenue_usd_micros_90d", total("revenue")),
    _period("days whose views are known", "views_known_days", pl.col("views").is_not_null().sum()),
    _period("days whose revenue is known", "revenue_known_days", pl.col("revenue").is_not_null().sum()),
    _period("RPM", "youtube_rpm_usd_micros", per_thousand("revenue")),
    Figure("channel period: days compared", PERIOD, OVERVIEW, "nullif(compared_days, 0)", _compared("days")),
    Figure("channel period: views compared", PERIOD, OVERVIEW, "compared_views", _compared("views")),
    Figure("channel period: revenue compared", PERIOD, OVERVIEW, "compared_revenue_usd_micros", _compared("revenue")),
    _video("RPM", "youtube_rpm_usd_micros_90d", per_thousand("revenue")),
    _video("days whose revenue is known", "nullif(revenue_known_days_90d, 0)", known_days("revenue")),
    _total("views", "views", pl.col("views")),
    _total("income", "revenue_usd_micros", pl.col("income")),
    _total("cost", "cost_usd_micros", pl.col("cost")),
    _total("profit", "profit_usd_micros", pl.col("profit")),
    _total("RPM", "youtube_rpm_usd_micros", pl.col("rpm")),
    Figure(
        "channel: cost, failed slots too",
        (CHANNEL,),
        "(select channel_id, sum(cost_usd_micros) as cost from finance.fct_channel_profit group by 1) as months",
        "nullif(cost, 0)",
        lambda truth: truth.costs.group_by(CHANNEL).agg(pl.col("cost").sum().alias("value")),
    ),
    Figure(
        "channel month: paid by YouTube",
        (CHANNEL, "month_on"),
        "finance.fct_channel_profit",
        "ads_usd_micros + premium_usd_micros + other_usd_micros",
        lambda truth: truth.channel_months.with_columns(value="revenue"),
    ),
    Figure(
        "video: views at 24, 48 and 168 hours",
        (VIDEO, "horizon_hours"),
        "marts.fct_video_launch where horizon_hours > 1 and channel_id in (select channel_id from ops.channels)",
        "views",
        _launch,
    ),
    Figure(
        "video: retention by age",
        (VIDEO, "age_days", "elapsed_ratio"),
        "marts.fct_video_retention",
        "audience_watch_ratio",
        _retention,
        RATIO,
    ),
    Figure("video: format", (VIDEO,), f"marts.dim_video where {_OWN}", _FORMATS, _format),
    Figure("video: impressions of the first week", (VIDEO,), CTR, "impressions", _first_week(pl.col("impressions"))),
    Figure("video: CTR of the first week", (VIDEO,), CTR, "ctr", _first_week(pl.col("clicks") / pl.col("impressions")), RATIO),
    Figure(
        "video: shares of age and gender",
        (VIDEO, "age_group", "gender"),
        "marts.fct_video_demographics where period = '28d'",
        "views_pct",
        _segments,
        RATIO,
    ),
    Figure(
        "video day: views by traffic source",
        (VIDEO, DAY, "traffic_source"),
        "marts.fct_video_traffic_daily",
        "views",
        _traffic,
    ),
    Figure("video day: impressions by source and device", REACHED, REACH, "impressions", _reach(total("impressions"))),
    Figure("video day: CTR by source and device", REACHED, REACH, "ctr", _reach(share("clicks", "impressions")), RATIO),
    Figure(
        "video day: views by subscription",
        (VIDEO, DAY, "subscribed_status"),
        "marts.fct_video_subscription_daily",
        "views",
        _subscription,
    ),
    Figure("channel period: views by traffic source", GROWN, GROWTH, "views", _growth("views")),
    Figure("channel period: views before by traffic source", GROWN, GROWTH, "before_views", _growth("before")),
    Figure("channel period: share of traffic source", GROWN, GROWTH, "views_pct", _growth("share"), RATIO),
)


@dataclass(frozen=True)
class Planted:
    """An error of the warehouse, as statements that make it on tables that are right."""

    name: str
    statements: tuple[str, ...]


_SOME_CHANNEL = "(select min(channel_id) from finance.fct_video_profit where revenue_usd_micros > 0)"
_SOME_DAY = "(select max(on_date) - 9 from marts.fct_channel_daily where views is not null)"
_WITHOUT_INDEXES = """
    do $$
    declare
        name text;
    begin
        for name in select indexrelid::regclass::text from pg_index
            where indisunique and indrelid::regclass::text ~ '^(marts|finance)[.]'
        loop execute 'drop index ' || name; end loop;
    end $$
"""
"""The database itself refuses some errors, by unique indexes."""

PLANTED = (
    Planted(
        "a row is there twice",
        (f"insert into marts.fct_video_daily select * from marts.fct_video_daily where on_date = {_SOME_DAY} and views > 99",),
    ),
    Planted("a day is dropped", (f"delete from marts.fct_channel_daily where on_date = {_SOME_DAY}",)),
    Planted(
        "a channel's days after a refusal are dropped",
        (f"delete from marts.fct_video_daily where channel_id = {_SOME_CHANNEL} and on_date > {_SOME_DAY}",),
    ),
    Planted(
        "zero stands for unknown money",
        ("update marts.fct_video_daily set revenue_usd_micros = 0 where revenue_usd_micros is null",),
    ),
    Planted("null stands for no money", ("update marts.fct_video_daily set revenue_usd_micros = nullif(revenue_usd_micros, 0)",)),
    Planted(
        "a ratio of two sets: all views per impression",
        ("update marts.fct_channel_daily set ctr = views::float8 / impressions where impressions > 0",),
    ),
    Planted(
        "a mean of means",
        (
            """
            update reports.rpt_video_report as report set average_view_pct_90d = days.mean
            from (select video_id, avg(average_view_pct) as mean from marts.fct_video_daily group by 1) as days
            where days.video_id = report.video_id
            """,
        ),
    ),
    Planted("UTC days for Pacific days", ("update marts.fct_video_daily set on_date = on_date + 1 where views is not null",)),
    Planted(
        "the later partition wins over the later fetch",
        (
            """
            update marts.fct_video_daily as fact set likes = said.likes
            from (
                select distinct on (1, 2) payload ->> 'video' as video_id, (payload ->> 'day')::date as on_date,
                    (payload ->> 'likes')::bigint as likes
                from raw_youtube.analytics_daily order by 1, 2, partition_on desc
            ) as said
            where said.video_id = fact.video_id and said.on_date = fact.on_date
            """,
        ),
    ),
    Planted(
        "the report made first wins",
        (
            """
            update marts.fct_video_daily as fact set impressions = said.impressions
            from (
                select distinct on (1, 2) payload ->> 'video_id' as video_id, to_date(payload ->> 'date', 'YYYYMMDD') as on_date,
                    (payload ->> 'video_thumbnail_impressions')::bigint as impressions
                from raw_reporting.channel_reach_basic_a1 order by 1, 2, payload ->> 'report_created_at'
            ) as said
            where said.video_id = fact.video_id and said.on_date = fact.on_date
            """,
        ),
    ),
    Planted(
        "both of two equal reports count",
        (f"update marts.fct_video_traffic_daily set views = 2 * views where on_date = {_SOME_DAY}",),
    ),
    Planted("seconds for minutes", ("update marts.fct_channel_daily set watch_minutes = 60 * watch_minutes",)),
    Planted("subscribers lost are left out", ("update marts.fct_channel_daily set subscribers_lost = 0",)),
    Planted("corrections below zero are cut off", ("update marts.fct_video_daily set views = greatest(views, 0)",)),
    Planted(
        "expected income counts",
        (
            """
            update finance.fct_video_profit as fact set revenue_usd_micros = revenue_usd_micros + expected.amount_usd_micros
            from ops.revenue_records as expected where expected.video_id = fact.video_id and expected.status = 'expected'
            """,
        ),
    ),
    Planted(
        "what is only reserved counts as paid",
        ("update finance.fct_video_profit set cost_usd_micros = cost_usd_micros + 40000 where cost_usd_micros > 0",),
    ),
    Planted(
        "money is rounded to cents",
        ("update marts.fct_video_daily set revenue_usd_micros = round(revenue_usd_micros, -4)",),
    ),
    Planted(
        "a count near the age stands for the count at the age",
        (
            """
            update marts.fct_video_launch as fact set views = near.views
            from (
                select distinct on (1, 2) fact.video_id, fact.horizon_hours, (payload ->> 'viewCount')::bigint as views
                from marts.fct_video_launch as fact
                inner join raw_youtube.snapshots as count on count.payload ->> 'video_id' = fact.video_id
                where (payload ->> 'read_at')::timestamptz >= fact.published_at + fact.horizon_hours * interval '1 hour'
                order by 1, 2, payload ->> 'read_at'
            ) as near
            where near.video_id = fact.video_id and near.horizon_hours = fact.horizon_hours
            """,
        ),
    ),
    Planted(
        "a deleted video's days are forgotten",
        (
            """
            delete from marts.fct_video_daily where video_id = (
                select row_key from raw_youtube.videos group by 1
                having max(fetched_at) < (select max(fetched_at) from raw_youtube.videos) order by 1 limit 1
            )
            """,
        ),
    ),
    Planted(
        "the last day is dropped",
        (f"delete from marts.fct_channel_daily where on_date = {_SOME_DAY} + 9",),
    ),
)


def build(address: DatabaseAddress, target: Path) -> None:
    """Build every model."""
    target.mkdir(exist_ok=True)
    environment = {
        "PATH": os.defpath,
        "LC_ALL": "C.UTF-8",
        "DBT_PROFILES_DIR": str(PROJECT),
        "DBT_TARGET_PATH": str(target),
        "DBT_LOG_PATH": str(target),
        "YTEMPIRE_PG_HOST": address.host,
        "YTEMPIRE_PG_PORT": str(address.port),
        "YTEMPIRE_PG_USER": address.user,
        "YTEMPIRE_PG_PASSWORD": address.password,
        "YTEMPIRE_PG_DATABASE": address.database,
    }
    for command in ("seed", "run"):
        subprocess.run([DBT, "--quiet", command], cwd=PROJECT, env=environment, check=True)


def compare_all(read: Callable[[str], pl.DataFrame], right: Mapping[str, pl.DataFrame]) -> dict[str, Compared]:
    """What the comparison of each figure with its right rows finds; each relation is read once."""
    places: dict[tuple[str, tuple[str, ...]], list[Figure]] = defaultdict(list)
    for figure in FIGURES:
        places[figure.relation, figure.keys].append(figure)
    found = {}
    for (relation, keys), figures in places.items():
        values = [f"{figure.said} as value_{number}" for number, figure in enumerate(figures)]
        rows = read(f"select {', '.join([*keys, *values])} from {relation}")
        for number, figure in enumerate(figures):
            found[figure.name] = compare(figure, right[figure.name], rows.rename({f"value_{number}": "value"}))
    return {figure.name: found[figure.name] for figure in FIGURES}


def noticed(engine: Engine, planted: Planted, right: Mapping[str, pl.DataFrame]) -> dict[str, Compared]:
    """What the comparisons find once an error is planted; the warehouse is left as it was."""
    with engine.connect() as connection:
        for statement in (_WITHOUT_INDEXES, *planted.statements):
            connection.exec_driver_sql(statement)
        found = compare_all(Raw(connection).read, right)
        connection.rollback()
    return found


def check(engine: Engine, planted: bool) -> bool:
    """Tell each figure's comparison, and which of them notice the planted errors; returns whether all is well."""
    begin = time.monotonic()
    with engine.connect() as connection:
        truth = Truth(connection)
        right = {figure.name: figure.truth(truth) for figure in FIGURES}
        found = compare_all(truth.read, right)
    for name, compared in found.items():
        told = {"worst": compared.worst, "row": compared.first} if not compared.is_right else {"worst": 0.0}
        tell(figure=name, compared=compared.compared, equal=compared.equal, **told)
    wrong = [name for name, compared in found.items() if not compared.is_right]
    tell(figures=len(found), right=len(found) - len(wrong), wrong=wrong, seconds=round(time.monotonic() - begin, 1))
    if not planted:
        return not wrong
    seen = {}
    for error in PLANTED:
        with_error = noticed(engine, error, right)
        seen[error.name] = [name for name, compared in with_error.items() if compared.outcome != found[name].outcome]
        tell(planted=error.name, noticed_by=seen[error.name])
    missed = [name for name, names in seen.items() if not names]
    tell(planted_errors=len(seen), noticed=len(seen) - len(missed), missed=missed)
    return not wrong and not missed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="the market is the replay of this folder; the synthetic one without it")
    parser.add_argument("--channels", type=int, default=4)
    parser.add_argument("--days", type=int, default=42, help="before the last one, of which something is landed")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--planted", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="yt-truth-") as scratch:
        folder = options.folder or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)
        postgres = EmbeddedPostgres(folder / "pg", settings=FAST)
        process = simulator_process(Settings(home=folder, data=options.data))
        try:
            address = postgres.ensure()
            engine = create_engine(address.url())
            migrate(engine)
            with engine.connect() as connection:
                is_new = not connection.exec_driver_sql("select exists (select from ops.landings)").scalar_one()
            begin = time.monotonic()
            if is_new:
                control = SimulatorControl(f"http://127.0.0.1:{process.ensure()}")
                weather = make_weather(engine, control, folder, LAST, options.channels, options.days)
                tell(faults=weather.seen, refused=weather.failures, landing_seconds=round(time.monotonic() - begin, 1))
                process.stop()
            begin = time.monotonic()
            build(address, folder / "dbt")
            tell(market="replay" if options.data else "synthetic", build_seconds=round(time.monotonic() - begin, 1))
            is_well = check(engine, options.planted)
            engine.dispose()
        finally:
            process.stop()
            postgres.stop()
    if not is_well:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
