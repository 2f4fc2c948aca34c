"""Bulk reports of the Reporting API: their types and columns, when each is written, and the text of one.

Columns stand as real reports have them. A report of a day is a grouping of that day's views (`breakdowns`), so that all types
agree. What may be wrong with reports on purpose is `ReportFaults`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from connectors.simulator.breakdowns import AXES, SOURCE_OF, Flags, Metric, Tally, ViewDay
from connectors.simulator.calendar import pacific_midnight, pacific_ordinal
from connectors.simulator.identity import token
from connectors.simulator.own import Ints
from connectors.simulator.state import Job

DELAY_HOURS = 48.0
BACKFILL_DAYS = 30
KEPT_HOURS, BACKFILL_KEPT_HOURS = 60 * 24.0, 30 * 24.0

_FIRST_AXES = {
    "video_id": "video",
    "live_or_on_demand": "live",
    "subscribed_status": "subscribed",
    "country_code": "country",
}
_COLUMN_AXES = {
    **_FIRST_AXES,
    "playlist_id": "playlist",
    "province_code": "province",
    "playback_location_type": "location",
    "playback_location_detail": "site",
    "traffic_source_type": "source",
    "traffic_source_detail": "source_detail",
    "device_type": "device",
    "operating_system": "system",
    "age_group": "age",
    "gender": "gender",
    "sharing_service": "sharing",
    "subtitle_language": "subtitle",
    "subtitle_language_autotranslated": "translation",
    "card_type": "card_type",
    "card_id": "card_id",
}
_METRICS = {
    "views": Metric(("views",)),
    "engaged_views": Metric(("engaged_views",)),
    "red_views": Metric(("red_views",)),
    "watch_time_minutes": Metric(("minutes",)),
    "red_watch_time_minutes": Metric(("red_minutes",)),
    "average_view_duration_seconds": Metric(("seconds",), "views", 1, 4),
    "average_view_duration_percentage": Metric(("portion",), "views", 100, 4),
    "comments": Metric(("comments",)),
    "likes": Metric(("likes",)),
    "dislikes": Metric(("dislikes",)),
    "shares": Metric(("shares",)),
    "subscribers_gained": Metric(("subscribers_gained",)),
    "subscribers_lost": Metric(("subscribers_lost",)),
    "videos_added_to_playlists": Metric(("playlist_additions",)),
    "videos_removed_from_playlists": Metric(("playlist_removals",)),
    "annotation_impressions": Metric(("annotation_impressions",)),
    "annotation_clickable_impressions": Metric(("annotation_impressions",)),
    "annotation_clicks": Metric(("annotation_clicks",)),
    "annotation_click_through_rate": Metric(("annotation_clicks",), "annotation_impressions", 1, 6),
    "annotation_closable_impressions": Metric(("annotation_closable_impressions",)),
    "annotation_closes": Metric(("annotation_closes",)),
    "annotation_close_rate": Metric(("annotation_closes",), "annotation_closable_impressions", 1, 6),
    "card_teaser_impressions": Metric(("card_teaser_impressions",)),
    "card_teaser_clicks": Metric(("card_teaser_clicks",)),
    "card_teaser_click_rate": Metric(("card_teaser_clicks",), "card_teaser_impressions", 1, 6),
    "card_impressions": Metric(("card_impressions",)),
    "card_clicks": Metric(("card_clicks",)),
    "card_click_rate": Metric(("card_clicks",), "card_impressions", 1, 6),
    "end_screen_element_impressions": Metric(("end_screen_impressions",)),
    "end_screen_element_clicks": Metric(("end_screen_clicks",)),
    "end_screen_element_click_rate": Metric(("end_screen_clicks",), "end_screen_impressions", 1, 6),
    "playlist_starts": Metric(("playlist_starts",)),
    "playlist_saves_added": Metric(("playlist_saves_added",)),
    "playlist_saves_removed": Metric(("playlist_saves_removed",)),
    "views_percentage": Metric(("signed_in",), "alike", 100, 4),
    "video_thumbnail_impressions": Metric(("impressions",)),
    "video_thumbnail_impressions_ctr": Metric(("clicks",), "impressions", 1, 6),
}
_LENGTHS = ("average_view_duration_seconds", "average_view_duration_percentage")
_VIEWED = ("views", "engaged_views", "watch_time_minutes", *_LENGTHS, "red_views", "red_watch_time_minutes")
_PLAYED = (
    *("views", "engaged_views", "watch_time_minutes", "average_view_duration_seconds"),
    *("playlist_starts", "playlist_saves_added", "playlist_saves_removed"),
)
_ANNOTATIONS = (
    *("annotation_impressions", "annotation_clickable_impressions", "annotation_clicks", "annotation_click_through_rate"),
    *("annotation_closable_impressions", "annotation_closes", "annotation_close_rate"),
)
_CARDS = (
    *("card_teaser_impressions", "card_teaser_clicks", "card_teaser_click_rate"),
    *("card_impressions", "card_clicks", "card_click_rate"),
)
_BASIC = (
    *("views", "engaged_views", "comments", "likes", "dislikes", "shares", "watch_time_minutes", *_LENGTHS),
    *(*_ANNOTATIONS, *_CARDS, "subscribers_gained", "subscribers_lost"),
    *("videos_added_to_playlists", "videos_removed_from_playlists", "red_views", "red_watch_time_minutes"),
)
_END_SCREENS = ("end_screen_element_impressions", "end_screen_element_clicks", "end_screen_element_click_rate")
_REACH = ("video_thumbnail_impressions", "video_thumbnail_impressions_ctr")


@dataclass(frozen=True)
class ReportType:
    """A type of bulk report.

    Attributes:
        columns: dimensions after date and channel; metrics come after them.
        of: the views that it is about, those with this metric.
    """

    name: str
    columns: tuple[str, ...]
    metrics: tuple[str, ...]
    of: str = "views"


_VIDEO = tuple(_FIRST_AXES)
_LISTED = ("playlist_id", *_VIDEO)
_COMBINED = ("playback_location_type", "traffic_source_type", "device_type", "operating_system")
_PLACE = ("playback_location_type", "playback_location_detail")
_SOURCE = ("traffic_source_type", "traffic_source_detail")
_DEVICE = ("device_type", "operating_system")

REPORT_TYPES: Mapping[str, ReportType] = {
    "channel_annotations_a1": ReportType(
        "Annotations", (*_VIDEO, "annotation_type", "annotation_id"), _ANNOTATIONS, "annotation_impressions"
    ),
    "channel_basic_a3": ReportType("User activity", _VIDEO, _BASIC),
    "channel_cards_a1": ReportType("Cards", (*_VIDEO, "card_type", "card_id"), _CARDS, "card_teaser_impressions"),
    "channel_combined_a3": ReportType("Combined", (*_VIDEO, *_COMBINED), _VIEWED),
    "channel_demographics_a1": ReportType("Demographics", (*_VIDEO, "age_group", "gender"), ("views_percentage",), "signed_in"),
    "channel_device_os_a3": ReportType("Device and OS", (*_VIDEO, *_DEVICE), _VIEWED),
    "channel_end_screens_a1": ReportType(
        "End screens", (*_VIDEO, "end_screen_element_type", "end_screen_element_id"), _END_SCREENS, "end_screen_impressions"
    ),
    "channel_playback_location_a3": ReportType("Playback locations", (*_VIDEO, *_PLACE), _VIEWED),
    "channel_province_a3": ReportType("Province", (*_VIDEO, "province_code"), (*_VIEWED, *_ANNOTATIONS, *_CARDS), "in_states"),
    "channel_sharing_service_a1": ReportType("Sharing service", (*_VIDEO, "sharing_service"), ("shares",), "shares"),
    "channel_subtitles_a3": ReportType("Subtitles", (*_VIDEO, "subtitle_language", "subtitle_language_autotranslated"), _VIEWED),
    "channel_traffic_source_a3": ReportType("Traffic sources", (*_VIDEO, *_SOURCE), _VIEWED),
    "playlist_basic_a2": ReportType("Playlist user activity", _LISTED, _PLAYED, "in_playlist"),
    "playlist_combined_a2": ReportType("Playlist combined", (*_LISTED, *_COMBINED), _PLAYED, "in_playlist"),
    "playlist_device_os_a2": ReportType("Playlist device and OS", (*_LISTED, *_DEVICE), _PLAYED, "in_playlist"),
    "playlist_playback_location_a2": ReportType("Playlist playback locations", (*_LISTED, *_PLACE), _PLAYED, "in_playlist"),
    "playlist_province_a2": ReportType("Playlist province", (*_LISTED, "province_code"), _PLAYED, "in_playlist_in_states"),
    "playlist_traffic_source_a2": ReportType("Playlist traffic sources", (*_LISTED, *_SOURCE), _PLAYED, "in_playlist"),
    "channel_reach_basic_a1": ReportType("Reach basic", ("video_id",), _REACH, "impressions"),
    "channel_reach_combined_a1": ReportType(
        "Reach combined", ("video_id", *_SOURCE, "operating_system", "device_type"), _REACH, "impressions"
    ),
}
"""Every type that a channel's owner can ask for, by its id."""


@dataclass(frozen=True)
class ReportFaults:
    """What is wrong with bulk reports. Days are Pacific days.

    Attributes:
        late_days: every report comes so many days later.
        reissue: so many days after its first report a day gets another one with corrected, somewhat higher figures; 0 for none.
        double: every report is there twice, under two ids.
        rename_columns: columns with another name.
        add_columns: columns that nobody knows, behind the others.
        missing_days: days whose reports never come.
        foreign_channel: days whose reports are those of another channel.
        damaged: days whose reports end in the middle of a line.
    """

    late_days: int = 0
    reissue: int = 0
    double: bool = False
    rename_columns: Mapping[str, str] = field(default_factory=dict)
    add_columns: tuple[str, ...] = ()
    missing_days: frozenset[date] = frozenset()
    foreign_channel: frozenset[date] = frozenset()
    damaged: frozenset[date] = frozenset()


def faults_of(table: Mapping[str, Any]) -> ReportFaults:
    """Read faults as JSON has them. Raises ValueError, TypeError or KeyError for what is none."""
    if unknown := table.keys() - ReportFaults.__dataclass_fields__.keys():
        raise ValueError(f"Unknown: {', '.join(sorted(unknown))}.")
    days = {
        name: frozenset(date.fromisoformat(day) for day in table.get(name, ()))
        for name in ("missing_days", "foreign_channel", "damaged")
    }
    faults = ReportFaults(
        late_days=int(table.get("late_days", 0)),
        reissue=int(table.get("reissue", 0)),
        double=bool(table.get("double", False)),
        rename_columns={str(old): str(new) for old, new in dict(table.get("rename_columns", {})).items()},
        add_columns=tuple(str(name) for name in table.get("add_columns", ())),
        **days,
    )
    if faults.late_days < 0 or faults.reissue < 0:
        raise ValueError("Days must not be negative.")
    return faults


@dataclass(frozen=True)
class Report:
    """A report that can be had. `created` is in hours."""

    job: Job
    ordinal: int
    created: float
    is_early: bool
    """Whether a corrected one follows."""
    issue: int
    copy: int

    @property
    def report_id(self) -> str:
        """Decimal digits, as the real ones are: of the job, the day, the issue and the copy."""
        job = int.from_bytes(blake2b(self.job.job_id.encode(), digest_size=5).digest(), "big")
        return f"{job}{self.ordinal * 10 + self.issue * 2 + self.copy:08d}"


def day_of(report: Report) -> date:
    """The Pacific day that a report is of."""
    return date.fromordinal(report.ordinal)


def reports_of(job: Job, now: float, faults: ReportFaults) -> list[Report]:
    """The reports of a job that can be had at `now` (hours), the newest day first and its newest issue before the older one."""
    made = min(job.created, now)  # the clock may have gone back
    reports = []
    for ordinal in range(pacific_ordinal(made) - BACKFILL_DAYS, pacific_ordinal(now) + 1):
        if date.fromordinal(ordinal) in faults.missing_days:
            continue
        due = pacific_midnight(ordinal + 1) + DELAY_HOURS + 24 * faults.late_days
        kept = BACKFILL_KEPT_HOURS if due < made else KEPT_HOURS
        for issue in range(2 if faults.reissue else 1):
            created = max(due, made) + 24 * faults.reissue * issue
            if created <= now < created + kept:
                is_early = faults.reissue > 0 and issue == 0
                reports += [Report(job, ordinal, created, is_early, issue, copy) for copy in range(1 + faults.double)]
    return reports[::-1]


def text_of(report_type: str, day: ViewDay, faults: ReportFaults, is_early: bool = False) -> str:
    """The CSV of a channel's day; `is_early`: as first counted, before it is corrected."""
    kind = REPORT_TYPES[report_type]
    tallies = list(_parts(report_type, kind, day, is_early))
    head = [faults.rename_columns.get(name, name) for name in ("date", "channel_id", *kind.columns, *kind.metrics)]
    lines = [",".join((*head, *faults.add_columns))]
    start = f"{date.fromordinal(day.ordinal):%Y%m%d},{day.channel.channel_id},"
    end = ",new" * len(faults.add_columns)
    for texts, sums in tallies:
        columns = [*texts, *(_figures(_METRICS[name], sums) for name in kind.metrics)]
        lines += [f"{start}{line}{end}" for line in map(",".join, zip(*columns, strict=True))]
    text = "\n".join(lines) + "\n"
    return _cut(text) if date.fromordinal(day.ordinal) in faults.damaged else text


def _cut(text: str) -> str:
    """A text that ends in the middle of one of its last lines."""
    place = len(text) * 2 // 3
    begin, end = text.rfind("\n", 0, place) + 1, text.index("\n", place)
    return text[: (begin + end) // 2]


Part = tuple[list[list[str]], dict[str, NDArray[Any]]]
"""Texts of the dimensions, column by column, and the sums of the same groups."""


def _parts(report_type: str, kind: ReportType, day: ViewDay, is_early: bool) -> Iterator[Part]:
    """The lines of a report, in one or more parts."""
    if kind.of == "impressions":
        yield _reach(kind, day, is_early)
        return
    axes = [AXES[_COLUMN_AXES[name]] for name in kind.columns if name in _COLUMN_AXES]
    columns = list(dict.fromkeys(column for axis in axes for column in axis.columns))
    needed = {name for metric in kind.metrics for name in (*_METRICS[metric].sums, _METRICS[metric].by) if name}
    chosen: Flags = day.metric(kind.of).astype(bool)
    if is_early:
        chosen = chosen & day.metric("early")
    if report_type == "channel_end_screens_a1":
        clicks = ("end_screen_video_clicks", "end_screen_subscribe_clicks")
        tally = day.tally(columns, ("end_screen_impressions", *clicks), chosen)
        for number, (element, name) in enumerate(zip(("509", "505"), clicks, strict=True)):
            ids = [token("end screen", video_id, number, length=16) for video_id in _texts(("video_id",), columns, tally, day)[0]]
            texts = [*_texts(kind.columns[:-2], columns, tally, day), [element] * len(ids), ids]
            yield texts, {"end_screen_impressions": tally.sums["end_screen_impressions"], "end_screen_clicks": tally.sums[name]}
        return
    tally = day.tally(columns, sorted(needed - {"alike"}), chosen)
    texts = _texts([name for name in kind.columns if name in _COLUMN_AXES], columns, tally, day)
    if report_type == "channel_annotations_a1":
        watermark = token("watermark", day.channel.channel_id, length=16)
        texts += [["10"] * len(tally.keys), [watermark] * len(tally.keys)]
    if "alike" in needed:
        _, group = np.unique(tally.keys[:, : len(_VIDEO)], axis=0, return_inverse=True)
        tally.sums["alike"] = np.bincount(group.ravel(), weights=tally.sums["signed_in"])[group.ravel()]
    yield texts, tally.sums


def _reach(kind: ReportType, day: ViewDay, is_early: bool) -> Part:
    tally = day.reach(is_early)
    columns = ["video", "entrance", "device", "source"]
    if kind.columns == ("video_id",):
        rows, group = np.unique(tally.keys[:, 0], return_inverse=True)
        sums = {name: np.bincount(group, weights=counts).astype(np.int64) for name, counts in tally.sums.items()}
        return _texts(kind.columns, columns, Tally(rows[:, None], sums), day), sums
    tally = Tally(np.column_stack([tally.keys, SOURCE_OF[tally.keys[:, 1]]]), tally.sums)
    return _texts(kind.columns, columns, tally, day), tally.sums


def _texts(names: Sequence[str], columns: Sequence[str], tally: Tally, day: ViewDay) -> list[list[str]]:
    """Texts of dimensions of a tally over `columns`, quoted where they must be."""
    texts = []
    for name in names:
        axis = AXES[_COLUMN_AXES[name]]
        keys: Ints = tally.keys[:, [columns.index(column) for column in axis.columns]]
        labels = axis.labels(day, keys, with_codes=True)
        texts.append([_quoted(label) for label in labels] if axis.text is not None else labels)
    return texts


def _quoted(text: str) -> str:
    return f'"{text.replace(chr(34), chr(34) * 2)}"' if {",", '"', "\n"} & {*text} else text


def _figures(metric: Metric, sums: Mapping[str, NDArray[Any]]) -> list[str]:
    value = sum(sums[name] for name in metric.sums)
    if metric.digits is None:
        return [str(figure) for figure in np.asarray(value).tolist()]
    below = sums[metric.by] if metric.by is not None else 1
    quotient = np.asarray(value) * metric.factor / np.maximum(below, 1)
    return [f"{figure:.{metric.digits}f}" for figure in quotient.tolist()]
