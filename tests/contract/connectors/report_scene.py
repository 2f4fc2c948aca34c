"""A Reporting API with the reports of a test, a database and an archive: what a day's run of bulk reports needs."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from sqlalchemy import Engine

from connectors.feeds.feed import Sources
from connectors.ingest import Ingested, ingest_day
from connectors.landing import landed
from connectors.youtube.client import YouTube
from connectors.youtube.credentials import YouTubeCredentials
from connectors.youtube.quota import QuotaGate, price_table
from connectors.youtube.report_types import REPORT_TYPES
from core.clock import FrozenClock, noon
from core.ids import ChannelId
from core.ledger.store import MemoryLedgerStore
from tests.contract.connectors.reporting_service import ReportingService, Written
from tests.simulated import PROFILE, QUICK, quota_ledger

MINE, OURS = ChannelId("UCmine0000000"), ChannelId("UCours0000000")
TYPE = "channel_device_os_a3"
TABLE = f"raw_reporting.{TYPE}"
COLUMNS = [*REPORT_TYPES[TYPE].dimensions, "views", "watch_time_minutes"]
DATA_DAY = date(2026, 6, 5)
DAY = date(2026, 6, 8)


def csv(day: date = DATA_DAY, views: int = 10, channel: str = MINE, columns: list[str] = COLUMNS, videos: int = 2) -> bytes:
    lines = [
        f"{day:%Y%m%d},{channel},video0000{n:02},on_demand,subscribed,US,100,7,{views + n},1.5" + ",?" * (len(columns) - 10)
        for n in range(videos)
    ]
    return "\n".join([",".join(columns), *lines, ""]).encode()


def report(report_id: str, body: bytes, created: str = "2026-06-08T07:00:00Z", **changes: Any) -> Written:
    made = Written(report_id, MINE, TYPE, DATA_DAY, datetime.fromisoformat(created), body)
    return replace(made, **changes)


@dataclass
class Scene:
    """A service, a database and an archive, and the operator's two channels."""

    service: ReportingService
    engine: Engine
    archive: Path

    def youtube(self, *channels: ChannelId) -> YouTube:
        credentials = YouTubeCredentials(
            client_id="client",
            client_secret=SecretStr("secret"),
            refresh_tokens={channel: SecretStr(channel) for channel in channels or (MINE,)},
            token_uri=f"{self.service.url}/oauth2/token",
        )
        gate = QuotaGate(quota_ledger(MemoryLedgerStore()), price_table(PROFILE), FrozenClock(noon(DAY)))
        return YouTube(self.service.url, credentials, gate, QUICK)

    def ingest(
        self,
        day: date = DAY,
        *channels: ChannelId,
        table: str = TABLE,
        now: datetime | None = None,
        is_again: bool = False,
    ) -> Ingested:
        """One day's run, in a process of its own as far as the clients know; at the day's noon or at another moment."""
        self.service.calls.clear()
        with closing(self.youtube(*channels)) as youtube:
            sources = Sources(self.engine, youtube, {}, self.archive)
            return ingest_day(sources, table, day, FrozenClock(now or noon(day)), is_again=is_again)

    def views(self, day: date = DAY) -> dict[str, str]:
        return {row.payload["video_id"]: row.payload["views"] for row in landed(self.engine, TABLE, day, day)}

    def rejected(self) -> list[tuple[str, str]]:
        with self.engine.connect() as connection:
            rows = connection.exec_driver_sql("select place, reason from ops.rejected_rows order by rejection_id")
            return [(str(place), str(reason)) for place, reason in rows]

    def files(self) -> list[Path]:
        return sorted(path.relative_to(self.archive) for path in self.archive.rglob("*") if path.is_file())
