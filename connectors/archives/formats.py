"""What a file is, and what its columns mean: one `Format` per shape that exports and archives really have.

A file is known by its columns, never by its name. Columns that a format knows land under our names, typed, with the unit in the
name; the others land verbatim under `other`. Adding a format means adding a value to `FORMATS`; nothing else changes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from connectors.archives import cells
from connectors.archives.columns import (
    COMMENT,
    STEPS,
    STUDIO_DIMENSIONS,
    STUDIO_METRICS,
    TREND,
    VIDEO,
    Column,
    column_for,
    is_known_heading,
    named,
    studio_column,
)
from connectors.archives.headings import Heading
from core.errors import InvalidInput, UnknownName


class Kind(StrEnum):
    """What a person says the files are; AUTO leaves it to their columns."""

    AUTO = "auto"
    STUDIO_EXPORT = "studio-export"
    CHARTS = "charts"
    VIDEO_READINGS = "video-readings"
    CHANNEL_READINGS = "channel-readings"
    VIEW_SERIES = "view-series"
    TREND_ARCHIVE = "trend-archive"
    HEADLINE_TESTS = "headline-tests"
    LABELLED_TEXTS = "labelled-texts"
    COMMENTS = "comments"
    TRANSCRIPTS = "transcripts"


@dataclass(frozen=True)
class Format:
    """One shape of files.

    Attributes:
        name: of the format, as `ops.imported_files` keeps it.
        signature: the folded headings that a file of it has; each may be given as alternatives, `a|b`.
        lacks: folded headings that a file of it never has.
        column: our column for a heading, or None for one that is not known.
        required: our names of what no row may lack.
        key: what a row is about: our names in order, joined by colons in `row_key`; `a|b` is the first that is there, `#a` the
            beginning of the digest of a text. Names that a file has no column for are left out.
        constants: what every row of it says.
        series: stem of numbered columns (`d1`, `d2`, …) and our name of their list.
        has_region: the charts are of one country; where no column tells which, the file's name may (`USvideos.csv`).
        has_totals: a row whose first cell is `Total`, in any language, sums up the others.
        has_steps: its dates begin days, weeks, months or years: which ones, the dates of the file decide.
        is_personal: people wrote the texts: columns that name them are dropped, and nothing of a broken line is kept.
    """

    name: str
    kind: Kind
    table: str
    signature: tuple[str, ...]
    column: Callable[[Heading], Column | None]
    key: tuple[str, ...]
    required: tuple[str, ...] = ()
    lacks: frozenset[str] = frozenset()
    constants: Mapping[str, Any] = field(default_factory=dict)
    series: tuple[str, str] | None = None
    has_region: bool = False
    has_totals: bool = False
    has_steps: bool = False
    is_personal: bool = False

    def fits(self, names: frozenset[str]) -> bool:
        """Whether a file with these folded headings is of this format."""
        return names.isdisjoint(self.lacks) and all(not names.isdisjoint(part.split("|")) for part in self.signature)


def _known(columns: Mapping[str, Column]) -> Callable[[Heading], Column | None]:
    return lambda heading: column_for(columns, heading)


_METRICS, _DIMENSIONS = "|".join(STUDIO_METRICS), "|".join(STUDIO_DIMENSIONS)
_DATES = "|".join(("date", *STEPS))
_DIMENSION_NAMES = tuple(name.replace(" ", "_") for name in STUDIO_DIMENSIONS)
_ARCHIVED = frozenset({"video id", "channel id", "title", "rank", "fetched at", "comment id", "author"})
"""Headings that other archives have beside a date and views; Studio has none of them."""

FORMATS = (
    Format(
        name="studio_videos",
        kind=Kind.STUDIO_EXPORT,
        table="raw_archive.studio_videos",
        signature=("content|video", _METRICS),  # without rows, an export has no titles
        column=studio_column,
        key=("video_id",),
        required=("video_id",),
        lacks=_ARCHIVED | frozenset(STUDIO_DIMENSIONS),
        has_totals=True,
    ),
    Format(
        name="studio_videos_unnamed",
        kind=Kind.STUDIO_EXPORT,
        table="raw_archive.studio_videos",
        signature=("id", "video publish time", "video duration", _METRICS),
        column=studio_column,
        key=("row_number",),
        required=("row_number", "published_on"),
    ),
    Format(
        name="studio_daily_videos",
        kind=Kind.STUDIO_EXPORT,
        table="raw_archive.studio_daily",
        signature=(_DATES, "content|video", _METRICS),
        column=studio_column,
        key=("on_date", "video_id"),
        required=("on_date", "video_id"),
        lacks=_ARCHIVED | frozenset(STUDIO_DIMENSIONS),
        has_totals=True,
        has_steps=True,
    ),
    Format(
        name="studio_daily",
        kind=Kind.STUDIO_EXPORT,
        table="raw_archive.studio_daily",
        signature=(_DATES, _METRICS),
        column=studio_column,
        key=("on_date",),
        required=("on_date",),
        lacks=_ARCHIVED,
        has_totals=True,
        has_steps=True,
    ),
    Format(
        name="studio_daily_breakdown",
        kind=Kind.STUDIO_EXPORT,
        table="raw_archive.studio_breakdowns",
        signature=(_DATES, _DIMENSIONS, _METRICS),
        column=studio_column,
        key=("on_date", "video_id", *_DIMENSION_NAMES),
        required=("on_date",),
        lacks=_ARCHIVED,
        has_totals=True,
        has_steps=True,
    ),
    Format(
        name="studio_breakdown",
        kind=Kind.STUDIO_EXPORT,
        table="raw_archive.studio_breakdowns",
        signature=(_DIMENSIONS, _METRICS),
        column=studio_column,
        key=("video_id", *_DIMENSION_NAMES),
        lacks=_ARCHIVED,
        has_totals=True,
    ),
    Format(
        name="studio_countries",
        kind=Kind.STUDIO_EXPORT,
        table="raw_archive.studio_breakdowns",
        signature=("video title", "video id", "country id", "is subscribed", "views"),
        column=_known(
            named(
                (cells.VIDEO_ID, "video id"),
                (cells.TEXT, "video title > title, country name, country id > country"),
                (cells.FLAG, "is subscribed"),
                (cells.DURATION, "video length > duration"),
                (cells.COUNT, "views, video likes added > likes_added, video dislikes added > dislikes_added"),
                (cells.COUNT, "user subscriptions added > subscribers_gained, user subscriptions removed > subscribers_lost"),
                (cells.DECIMAL, "avg view percentage > average_viewed_ratio"),
                (cells.DURATION, "average watch time seconds > average view duration"),
            )
        ),
        key=("video_id|title", "country|country_name", "is_subscribed"),
    ),
    Format(
        name="chart",
        kind=Kind.CHARTS,
        table="raw_archive.chart_entries",
        signature=("video id", "country", "fetched at", "title", "views"),
        column=_known(VIDEO),
        key=("region", "read_at", "video_id"),
        required=("region", "read_at", "video_id"),
    ),
    Format(
        name="trending_page",
        kind=Kind.CHARTS,
        table="raw_archive.chart_entries",
        signature=("video id", "published text", "category page", "file date", "views"),
        column=_known(VIDEO),
        key=("chart", "charted_on", "video_id"),
        required=("chart", "charted_on", "video_id"),
    ),
    Format(
        name="daily_chart",
        kind=Kind.CHARTS,
        table="raw_archive.chart_entries",
        signature=("video id", "title", "trending date", "views|view count"),
        column=_known(VIDEO),
        key=("region", "charted_on", "video_id"),
        required=("charted_on", "video_id"),
        has_region=True,
    ),
    Format(
        name="chart_without_year",
        kind=Kind.CHARTS,
        table="raw_archive.chart_entries",
        signature=("video id", "title", "comment total", "thumbnail link", "date", "views"),
        column=_known(VIDEO | {"date": Column("charted_on", cells.SHORT_DAY)}),
        key=("region", "charted_on", "video_id"),
        required=("charted_on", "video_id"),
        has_region=True,
    ),
    Format(
        name="video_readings",
        kind=Kind.VIDEO_READINGS,
        table="raw_archive.video_readings",
        signature=("video id", "fetched at|snapshot utc", "views|view count"),
        column=_known(VIDEO),
        key=("video_id", "read_at"),
        required=("video_id", "read_at", "views"),
    ),
    Format(
        name="videos",
        kind=Kind.VIDEO_READINGS,
        table="raw_archive.video_readings",
        signature=("video id", "title", "published at|published|published date|publish time"),
        column=_known(VIDEO),
        key=("video_id",),
        required=("video_id",),
    ),
    Format(
        name="view_series",
        kind=Kind.VIEW_SERIES,
        table="raw_archive.view_series",
        signature=("video id", "d1", "d2", "d7"),
        column=_known(named((cells.VIDEO_ID, "video id"))),
        key=("video_id",),
        required=("video_id",),
        series=("d", "daily_views"),
    ),
    Format(
        name="channel_readings",
        kind=Kind.CHANNEL_READINGS,
        table="raw_archive.channel_readings",
        signature=("date utc|date", "channel id", "subscribers", "views", "videos"),
        column=_known(
            named(
                (cells.OBSERVED_DAY, "date utc > on_date, date > on_date"),
                (cells.TEXT, "channel id, channel title"),
                (cells.COUNT, "subscribers, views, videos"),
            )
        ),
        key=("channel_id", "on_date"),
        required=("channel_id", "on_date"),
    ),
    Format(
        name="twitter_volumes",
        kind=Kind.TREND_ARCHIVE,
        table="raw_archive.trend_entries",
        signature=("date", "rank", "topic", "peak volume"),
        column=_known(TREND),
        key=("service", "list", "on_date", "rank"),
        required=("on_date", "rank", "topic"),
        constants={"service": "twitter", "list": "most_tweeted"},
    ),
    Format(
        name="twitter_durations",
        kind=Kind.TREND_ARCHIVE,
        table="raw_archive.trend_entries",
        signature=("date", "rank", "topic", "duration"),
        column=_known(TREND),
        key=("service", "list", "on_date", "rank"),
        required=("on_date", "rank", "topic"),
        constants={"service": "twitter", "list": "longest_trending"},
    ),
    Format(
        name="twitter_snapshots",
        kind=Kind.TREND_ARCHIVE,
        table="raw_archive.trend_entries",
        signature=("position", "name", "tweet volume", "country", "as of"),
        column=_known(TREND),
        key=("service", "region", "read_at", "position"),
        required=("read_at", "position", "topic"),
        constants={"service": "twitter", "list": "trends"},
    ),
    Format(
        name="hackernews_top",
        kind=Kind.TREND_ARCHIVE,
        table="raw_archive.trend_entries",
        signature=("date", "rank", "title", "url", "points", "comments"),
        column=_known(TREND),
        key=("service", "on_date", "rank"),
        required=("on_date", "rank", "title"),
        constants={"service": "hackernews", "list": "top"},
    ),
    Format(
        name="wikipedia_pages",
        kind=Kind.TREND_ARCHIVE,
        table="raw_archive.trend_entries",
        signature=("date", "topic title", "rank", "pageviews"),
        column=_known(TREND),
        key=("service", "on_date", "rank"),
        required=("on_date", "topic"),
        constants={"service": "wikipedia", "list": "most_read"},
    ),
    Format(
        name="headline_tests",
        kind=Kind.HEADLINE_TESTS,
        table="raw_archive.headline_tests",
        signature=("clickability test id", "headline", "impressions", "clicks"),
        column=_known(
            named(
                (
                    cells.TEXT,
                    "clickability test id > test_id, headline, lede, excerpt, slug, share text, eyecatcher id",
                ),
                (cells.COUNT, "impressions, clicks, test week"),
                (cells.DECIMAL, "significance, ctr > click_through_ratio"),
                (cells.FLAG, "winner > is_winner, first place > is_first_place, winner count anomaly > has_winner_count_anomaly"),
                (cells.MOMENT, "created at, updated at"),
            )
        ),
        key=("test_id", "eyecatcher_id", "#headline"),
        required=("test_id", "headline", "impressions", "clicks"),
    ),
    Format(
        name="clickbait_headlines",
        kind=Kind.LABELLED_TEXTS,
        table="raw_archive.labelled_texts",
        signature=("headline", "clickbait"),
        column=_known(
            {
                "headline": Column("text", cells.MASKED),
                "clickbait": Column("label", cells.choice({"0": "plain", "1": "clickbait"})),
            }
        ),
        key=("task", "#text"),
        required=("text", "label"),
        constants={"task": "clickbait"},
        is_personal=True,
    ),
    Format(
        name="hate_offensive_tweets",
        kind=Kind.LABELLED_TEXTS,
        table="raw_archive.labelled_texts",
        signature=("hate speech", "offensive language", "neither", "class", "tweet"),
        column=_known(
            {
                "tweet": Column("text", cells.MASKED),
                "class": Column("label", cells.choice({"0": "hate", "1": "offensive", "2": "neither"})),
                "count": Column("judges", cells.COUNT),
                "hate speech": Column("judged_hate", cells.COUNT),
                "offensive language": Column("judged_offensive", cells.COUNT),
                "neither": Column("judged_neither", cells.COUNT),
            }
        ),
        key=("task", "#text"),
        required=("text", "label"),
        constants={"task": "hate_speech"},
        is_personal=True,
    ),
    Format(
        name="spam_comments",
        kind=Kind.LABELLED_TEXTS,
        table="raw_archive.labelled_texts",
        signature=("date", "content", "class"),
        column=_known(COMMENT | {"class": Column("label", cells.choice({"0": "plain", "1": "spam"}))}),
        key=("task", "#text"),
        required=("text", "label"),
        constants={"task": "spam"},
        is_personal=True,
    ),
    Format(
        name="comments",
        kind=Kind.COMMENTS,
        table="raw_archive.comments",
        signature=("comments|comment|comment text|text", "vid id|video id", "date|published at", "like count|likes|reply count"),
        column=_known(COMMENT),
        key=("comment_id|video_id", "posted_at"),
        required=("text",),
        lacks=frozenset({"views", "view count"}),
        is_personal=True,
    ),
    Format(
        name="transcripts",
        kind=Kind.TRANSCRIPTS,
        table="raw_archive.transcripts",
        signature=("video id", "transcript"),
        column=_known(VIDEO | {"transcript": Column("transcript", cells.TEXT), "date": Column("published_at", cells.MOMENT)}),
        key=("video_id",),
        required=("video_id", "transcript"),
    ),
)

_SIGNED_BY = frozenset(name for format_ in FORMATS for part in format_.signature for name in part.split("|"))


def is_english(name: str) -> bool:
    """Whether a folded heading is one that we know, of any exporter that writes English."""
    return name in _SIGNED_BY or is_known_heading(name)


_PERSON = re.compile(r"\b(author|user|username|handle|name|e ?mail|avatar|profile|screen name|display name)\b")


def names_a_person(heading: Heading) -> bool:
    """Whether a column of a table of texts tells who wrote them."""
    return _PERSON.search(heading.name) is not None


def recognise(headings: Sequence[Heading], kind: Kind, name: str) -> Format:
    """The format of a file by its headings: of several that fit, the one with the longest signature, then the first.

    Raises UnknownName for a file of no known format, InvalidInput for one of another kind than was said."""
    names = frozenset(heading.name for heading in headings)
    fitting = sorted((format_ for format_ in FORMATS if format_.fits(names)), key=lambda format_: -len(format_.signature))
    if not fitting:
        shown = ", ".join(heading.name[:40] for heading in headings[:8])
        more = ", …" if len(headings) > 8 else ""
        raise UnknownName(f"{name} is of no format that is known; its columns are {shown}{more}.", "See docs/guide/importing.md.")
    best = fitting[0]
    if kind not in (Kind.AUTO, best.kind):
        raise InvalidInput(
            f"{name} is no file of {kind}, but of {best.kind}.", f"Import it with: ytempire import {best.kind} PATH"
        )
    return best
