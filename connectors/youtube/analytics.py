"""YouTube Analytics API v2: what happened to a channel's own videos, as answers to the queries of one table.

Which dimensions, metrics, filters and orders go together is said at developers.google.com/youtube/analytics/channel_reports.
The API has no metric `watchTime` and refuses thumbnail impressions: those come as bulk reports (`reporting`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from types import MappingProxyType
from typing import Any

from connectors.youtube.quota import QuotaGate
from connectors.youtube.transport import Transport
from core.errors import Damaged
from core.ids import ChannelId, VideoId

NOT_MONETISED = "forbidden"
"""YouTube's reason for refusing the money of a channel that earns none. A missing consent and an API that is off have others."""

IDS_PER_CALL = 100
"""The API takes 500 ids in a filter, but an address past 2,048 characters would be sent as a POST."""


class Scope(Enum):
    """What one call of a query speaks of."""

    CHANNEL = "the channel"
    VIDEOS = "up to a hundred videos"
    VIDEO = "one video"


class Period(Enum):
    """How a query's answer is cut in time."""

    DAYS = "a row tells its day"
    EACH_DAY = "the report cannot be split by day, so that each day is asked for by itself"
    WINDOW = "the days from first to last as one"


@dataclass(frozen=True)
class Query:
    """A question to the Analytics API.

    Attributes:
        dimensions, metrics: columns of the answer, in Google's names.
        filters: besides the one that the scope demands.
        sort, most: order, and the number of rows at most, where the report demands them.
        is_monetary: refused for a channel that is not monetised.
    """

    dimensions: tuple[str, ...]
    metrics: tuple[str, ...]
    scope: Scope = Scope.CHANNEL
    period: Period = Period.DAYS
    filters: tuple[str, ...] = ()
    sort: str | None = None
    most: int | None = None
    is_monetary: bool = False


_WATCHED = ("views", "engagedViews", "estimatedMinutesWatched")
_FIGURES = (
    *("views", "engagedViews", "estimatedMinutesWatched", "averageViewDuration", "averageViewPercentage"),
    *("likes", "comments", "shares", "subscribersGained", "subscribersLost"),
)
_MONEY = (
    *("estimatedRevenue", "estimatedAdRevenue", "estimatedRedPartnerRevenue", "grossRevenue"),
    *("monetizedPlaybacks", "playbackBasedCpm", "adImpressions", "cpm"),
)

QUERIES: Mapping[str, Query] = MappingProxyType(
    {
        "daily": Query(("day", "video"), _FIGURES, Scope.VIDEOS, sort="day"),
        "revenue": Query(("day", "video"), _MONEY, Scope.VIDEOS, sort="day", is_monetary=True),
        "channel_daily": Query(("day",), _FIGURES, sort="day"),
        "channel_revenue": Query(("day",), _MONEY, sort="day", is_monetary=True),
        "retention": Query(
            ("elapsedVideoTimeRatio",),
            ("audienceWatchRatio", "relativeRetentionPerformance"),
            Scope.VIDEO,
            Period.WINDOW,
        ),
        "traffic": Query(("day", "insightTrafficSourceType"), _WATCHED, sort="day"),
        "search_terms": Query(
            ("insightTrafficSourceDetail",),
            _WATCHED,
            period=Period.WINDOW,
            filters=("insightTrafficSourceType==YT_SEARCH",),
            sort="-views",
            most=25,
        ),
        "countries": Query(
            ("country",),
            (
                *_WATCHED,
                *("averageViewDuration", "averageViewPercentage", "likes", "comments", "shares"),
                *("subscribersGained", "subscribersLost"),
            ),
            period=Period.EACH_DAY,
        ),
        "demographics": Query(("ageGroup", "gender"), ("viewerPercentage",), period=Period.WINDOW),
        "devices": Query(("day", "deviceType", "operatingSystem"), _WATCHED, sort="day"),
        "playback_locations": Query(("day", "insightPlaybackLocationType"), _WATCHED, sort="day"),
    }
)
"""Every query by the name of its raw table, `raw_youtube.analytics_<name>`."""

Answer = Mapping[str, Any]
"""One row of an answer: column to value as it came. Averages, shares and money are floats."""


class AnalyticsClient:
    """Reads the analytics of one channel as its owner."""

    def __init__(self, transport: Transport, gate: QuotaGate, channel_id: ChannelId) -> None:
        self._transport = transport
        self._gate = gate
        self._channel_id = channel_id

    def ask(self, query: Query, first: date, last: date, video_ids: Sequence[VideoId] = ()) -> Iterator[Answer]:
        """The rows of a query's answers for the Pacific days from `first` to `last`, both included.

        The newest days come two to three days late; days that are not complete yet are simply not there. Raises Forbidden
        where the channel may not see it, Damaged for an answer without a column that was asked for."""
        for filters in self._filters(query, video_ids):
            if query.period is Period.EACH_DAY:
                for day in (first + timedelta(days=n) for n in range((last - first).days + 1)):
                    for row in self._table(query, filters, day, day):
                        yield {"day": day.isoformat(), **row}
            else:
                yield from self._table(query, filters, first, last)

    def _filters(self, query: Query, video_ids: Sequence[VideoId]) -> Iterator[str]:
        """The filters of each call."""
        if query.scope is Scope.CHANNEL:
            yield ";".join(query.filters)
            return
        size = IDS_PER_CALL if query.scope is Scope.VIDEOS else 1
        for start in range(0, len(video_ids), size):
            yield ";".join((f"video=={','.join(video_ids[start : start + size])}", *query.filters))

    def _table(self, query: Query, filters: str, first: date, last: date) -> list[Answer]:
        optional = {"filters": filters or None, "sort": query.sort, "maxResults": query.most}
        request = (
            self._transport.service("youtubeAnalytics", self._channel_id)
            .reports()
            .query(
                ids=f"channel=={self._channel_id}",
                startDate=first.isoformat(),
                endDate=last.isoformat(),
                dimensions=",".join(query.dimensions),
                metrics=",".join(query.metrics),
                **{name: value for name, value in optional.items() if value is not None},
            )
        )
        table = self._transport.execute(self._gate, "reports.query", request, self._channel_id)
        try:
            names = [column["name"] for column in table["columnHeaders"]]
            rows = [dict(zip(names, row, strict=True)) for row in table.get("rows") or ()]
        except (KeyError, TypeError, ValueError, AttributeError):
            raise Damaged("YouTube Analytics answered with something that is no table.", "Run it again later.") from None
        if not {*query.dimensions, *query.metrics} <= set(names):
            raise Damaged("YouTube Analytics answered without a column that was asked for.", "Run it again later.")
        return [{name: _value(name, value) for name, value in row.items()} for row in rows]


_WHOLE = frozenset(
    {"views", "engagedViews", "estimatedMinutesWatched", "likes", "comments", "shares", "subscribersGained", "subscribersLost"}
    | {"monetizedPlaybacks", "adImpressions"}
)
"""Metrics that count; all others are averages, shares or money."""


def _value(name: str, value: Any) -> Any:
    """A value as it came, but 3 as 3.0 where 3.5 could stand: JSON has one kind of number."""
    if isinstance(value, int) and not isinstance(value, bool) and name not in _WHOLE:
        return float(value)
    if isinstance(value, float) and name in _WHOLE and value.is_integer():
        return int(value)
    return value
