"""YouTube Analytics API v2: reports.query for own channels, by Pacific day and video.

Days show 24 hours after their end. Thumbnail impressions are refused here, as in the real one: see the Reporting API.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from operator import itemgetter

import numpy as np
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors.simulator.apis import google
from connectors.simulator.apis.google import GoogleError
from connectors.simulator.audience import Floats
from connectors.simulator.own import OwnVideo
from connectors.simulator.scenario import OwnChannel
from connectors.simulator.world import last_complete_day

DELAY_HOURS = 24.0
COUNTS = {
    "views": "views",
    "engagedViews": "engaged_views",
    "estimatedMinutesWatched": "minutes",
    "likes": "likes",
    "comments": "comments",
    "shares": "shares",
    "subscribersGained": "subscribers_gained",
    "subscribersLost": "subscribers_lost",
}
ALWAYS_ZERO = frozenset({"dislikes", "redViews", "videosAddedToPlaylists", "videosRemovedFromPlaylists"})
AVERAGES = {"averageViewDuration": "INTEGER", "averageViewPercentage": "FLOAT"}
UNSUPPORTED = frozenset(
    {"impressions", "impressionClickThroughRate", "videoThumbnailImpressions", "videoThumbnailImpressionsClickRate"}
    | {"estimatedRevenue", "grossRevenue", "cpm", "adImpressions", "monetizedPlaybacks", "audienceWatchRatio"}
)
MAX_TOP_VIDEOS = 200
MAX_FILTER_VIDEOS = 500
_IDS = re.compile(r"channel==(MINE|mine|UC[\w-]{22})")


@dataclass(frozen=True)
class _Cells:
    """Daily counts of videos: each array of shape (videos, days)."""

    videos: list[OwnVideo]
    days: list[int]
    counts: dict[str, Floats]


async def query(request: Request) -> Response:
    """reports.query."""
    viewer = google.owner(request)
    channel = _channel(request, viewer)
    begin, end = (_day(request, name) for name in ("startDate", "endDate"))
    metrics = _names(request, "metrics")
    dimensions = _names(request, "dimensions")
    if not metrics:
        raise _bad("Required parameter: metrics", "required")
    for metric in metrics:
        if metric in UNSUPPORTED:
            raise _unsupported()
        if metric not in COUNTS and metric not in AVERAGES and metric not in ALWAYS_ZERO:
            raise _bad(f"Unknown identifier ({metric}) given in field parameters.metrics.")
    for dimension in dimensions:
        if dimension not in {"day", "video"}:
            raise _bad(f"Unknown identifier ({dimension}) given in field parameters.dimensions.")
    chosen = _filter(request)
    sort = _sort(request, metrics, dimensions)
    most = google.whole(request, "maxResults", 0, 1, 1_000_000)
    first = google.whole(request, "startIndex", 1, 1, 1_000_000)
    is_top_list = "video" in dimensions and chosen is None
    if is_top_list and (dimensions != ["video"] or not sort or not 1 <= most <= MAX_TOP_VIDEOS):
        raise _unsupported()
    rows = _rows(_cells(request, channel, begin, end, chosen), metrics, dimensions)
    columns = [*dimensions, *metrics]
    for name, is_falling in reversed(sort):
        rows.sort(key=itemgetter(columns.index(name)), reverse=is_falling)
    rows = rows[first - 1 :]
    headers = [{"name": name, "columnType": "DIMENSION", "dataType": "STRING"} for name in dimensions]
    headers += [{"name": name, "columnType": "METRIC", "dataType": AVERAGES.get(name, "INTEGER")} for name in metrics]
    body = {"kind": "youtubeAnalytics#resultTable", "columnHeaders": headers, "rows": rows[:most] if most else rows}
    return google.answer(request, body)


def _cells(request: Request, channel: OwnChannel, begin: int, end: int, chosen: list[str] | None) -> _Cells:
    running = google.simulation(request)
    complete = last_complete_day(running.now, DELAY_HOURS)
    videos, curves = running.world.report(channel, complete)
    days = list(range(max(begin, curves.first), min(end, complete) + 1))
    rows = [row for row, video in enumerate(videos) if chosen is None or video.video_id in chosen]
    columns = [day - curves.first for day in days]
    counts = {}
    for metric, name in COUNTS.items():
        daily = np.diff(getattr(curves, name), axis=1, prepend=0)
        counts[metric] = daily[np.ix_(rows, columns)]
    return _Cells([videos[row] for row in rows], days, counts)


def _rows(cells: _Cells, metrics: list[str], dimensions: list[str]) -> list[list[str | int | float]]:
    """Sum the cells over the dimensions that were not asked for; rows without a view show only in totals by day."""
    by_video, by_day = "video" in dimensions, "day" in dimensions
    if not cells.days:
        return []
    groups = [
        (videos, days)
        for days in ([[place] for place in range(len(cells.days))] if by_day else [list(range(len(cells.days)))])
        for videos in ([[place] for place in range(len(cells.videos))] if by_video else [list(range(len(cells.videos)))])
    ]
    rows: list[list[str | int | float]] = []
    for videos, days in groups:
        views = cells.counts["views"][np.ix_(videos, days)].sum(axis=1)
        if by_video and not views.sum():
            continue
        labels = {
            "day": date.fromordinal(cells.days[days[0]]).isoformat(),
            "video": cells.videos[videos[0]].video_id if videos else "",
        }
        row: list[str | int | float] = [labels[name] for name in dimensions]
        shares = np.array([cells.videos[place].reach.watch_share for place in videos])
        seconds = np.array([cells.videos[place].seconds for place in videos])
        weight = max(int(views.sum()), 1)
        for metric in metrics:
            if metric == "averageViewDuration":
                row.append(int((views * shares * seconds).sum() / weight))
            elif metric == "averageViewPercentage":
                row.append(round(float((views * shares).sum() / weight) * 100, 2))
            elif metric in ALWAYS_ZERO:
                row.append(0)
            else:
                row.append(int(cells.counts[metric][np.ix_(videos, days)].sum()))
        rows.append(row)
    return rows


def _channel(request: Request, viewer: str) -> OwnChannel:
    match = _IDS.fullmatch(request.query_params.get("ids", ""))
    if match is None:
        raise _bad("Invalid value for parameter ids: use channel==MINE or channel==CHANNEL_ID.")
    asked = viewer if match[1].upper() == "MINE" else match[1]
    channel = google.simulation(request).world.scenario.own(asked)
    if channel is None or asked != viewer:
        raise GoogleError(403, "forbidden", "Forbidden", domain="global")
    return channel


def _day(request: Request, name: str) -> int:
    text = request.query_params.get(name)
    if text is None:
        raise _bad(f"Required parameter: {name}", "required")
    try:
        return date.fromisoformat(text).toordinal()
    except ValueError:
        message = (
            f"Invalid value '{text}'. Values must match the following regular expression: '[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}'"
        )
        raise _bad(message) from None


def _names(request: Request, name: str) -> list[str]:
    return [value.strip() for value in request.query_params.get(name, "").split(",") if value.strip()]


def _filter(request: Request) -> list[str] | None:
    """Video ids of `filters=video==a,b`; None without a filter."""
    text = request.query_params.get("filters")
    if not text:
        return None
    name, equals, values = text.partition("==")
    if name != "video" or not equals or ";" in values:
        raise _unsupported()
    chosen = values.split(",")
    if len(chosen) > MAX_FILTER_VIDEOS:
        raise _bad(f"Too many values in filter video: at most {MAX_FILTER_VIDEOS}.")
    return chosen


def _sort(request: Request, metrics: list[str], dimensions: list[str]) -> list[tuple[str, bool]]:
    sort = [(name.removeprefix("-"), name.startswith("-")) for name in _names(request, "sort")]
    for name, _ in sort:
        if name not in metrics and name not in dimensions:
            raise _bad(f"Unknown identifier ({name}) given in field parameters.sort.")
    return sort


def _bad(message: str, reason: str = "badRequest") -> GoogleError:
    return GoogleError(400, reason, message, domain="global", status="INVALID_ARGUMENT")


def _unsupported() -> GoogleError:
    return _bad(
        "The query is not supported. Check the documentation at "
        "https://developers.google.com/youtube/analytics/v2/available_reports for supported queries."
    )


ROUTES = [Route("/v2/reports", query)]
