"""A state of own channels in bad weather, for benchmarks/truth.py: seven weeks of a simulated market with faults at the services,
in the bulk reports, with videos and with a channel, and with money in the ledgers.

`make_weather` lands it. No model is built here, and nothing here knows what the warehouse makes of it."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from sqlalchemy import Engine, text

from connectors.feeds import FEEDS
from connectors.feeds.feed import Sources
from connectors.http import RetryPolicy
from connectors.ingest import ingest_day
from connectors.landing import RawRow, land, landed
from connectors.sift import sift
from connectors.simulator.process import SimulatedChannel, SimulatorControl
from connectors.youtube.client import YouTube
from connectors.youtube.credentials import YouTubeCredentials
from connectors.youtube.quota import QuotaGate, price_table
from core.clock import Clock, FrozenClock, noon
from core.errors import YtempireError
from core.ids import ChannelId
from core.ledger.cost import CostLedger
from core.ledger.quota import QuotaLedger
from core.ledger.revenue import RevenueRecord, RevenueSource, RevenueStatus, cancelled, confirmed, follow_revenue, record_revenue
from core.ledger.store import PostgresLedgerStore
from orchestration.stack import hours_before

PROFILE = "2026-06"
PLENTY = 100_000_000
REPORTS = (
    "raw_reporting.channel_basic_a3",
    "raw_reporting.channel_traffic_source_a3",
    "raw_reporting.channel_demographics_a1",
    "raw_reporting.channel_reach_basic_a1",
    "raw_reporting.channel_reach_combined_a1",
)
NOT_ASKED = {
    f"raw_youtube.{name}" for name in ("thumbnails", "comments", "captions", "playlists", "playlist_items", "analytics_countries")
}
"""Tables that no figure is made of, and that take long."""

DAYS_BACK = (42, 31, 20, 12, 6, 5, 4, 3, 2, 1, 0)
"""On which days before the last one something is landed: each analytics query reaches back to the landing before it."""

ANALYTICS, DATA, FILES, JOBS = "/v2/reports", "/youtube/v3/videos", "/v1/media", "/v1/jobs"


@dataclass
class Weather:
    """A running market and the database that it is landed in.

    Attributes:
        seen: how often each fault was set.
        failures: what a landing said that was refused as a whole, by table and day.
    """

    engine: Engine
    control: SimulatorControl
    folder: Path
    channels: tuple[SimulatedChannel, ...]
    last: date
    seen: Counter[str]
    failures: dict[str, str]

    def youtube(self, clock: Clock, channels: Sequence[str]) -> YouTube:
        given = self.control.credentials()
        tokens = {ChannelId(name): SecretStr(given.refresh_tokens[name]) for name in channels}
        credentials = YouTubeCredentials(
            SecretStr(given.api_key), given.client_id, SecretStr(given.client_secret), tokens, given.token_uri
        )
        prices = price_table(PROFILE)
        ledger = QuotaLedger(PostgresLedgerStore(self.engine), dict.fromkeys(prices.limits, PLENTY))
        return YouTube(self.control.base_url, credentials, QuotaGate(ledger, prices, clock), RetryPolicy(pause_seconds=0.01))

    def clock_at(self, moment: datetime) -> Clock:
        self.control.set_clock(moment)
        return FrozenClock(moment)

    def ingest(self, table: str, day: date, at: datetime | None = None) -> None:
        """Land a table's partition of a day as of its noon or a later moment; a refusal as a whole is kept in `failures`."""
        clock = self.clock_at(at or noon(day))
        with closing(self.youtube(clock, [channel.channel_id for channel in self.channels])) as youtube:
            sources = Sources(self.engine, youtube, {}, self.folder / "reports", reports_before=timedelta(days=7))
            try:
                ingest_day(sources, table, day, clock, hours_before(clock.now()), self.clock_at)
            except YtempireError as error:
                self.failures[f"{table} {day}"] = f"{type(error).__name__}: {error}"

    def fault(self, name: str, path: str, kind: Any, count: int = 1, **options: float) -> None:
        self.control.fault(path, kind, count, **options)
        self.seen[name] += 1

    def spoil(self, *names: str, **faults: object) -> None:
        self.control.spoil_reports(**faults)
        self.seen.update(names)

    def reland(self, table: str, day: date, at: datetime, change: dict[str, Any], rows: int) -> None:
        """Land a partition as it is, but for `rows` of its rows, of which the service says something else now."""
        now = [RawRow(row.row_key, row.payload, row.source) for row in landed(self.engine, table, day, day)]
        chosen = {row.row_key for row in random.Random(f"{table} {day}").sample(now, min(rows, len(now)))}
        again = [RawRow(row.row_key, {**row.payload, **change}, row.source) if row.row_key in chosen else row for row in now]
        land(self.engine, table, day, sift(table, again, at), at)


def make_weather(
    engine: Engine, control: SimulatorControl, folder: Path, last: date, channels: int, days: int = DAYS_BACK[0]
) -> Weather:
    """Land the `days` up to `last` for the smallest channels of the market, the smallest of which earns nothing."""
    chosen = control.credentials().channels[-channels:]
    weather = Weather(engine, control, folder, chosen, last, Counter(), {})
    _connect(engine, chosen)
    tables = [
        table
        for table, feed in FEEDS.items()
        if table in REPORTS or (table.startswith("raw_youtube.") and feed.is_own and table not in NOT_ASKED)
    ]
    for back in (back for back in DAYS_BACK if back <= days):
        day = last - timedelta(days=back)
        weather.clock_at(noon(day))
        _spoil(weather, back)
        for table in tables:
            _fail(weather, back, table)
            weather.ingest(table, day)
            control.mend()
    _correct(weather)
    _pay(weather)
    return weather


def _connect(engine: Engine, channels: Sequence[SimulatedChannel]) -> None:
    names = ("channel_id", "handle", "title", "niche", "category_id", "timezone")
    insert = f"insert into ops.channels ({', '.join(names)}) values ({', '.join(f':{name}' for name in names)})"
    with engine.begin() as connection:
        connection.execute(text(insert), [{name: getattr(channel, name) for name in names} for channel in channels])


def _spoil(weather: Weather, back: int) -> None:
    """What is wrong with bulk reports, videos and consents from a day on."""
    day = weather.last - timedelta(days=back)
    own = [channel.channel_id for channel in weather.channels]
    if back == 20:
        weather.spoil("reports come late", late_days=2)
    elif back == 12:
        weather.spoil("reports come again", "reports come twice", reissue=3, double=True)
    elif back == 5:
        damaged = [(day - timedelta(days=3)).isoformat()]
        weather.spoil("a damaged report", damaged=damaged)
    elif back == 4:
        foreign = [(day - timedelta(days=3)).isoformat()]
        weather.spoil("a report of another channel", foreign_channel=foreign)
        weather.control.set_token(own[1], withheld=[f"https://www.googleapis.com/auth/yt-analytics{end}" for end in _SCOPES])
        weather.seen["a channel is refused"] += 1
    elif back == 3:
        weather.spoil("a report never comes", missing_days=[(day - timedelta(days=3)).isoformat()])
        weather.control.set_token(own[1])
    elif back == 2:
        weather.spoil("reports come again", reissue=1)
    if back == 12:
        videos = [row.row_key for row in landed(weather.engine, "raw_youtube.videos", weather.last - timedelta(days=20), day)]
        hidden, deleted, private = random.Random(7).sample(sorted(set(videos)), 3)
        weather.control.mark_video(hidden, likes="hidden")
        weather.control.mark_video(deleted, "deleted")
        weather.control.mark_video(private, "private")
        weather.seen.update(["likes are hidden", "a video is deleted", "a video is private"])


_SCOPES = (".readonly", "-monetary.readonly")


def _fail(weather: Weather, back: int, table: str) -> None:
    """What fails while a table is landed."""
    match back, table:
        case 31, "raw_youtube.analytics_daily":
            weather.fault("503", ANALYTICS, "status", 2, status=503)
        case 31, "raw_youtube.videos":
            weather.fault("429", DATA, "rate", 2, seconds=0.01)
        case 20, "raw_youtube.analytics_traffic":
            weather.fault("a cut connection", ANALYTICS, "cut")
        case 20, "raw_reporting.channel_reach_basic_a1":
            weather.fault("a truncated file", FILES, "truncate")
        case 6, "raw_youtube.analytics_revenue":
            weather.fault("spent quota", ANALYTICS, "quota", 1000, after=2)
        case 5, "raw_youtube.analytics_daily":
            weather.fault("half a page", ANALYTICS, "missing")
        case 5, "raw_reporting.channel_basic_a3":
            weather.fault("500", JOBS, "status", 1, status=500)
        case 2, "raw_youtube.snapshots":
            weather.fault("garbage", DATA, "garbage")


def _correct(weather: Weather) -> None:
    """Corrections after the fact: figures below zero, and past partitions that are landed again."""
    last, evening = weather.last, noon(weather.last) + timedelta(hours=6)
    for back, at in ((1, evening), (0, evening)):
        weather.reland("raw_youtube.analytics_daily", last - timedelta(days=back), at, {"views": -100, "engagedViews": -90}, 2)
        weather.reland("raw_youtube.analytics_revenue", last - timedelta(days=back), at, {"estimatedRevenue": -0.054321}, 2)
    weather.seen["figures below zero"] += 4
    # The past partition is fetched last, and what it holds of the days that both tell counts.
    later = noon(last) + timedelta(hours=9)
    changed = {"likes": 4321, "averageViewPercentage": 12.5}
    weather.reland("raw_youtube.analytics_daily", last - timedelta(days=3), later, changed, 200)
    weather.reland("raw_youtube.analytics_revenue", last - timedelta(days=3), later, {"estimatedRevenue": 3.25}, 5)
    weather.ingest("raw_reporting.channel_reach_basic_a1", last - timedelta(days=4), at=later)
    weather.seen["a past day is landed again"] += 3


def _pay(weather: Weather) -> None:
    """Costs of slots that came out and of one that failed, and income that YouTube does not report."""
    engine, at = weather.engine, noon(weather.last)
    ledger = CostLedger(PostgresLedgerStore(engine))
    videos = _own_videos(engine)
    with engine.begin() as connection:
        connection.execute(
            text(
                "insert into ops.lanes (lane_id, channel_id, slot, publish_local_time) values (:lane, :channel, 'noon', '12:00')"
            ),
            [{"lane": f"{channel.handle}.noon", "channel": channel.channel_id} for channel in weather.channels],
        )
    for number, channel in enumerate(weather.channels):
        made = [video_id for video_id, owner in videos if owner == channel.channel_id][:3]
        for place, video_id in enumerate([*made, None]):
            on = weather.last - timedelta(days=10 + place)
            slot = f"{on}|{channel.handle}.noon"
            with engine.begin() as connection:
                values = {"slot": slot, "channel": channel.channel_id, "lane": f"{channel.handle}.noon", "on": on, "at": noon(on)}
                values |= {"video": video_id, "state": "failed" if video_id is None else "published"}
                connection.execute(text(_SLOT), values)
                connection.execute(text(_MADE), {**values, "state": "failed" if video_id is None else "published"})
                if video_id is not None:
                    connection.execute(text(_PUBLICATION), values)
            for step, vendor, micros in (("script", "openai", 12_345 + 77 * number), ("voice", "elevenlabs", 250_001 + place)):
                held = ledger.reserve(f"{slot}:{step}", step, slot, vendor, 2 * micros, 10**9, at)
                ledger.commit(held, micros)
            held = ledger.reserve(f"{slot}:image", "image", slot, "openai", 40_000, 10**9, at)
            if place != 1:  # one stays reserved: nothing was paid
                ledger.release(held)
        for place, (source, status, micros, video) in enumerate(_income(made)):
            record_revenue(
                engine,
                RevenueRecord(
                    channel.channel_id,
                    source,
                    micros,
                    weather.last - timedelta(days=3 + place),
                    f"{channel.handle}-{place}",
                    video,
                    status=status,
                    amount_original=Decimal(micros) / 1_000_000,
                ),
                at,
            )
    _settle(engine, weather.channels[0].handle, at)


def _settle(engine: Engine, handle: str, at: datetime) -> None:
    """Confirm half of what a channel's sponsor was expected to pay, and cancel what was sold."""
    steps = (
        (RevenueSource.SPONSORSHIP, f"{handle}-1", lambda standing: confirmed(standing, 250_000_000), "paid"),
        (RevenueSource.MERCHANDISE, f"{handle}-2", cancelled, "returned"),
    )
    for source, reference, becomes, name in steps:
        follow_revenue(engine, source, reference, becomes, at, reference_id=f"{reference}-{name}")


def _income(videos: Sequence[str]) -> list[tuple[RevenueSource, RevenueStatus, int, str | None]]:
    return [
        (RevenueSource.AFFILIATE, RevenueStatus.CONFIRMED, 12_340_001, videos[0]),
        (RevenueSource.SPONSORSHIP, RevenueStatus.EXPECTED, 500_000_000, videos[0]),
        (RevenueSource.MERCHANDISE, RevenueStatus.CONFIRMED, 7_000_003, None),
        (RevenueSource.AFFILIATE, RevenueStatus.REVERSED, -2_340_000, videos[0]),
    ]


_SLOT = """
    insert into ops.content_calendar (slot_id, channel_id, lane_id, scheduled_on, scheduled_at, status)
    values (:slot, :channel, :lane, :on, :at, cast(:state as ops.calendar_status))
"""
_MADE = """
    insert into ops.videos (slot_id, channel_id, youtube_video_id, status)
    values (:slot, :channel, :video, cast(:state as ops.video_status))
"""
_PUBLICATION = """
    insert into ops.publications (slot_id, channel_id, state, video_id, publish_at) values (:slot, :channel, :state, :video, :at)
"""


def _own_videos(engine: Engine) -> list[tuple[str, str]]:
    """Own videos and their channels, by id."""
    query = """
        select distinct row_key, payload #>> '{snippet,channelId}' from raw_youtube.videos
        where (payload #>> '{snippet,publishedAt}')::timestamptz < fetched_at order by 1
    """
    with engine.connect() as connection:
        return [(video, channel) for video, channel in connection.exec_driver_sql(query)]
