"""YouTube Analytics API v2: what happened to a channel's own videos on each Pacific day.

The API has no metric `watchTime` and refuses thumbnail impressions here: those come as bulk reports (`reporting`)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from connectors.youtube.models import VideoDay
from connectors.youtube.quota import QuotaGate
from connectors.youtube.transport import Transport
from core.errors import Damaged
from core.ids import ChannelId, VideoId

METRICS = (
    "views",
    "engagedViews",
    "estimatedMinutesWatched",
    "averageViewDuration",
    "averageViewPercentage",
    "likes",
    "comments",
    "shares",
    "subscribersGained",
    "subscribersLost",
)

IDS_PER_CALL = 100
"""The API takes 500 ids in a filter, but an address past 2,048 characters would be sent as a POST."""


class AnalyticsClient:
    """Reads the analytics of one channel as its owner."""

    def __init__(self, transport: Transport, gate: QuotaGate, channel_id: ChannelId) -> None:
        self._transport = transport
        self._gate = gate
        self._channel_id = channel_id

    def video_days(self, video_ids: Sequence[VideoId], first: date, last: date) -> list[VideoDay]:
        """Every day from `first` to `last` (Pacific, both included) on which one of the videos was seen.

        The newest days come two to three days late; days that are not complete yet are simply not there."""
        return [
            day
            for start in range(0, len(video_ids), IDS_PER_CALL)
            for day in self._query(video_ids[start : start + IDS_PER_CALL], first, last)
        ]

    def _query(self, video_ids: Sequence[VideoId], first: date, last: date) -> list[VideoDay]:
        service = self._transport.service("youtubeAnalytics", self._channel_id)
        request = service.reports().query(
            ids=f"channel=={self._channel_id}",
            startDate=first.isoformat(),
            endDate=last.isoformat(),
            dimensions="day,video",
            filters=f"video=={','.join(video_ids)}",
            metrics=",".join(METRICS),
            sort="day",
        )
        table = self._transport.execute(self._gate, "reports.query", request, self._channel_id)
        names = [column["name"] for column in table["columnHeaders"]]
        if not {"day", "video", *METRICS} <= set(names):
            raise Damaged("YouTube Analytics answered without a column that was asked for.", "Run it again later.")
        return [self._day(dict(zip(names, row, strict=True))) for row in table.get("rows", [])]

    def _day(self, values: dict[str, str | float]) -> VideoDay:
        metrics = {name: float(values[name]) if name.startswith("average") else int(values[name]) for name in METRICS}
        return VideoDay(self._channel_id, date.fromisoformat(str(values["day"])), VideoId(str(values["video"])), metrics)
