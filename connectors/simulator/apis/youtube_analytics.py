"""YouTube Analytics API v2: reports.query for own channels, by Pacific day and video and by everything that views divide by.

Days show 24 hours after their end. Which queries are answered is said in `analytics_queries`. Plain figures of videos and days
come straight from the world's curves, all others from the views of each day, which add up to the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from operator import itemgetter

import numpy as np
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors.simulator.apis import analytics_queries, google
from connectors.simulator.apis.analytics_queries import AXES, DIMENSIONS, FILTERS, METRICS, MONEY, REFUSED, Report
from connectors.simulator.apis.google import GoogleError
from connectors.simulator.audience import Floats
from connectors.simulator.breakdowns import AXES as DAY_AXES
from connectors.simulator.breakdowns import COUNTS, Flags, ViewDay
from connectors.simulator.own import Curves, OwnVideo, page_subscribers
from connectors.simulator.scenario import OwnChannel
from connectors.simulator.world import World, last_complete_day

DELAY_HOURS = 24.0
MAX_FILTER_VALUES = 500
MAX_TRAFFIC_CELLS = 50_000
_IDS = re.compile(r"channel==(MINE|mine|UC[\w-]{22})")
_CURVED = frozenset({*COUNTS, "seconds", "portion"})
"""Sums that need no single views."""

Row = list[str | int | float]
Key = tuple[str, ...]


@dataclass(frozen=True)
class _Query:
    """A question that is understood and allowed."""

    channel: OwnChannel
    first: int
    last: int
    """Ordinals of Pacific days, only such as have their figures by now: none where `first` is after `last`."""
    complete: int
    """Ordinal of the last day that has."""
    metrics: list[str]
    dimensions: list[str]
    filters: dict[str, list[str]]
    report: Report

    @property
    def sums(self) -> list[str]:
        """What must be added up over views."""
        named = {name for metric in self.metrics for name in (*METRICS[metric].sums, METRICS[metric].by) if name}
        return sorted(named | {"views"})

    @property
    def is_plain(self) -> bool:
        """Whether the world's curves tell all that is asked for."""
        named = {*self.dimensions, *self.filters} - {"day", "month", "video"}
        return not named and self.report.of == "views" and _CURVED.issuperset(self.sums)

    def days(self) -> range:
        """Ordinals of the days."""
        return range(self.first, self.last + 1)

    def time(self, ordinal: int) -> dict[str, str]:
        """What a day is called in the dimensions of time."""
        day = date.fromordinal(ordinal).isoformat()
        return {"day": day, "month": day[:7]}


async def query(request: Request) -> Response:
    """reports.query."""
    viewer = google.owner(request)
    asked = _understood(request, viewer)
    sort = _sort(request, asked)
    most = google.whole(request, "maxResults", 0, 1, 1_000_000)
    first = google.whole(request, "startIndex", 1, 1, 1_000_000)
    if asked.report.most is not None:
        is_falling = bool(sort) and all(falls for _, falls in sort)
        if not is_falling or not 1 <= most <= asked.report.most:
            raise _unsupported()
    if MONEY.intersection(asked.metrics):
        _check_money(request, asked.channel)
    world = google.simulation(request).world
    rows = _retention(world, asked) if "elapsedVideoTimeRatio" in asked.dimensions else _rows(world, asked)
    columns = [*asked.dimensions, *asked.metrics]
    for name, is_falling in reversed(sort):
        rows.sort(key=itemgetter(columns.index(name)), reverse=is_falling)
    rows = rows[first - 1 :]
    headers = [
        {"name": name, "columnType": "DIMENSION", "dataType": "FLOAT" if name == "elapsedVideoTimeRatio" else "STRING"}
        for name in asked.dimensions
    ]
    headers += [
        {"name": name, "columnType": "METRIC", "dataType": "INTEGER" if METRICS[name].digits is None else "FLOAT"}
        for name in asked.metrics
    ]
    body = {"kind": "youtubeAnalytics#resultTable", "columnHeaders": headers, "rows": rows[:most] if most else rows}
    return google.answer(request, body)


def _understood(request: Request, viewer: str) -> _Query:
    channel = _channel(request, viewer)
    begin, end = (_day(request, name) for name in ("startDate", "endDate"))
    metrics, dimensions, filters = _names(request, "metrics"), _names(request, "dimensions"), _filters(request)
    if not metrics:
        raise _bad("Required parameter: metrics", "required")
    for field, names, known in (
        ("metrics", metrics, METRICS.keys() | REFUSED),
        ("dimensions", dimensions, DIMENSIONS),
        ("filters", list(filters), FILTERS),
    ):
        for name in names:
            if name not in known:
                raise _bad(f"Unknown identifier ({name}) given in field parameters.{field}.")
    report = analytics_queries.report_of(dimensions, filters, metrics)
    is_repeated = len({*dimensions, *metrics}) < len(dimensions) + len(metrics)
    if report is None or is_repeated or ("elapsedVideoTimeRatio" in dimensions and len(filters["video"]) != 1):
        raise _unsupported()
    if "insightTrafficSourceType" in report.dimensions and len(filters.get("video", ())) * (end - begin + 1) > MAX_TRAFFIC_CELLS:
        raise _unsupported()
    if end < begin:
        raise _bad("Invalid query. End date must not be before start date.")
    running = google.simulation(request)
    complete = last_complete_day(running.now, DELAY_HOURS)
    _, curves = running.world.report(channel, complete)
    return _Query(channel, max(begin, curves.first), min(end, complete), complete, metrics, dimensions, filters, report)


def _check_money(request: Request, channel: OwnChannel) -> None:
    running = google.simulation(request)
    if google.MONETARY_SCOPE not in google.caller(request).scopes:
        raise google.insufficient_scopes()
    if not running.world.breakdowns.is_monetised(channel):
        raise GoogleError(403, "forbidden", "Forbidden", domain="global")


def _rows(world: World, asked: _Query) -> list[Row]:
    """The groups of a query. Groups without a view show only in totals by day."""
    if asked.first > asked.last:
        return []
    names = asked.sums
    sums: dict[Key, Floats] = {}
    if set(asked.dimensions) <= {"day", "month"}:
        for ordinal in asked.days():
            sums[tuple(asked.time(ordinal)[name] for name in asked.dimensions)] = np.zeros(len(names))
    groups = _curved if asked.is_plain else _viewed
    for key, values in groups(world, asked, names):
        sums[key] = sums[key] + values if key in sums else values
    totals = [dict(zip(names, values.tolist(), strict=True)) for values in sums.values()]
    rows: list[Row] = [
        [*key, *(_value(metric, total) for metric in asked.metrics)] for key, total in zip(sums, totals, strict=True)
    ]
    if "viewerPercentage" in asked.metrics:
        _make_percentages(rows, asked.dimensions, [total["signed_in"] for total in totals])
    return rows


def _curved(world: World, asked: _Query, names: Sequence[str]) -> Iterator[tuple[Key, Floats]]:
    """Groups of videos and days, in order of the days, from the world's curves."""
    videos, curves = world.report(asked.channel, asked.complete)
    chosen = frozenset(asked.filters.get("video", ()))
    rows = [row for row, video in enumerate(videos) if not chosen or video.video_id in chosen]
    on_page = {} if chosen or "video" in asked.dimensions else _on_page(curves)
    videos = [videos[row] for row in rows]
    columns = slice(asked.first - curves.first, asked.last - curves.first + 1)
    daily = {
        name: np.diff(getattr(curves, name), axis=1, prepend=0)[rows, columns].astype(float)
        for name in {*names, "views"} & {*COUNTS}
    }
    shares, seconds = _column(video.reach.watch_share for video in videos), _column(video.seconds for video in videos)
    daily["portion"] = daily["views"] * shares
    daily["seconds"] = daily["portion"] * seconds
    cells = np.stack([daily[name] for name in names], axis=2)
    shown = [video.video_id for video in videos]
    if "video" not in asked.dimensions:
        cells, shown = cells.sum(axis=0, keepdims=True), [""]
    for name, counts in on_page.items():
        if name in names:
            cells[0, :, names.index(name)] += counts[columns]
    labels = [asked.time(ordinal) for ordinal in asked.days()]
    if not {"day", "month"} & set(asked.dimensions):
        cells, labels = cells.sum(axis=1, keepdims=True), [{}]
    views = cells[:, :, names.index("views")]
    for place, times in enumerate(labels):
        for row, video_id in enumerate(shown):
            if not video_id or views[row, place]:
                known = {**times, "video": video_id}
                yield tuple(known[name] for name in asked.dimensions), cells[row, place]


def _on_page(counted: Curves) -> dict[str, Floats]:
    """What a channel's day counts besides its videos."""
    gained, lost = page_subscribers(counted)
    return {
        "subscribers_gained": np.diff(gained, prepend=0).astype(float),
        "subscribers_lost": np.diff(lost, prepend=0).astype(float),
    }


def _column(values: Iterable[float]) -> Floats:
    return np.array(list(values), dtype=float)[:, None]


def _viewed(world: World, asked: _Query, names: Sequence[str]) -> Iterator[tuple[Key, Floats]]:
    """Groups of every day, from its views. A value that nobody has, such as a search term that is withheld, is left out."""
    axes = [DAY_AXES[AXES[name]] for name in asked.dimensions if name in AXES]
    columns = list(dict.fromkeys(column for axis in axes for column in axis.columns))
    for ordinal in asked.days():
        day = world.view_day(asked.channel, ordinal, asked.complete)
        tally = day.tally(columns, names, _chosen(day, asked))
        labels = iter([axis.labels(day, tally.keys[:, [columns.index(name) for name in axis.columns]], False) for axis in axes])
        times = asked.time(ordinal)
        texts = [next(labels) if name in AXES else [times[name]] * len(tally.keys) for name in asked.dimensions]
        cells = np.stack([tally.sums[name] for name in names], axis=1).astype(float)
        keys = zip(*texts, strict=True) if texts else [()] * len(cells)
        yield from ((key, values) for key, values in zip(keys, cells, strict=True) if all(key))


def _chosen(day: ViewDay, asked: _Query) -> Flags:
    """Which views of a day the query is about."""
    chosen: Flags = day.metric(asked.report.of).astype(bool)
    for name, values in asked.filters.items():
        axis = DAY_AXES[AXES[name]]
        columns = np.stack([day.dimension(column) for column in axis.columns], axis=1)
        number = columns[:, 0] + columns[:, 1:].sum(axis=1) * len(day.videos)  # one whole number for each row: faster than rows
        _, sample, group = np.unique(number, return_index=True, return_inverse=True)
        is_wanted = np.array([label in values for label in axis.labels(day, columns[sample], False)], dtype=bool)
        chosen = chosen & is_wanted[group]
    return chosen


def _value(metric: str, sums: Mapping[str, float]) -> int | float:
    about = METRICS[metric]
    value = sum(sums[name] for name in about.sums)
    value = value if about.by is None else value / (sums[about.by] or 1)
    return int(value * about.factor) if about.digits is None else round(value * about.factor, about.digits)


def _make_percentages(rows: list[Row], dimensions: Sequence[str], counts: Sequence[float]) -> None:
    """Give the last column its share of all who are signed in and alike in the dimensions other than age and gender."""
    alike = [
        tuple(str(value) for name, value in zip(dimensions, row, strict=False) if name not in {"ageGroup", "gender"})
        for row in rows
    ]
    totals: dict[Key, float] = {}
    for key, count in zip(alike, counts, strict=True):
        totals[key] = totals.get(key, 0.0) + count
    for row, key, count in zip(rows, alike, counts, strict=True):
        row[-1] = round(count / totals[key] * 100, 1)


def _retention(world: World, asked: _Query) -> list[Row]:
    """The retention curve of the one video, where it was seen in the days asked for."""
    video = _seen(world, asked)
    if video is None or asked.filters.get("audienceType", ["ORGANIC"]) != ["ORGANIC"]:
        return []
    statuses = set(asked.filters.get("subscribedStatus", ()))
    watched, rank = world.breakdowns.retention(video, statuses == {"SUBSCRIBED"} if len(statuses) == 1 else None)
    curves = {"audienceWatchRatio": watched, "relativeRetentionPerformance": rank}
    return [
        [(place + 1) / len(watched), *(round(float(curves[name][place]), 4) for name in asked.metrics)]
        for place in range(len(watched))
    ]


def _seen(world: World, asked: _Query) -> OwnVideo | None:
    videos, curves = world.report(asked.channel, asked.complete)
    row = next((row for row, video in enumerate(videos) if [video.video_id] == asked.filters["video"]), None)
    if row is None or asked.first > asked.last:
        return None
    views, before = curves.views[row], asked.first - curves.first - 1
    return videos[row] if views[asked.last - curves.first] > (views[before] if before >= 0 else 0) else None


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


def _filters(request: Request) -> dict[str, list[str]]:
    """`filters=video==a,b;country==US` as name → values."""
    filters: dict[str, list[str]] = {}
    for part in request.query_params.get("filters", "").split(";"):
        name, equals, values = part.partition("==")
        if not part:
            continue
        if not equals or not values or name in filters:
            raise _unsupported()
        filters[name] = values.split(",")
        if len(filters[name]) > MAX_FILTER_VALUES:
            raise _bad(f"Too many values in filter {name}: at most {MAX_FILTER_VALUES}.")
    return filters


def _sort(request: Request, asked: _Query) -> list[tuple[str, bool]]:
    sort = [(name.removeprefix("-"), name.startswith("-")) for name in _names(request, "sort")]
    for name, _ in sort:
        if name not in asked.metrics and name not in asked.dimensions:
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
