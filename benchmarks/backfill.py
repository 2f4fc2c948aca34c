"""A backfill of many channels, and the queries of a dashboard on what it brought. Prints JSON lines.

`python benchmarks/backfill.py [--channels 100] [--days 90] [--reports TYPE…] [--folder DIR]`

The simulator speaks the real protocols over HTTP in a process of its own; this process is the one that ingests, and its peak
memory is what is told. Reports are ordered at the beginning of the period and read at its end, for YouTube fills in thirty days
at most; the Analytics API is asked for the whole period. The least number of calls is counted from what landed, by the
documentation. One type of report is the default: of all twenty, a hundred channels of ninety days would be a hundred million
lines. With `--folder` the state is kept, and a second call only queries."""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import tempfile
import time
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from sqlalchemy import Engine, text

from connectors.feeds import FEEDS, youtube_analytics
from connectors.feeds.feed import Sources
from connectors.ingest import ingest_day
from connectors.simulator.process import SimulatorControl, simulator_process
from connectors.youtube.client import YouTube
from connectors.youtube.credentials import YouTubeCredentials
from connectors.youtube.quota import QuotaGate, price_table
from connectors.youtube.report_types import REPORT_TYPES
from core.clock import FrozenClock, noon
from core.errors import QuotaExhausted
from core.ids import ChannelId
from core.ledger.quota import QuotaLedger
from core.ledger.store import PostgresLedgerStore
from core.postgres.address import DatabaseAddress
from core.postgres.cluster import EmbeddedPostgres
from core.postgres.engine import create_engine
from core.postgres.migrations import migrate
from core.settings import Settings
from orchestration.warehouse import DBT, PROJECT

LAST = date(2026, 6, 8)
PLENTY = 100_000_000
QUERIES = {
    "channel overview": "select * from reports.rpt_channel_overview where channel_id = :channel",
    "video report, 90 days": """
        select * from reports.rpt_video_report where channel_id = :channel order by views_90d desc nulls last
    """,
    "newest 500 video days": """
        select on_date, video_id, views, watch_minutes, average_view_pct, impressions, ctr, revenue_usd_micros
        from marts.fct_video_daily
        where channel_id = :channel and on_date > cast(:last as date) - 90 order by on_date desc, views desc limit 500
    """,
    "views by day": """
        select on_date, sum(views) as views, sum(watch_minutes) as watch_minutes, sum(impressions) as impressions
        from marts.fct_video_daily
        where channel_id = :channel and on_date > cast(:last as date) - 90 group by on_date order by on_date
    """,
    "traffic, countries and devices": """
        select breakdown, value, sum(views) as views from marts.fct_channel_breakdown_daily
        where channel_id = :channel and on_date > cast(:last as date) - 90 group by 1, 2 order by 1, 3 desc
    """,
    "best days of videos": """
        select video_id, sum(views) as views, max(views) as best_day from marts.fct_video_daily
        where channel_id = :channel and on_date > cast(:last as date) - 90 group by 1 order by 2 desc limit 20
    """,
}


def tell(**figures: Any) -> None:
    print(json.dumps(figures), flush=True)


def peak_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def open_youtube(control: SimulatorControl, engine: Engine, on: date) -> YouTube:
    given, prices = control.credentials(), price_table("2026-06")
    credentials = YouTubeCredentials(
        SecretStr(given.api_key),
        given.client_id,
        SecretStr(given.client_secret),
        {ChannelId(channel): SecretStr(token) for channel, token in given.refresh_tokens.items()},
        given.token_uri,
    )
    ledger = QuotaLedger(PostgresLedgerStore(engine), dict.fromkeys(prices.limits, PLENTY))
    return YouTube(control.base_url, credentials, QuotaGate(ledger, prices, FrozenClock(noon(on))))


def connect_channels(engine: Engine, control: SimulatorControl) -> None:
    names = ("channel_id", "handle", "title", "niche", "category_id", "timezone")
    insert = f"insert into ops.channels ({', '.join(names)}) values ({', '.join(f':{name}' for name in names)})"
    with engine.begin() as connection:
        connection.execute(
            text(insert), [{name: getattr(channel, name) for name in names} for channel in control.credentials().channels]
        )


def ingest(engine: Engine, control: SimulatorControl, folder: Path, tables: list[str], day: date) -> dict[str, int]:
    """Ingest tables as of a day's noon; returns rows, rejected rows and calls."""
    total = {"rows": 0, "rejected": 0, "calls": 0, "units": 0}
    control.set_clock(noon(day))
    with closing(open_youtube(control, engine, day)) as youtube:
        sources = Sources(engine, youtube, {}, folder / "reports")
        for table in tables:
            begin = time.monotonic()
            try:
                done = ingest_day(sources, table, day, FrozenClock(noon(day)))
            except QuotaExhausted as error:
                tell(table=table, day=str(day), stopped_by=str(error))
                continue
            seconds = time.monotonic() - begin
            total["rows"] += done.landing.row_count
            total["rejected"] += done.landing.rejected_count
            total["calls"] += done.calls
            total["units"] += done.quota_units
            landing = done.landing
            tell(
                table=table,
                day=str(day),
                rows=landing.row_count,
                calls=done.calls,
                seconds=round(seconds, 1),
                stopped_by=landing.stopped_by,
            )
    return total


LEAST = {
    "channels": "select count(*) from raw_youtube.channels",
    "videos": """
        select sum(2 * ((n + 49) / 50))
        from (select count(*) as n from raw_youtube.videos group by payload #>> '{snippet,channelId}') as channels
    """,
    "snapshots": "select (count(*) + 49) / 50 from raw_youtube.snapshots",
    "playlists": """
        select sum((n + 49) / 50)
        from (select count(*) as n from raw_youtube.playlists group by payload #>> '{snippet,channelId}') as channels
    """,
    "playlist items": """
        select sum((n + 49) / 50)
        from (select count(*) as n from raw_youtube.playlist_items group by payload #>> '{snippet,playlistId}') as playlists
    """,
    "comments": """
        select sum((n + 99) / 100)
        from (
            select count(*) filter (where not payload -> 'snippet' ? 'parentId') as n
            from raw_youtube.comments group by payload #>> '{snippet,videoId}'
        ) as videos
    """,
    "captions": "select count(distinct payload #>> '{snippet,videoId}') from raw_youtube.captions",
    "analytics by window": "select 7 * count(*) from raw_youtube.channels",
    "analytics by country": """
        select count(*)
        from (select distinct payload ->> 'channel_id', payload ->> 'day' from raw_youtube.analytics_countries) as days
    """,
    "analytics of one video": "select count(*) from raw_youtube.analytics_retention",
    "reports": """
        select count(*) + sum((n + 99) / 100) filter (where place = 1)
        from (
            select
                count(*) over (partition by channel_id, report_type) as n,
                row_number() over (partition by channel_id, report_type order by report_id) as place
            from ops.report_files
        ) as files
    """,
    "orders of reports": "select count(*) + count(distinct channel_id) from ops.report_jobs",
}
"""Calls that the documentation makes unavoidable for what landed: most items a page, a call for what is asked one by one."""


def tell_least_calls(engine: Engine) -> None:
    with engine.connect() as connection:
        least = {name: int(connection.exec_driver_sql(query).scalar_one() or 0) for name, query in LEAST.items()}
    tell(least_calls=sum(least.values()), **least)


def build_warehouse(address: DatabaseAddress, target: Path) -> None:
    """Run every model."""
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


def queries(engine: Engine, channels: list[str]) -> None:
    """Time each query on each channel, after one round to warm up."""
    with engine.connect() as connection:
        for name, query in QUERIES.items():
            taken, rows = [], 0
            for turn in range(2):
                for channel in channels:
                    begin = time.perf_counter()
                    found = connection.execute(text(query), {"channel": channel, "last": LAST}).all()
                    if turn:
                        taken.append((time.perf_counter() - begin) * 1000)
                        rows += len(found)
            centiles = statistics.quantiles(taken, n=100)
            tell(query=name, p50_ms=round(centiles[49], 1), p95_ms=round(centiles[94], 1), rows=rows // len(channels))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--channels", type=int, default=100)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--reports", nargs="*", choices=REPORT_TYPES, default=["channel_reach_basic_a1"], metavar="TYPE")
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="yt-backfill-") as scratch:
        folder = options.folder or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)
        postgres = EmbeddedPostgres(folder / "pg")
        process = simulator_process(Settings(home=folder), channels=options.channels)
        try:
            engine = create_engine(postgres.ensure().url())
            migrate(engine)
            control = SimulatorControl(f"http://127.0.0.1:{process.ensure()}")
            with engine.connect() as connection:
                is_new = not connection.exec_driver_sql("select exists (select from ops.landings)").scalar_one()
            if is_new:
                connect_channels(engine, control)
                backfill(engine, control, folder, options)
            tell_least_calls(engine)
            begin = time.monotonic()
            build_warehouse(postgres.ensure(), folder / "dbt")
            tell(warehouse_seconds=round(time.monotonic() - begin, 1))
            queries(engine, sorted(control.credentials().refresh_tokens))
            engine.dispose()
        finally:
            process.stop()
            postgres.stop()


def backfill(engine: Engine, control: SimulatorControl, folder: Path, options: argparse.Namespace) -> None:
    """Order the reports, let the days pass, and read everything."""
    chosen = [REPORT_TYPES[name].table for name in options.reports]
    analytics = [table for table, feed in FEEDS.items() if table.startswith("raw_youtube.") and feed.is_own]
    youtube_analytics.FIRST_LOOK_BACK = timedelta(days=options.days)
    first = LAST - timedelta(days=options.days - 30)
    begin = time.monotonic()
    parts = [ingest(engine, control, folder, chosen, first), ingest(engine, control, folder, analytics + chosen, LAST)]
    seconds = time.monotonic() - begin
    total = {name: sum(part[name] for part in parts) for name in parts[0]}
    tell(
        channels=options.channels,
        days=options.days,
        report_types=len(chosen),
        minutes=round(seconds / 60, 1),
        rows_per_second=round(total["rows"] / seconds),
        peak_mb=peak_mb(),
        **total,
    )


if __name__ == "__main__":
    main()
