"""What a raw landing must look like, checked with Great Expectations: keys, formats, no count below zero, no future.
Shape only: how tables relate is said by dbt's data tests.

A range of days is one frame per table, and the library (seconds to import) and its context are loaded once per process."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from connectors.landing import LandedRow, RawRow, asset_key, landed

if TYPE_CHECKING:
    import pandas as pd
    from great_expectations import ValidationDefinition
    from sqlalchemy import Engine

REGION = "US|GB|CA|AU|IN"
VIDEO_ID = r"[\w-]{6,}"
CHANNEL_ID = r"UC[\w-]{10,}"
DAY = r"\d{4}-\d\d-\d\d"
COUNT = r"^\d+(?:\.\d+)?(?:e-\d+)?$"
"""A number of zero or more; YouTube sends counts as text, and leaves out those that an owner hides."""

MOST_EXAMPLES = 5
CLOCK_SKEW_HOURS = 24.0


@dataclass(frozen=True)
class Shape:
    """What the rows of a table look like. Paths lead into the payload, with dots.

    Attributes:
        key: regular expression of the row key.
        required: column to path of texts that are never missing.
        counts: column to path of numbers that are zero or more where they are given.
        ranges: column to path, least and greatest value of numbers that are always given.
        moments: column to path of times that parse, and lie no more than a day after the fetching.
        same_as_key: path of the payload's own key, where the row key is just that.
        least_rows: rows a day below which something is probably missing: a warning, no error.
    """

    key: str
    required: Mapping[str, str]
    counts: Mapping[str, str] = field(default_factory=dict)
    ranges: Mapping[str, tuple[str, float, float]] = field(default_factory=dict)
    moments: Mapping[str, str] = field(default_factory=dict)
    same_as_key: str | None = None
    least_rows: int = 1


def _video(prefix: str = "") -> dict[str, Any]:
    return {
        "required": {
            "video_id": f"{prefix}id",
            "title": f"{prefix}snippet.title",
            "channel_id": f"{prefix}snippet.channelId",
            "category_id": f"{prefix}snippet.categoryId",
        },
        "counts": {
            "views": f"{prefix}statistics.viewCount",
            "likes": f"{prefix}statistics.likeCount",
            "comments": f"{prefix}statistics.commentCount",
        },
        "moments": {"published_at": f"{prefix}snippet.publishedAt"},
    }


SHAPES: dict[str, Shape] = {
    "raw_youtube.channels": Shape(
        key=f"^{CHANNEL_ID}$",
        required={"title": "snippet.title", "uploads": "contentDetails.relatedPlaylists.uploads"},
        counts={"subscribers": "statistics.subscriberCount", "videos": "statistics.videoCount", "views": "statistics.viewCount"},
        moments={"created_at": "snippet.publishedAt"},
        same_as_key="id",
    ),
    "raw_youtube.videos": Shape(key=f"^{VIDEO_ID}$", same_as_key="id", **_video()),
    "raw_youtube.thumbnails": Shape(
        key=f"^{VIDEO_ID}$",
        required={"url": "url", "sha256": "sha256"},
        ranges={
            "width": ("width", 1, 8192),
            "height": ("height", 1, 8192),
            "brightness": ("brightness", 0, 1),
            "contrast": ("contrast", 0, 0.5),
            "colourfulness": ("colourfulness", 0, 300),
            "text_area": ("text_area", 0, 1),
            "edge_density": ("edge_density", 0, 1),
        },
        same_as_key="video_id",
        least_rows=0,
    ),
    "raw_youtube.video_statistics": Shape(key=f"^{VIDEO_ID}$", same_as_key="id", least_rows=0, **_video()),
    "raw_youtube.charts": Shape(
        key=rf"^(?:{REGION}):\d+:\d{{3}}$", ranges={"rank": ("rank", 1, 50)}, least_rows=200, **_video("item.")
    ),
    "raw_youtube.analytics_daily": Shape(
        key=f"^{DAY}:{VIDEO_ID}$",
        required={"channel_id": "channel_id", "day": "day", "video_id": "video"},
        counts={"views": "views", "watch_minutes": "estimatedMinutesWatched", "likes": "likes", "comments": "comments"},
        ranges={"average_view_pct": ("averageViewPercentage", 0, 1000)},
        moments={"day_at": "day"},
    ),
    "raw_reporting.channel_reach_basic_a1": Shape(
        key=rf"^\d{{8}}:{CHANNEL_ID}:{VIDEO_ID}$",
        required={"channel_id": "channel_id", "video_id": "video_id"},
        counts={"impressions": "video_thumbnail_impressions"},
        ranges={"ctr": ("video_thumbnail_impressions_ctr", 0, 1)},
        moments={"report_created_at": "report_created_at", "day_at": "date"},
        least_rows=0,
    ),
    "raw_hackernews.stories": Shape(
        key=r"^\d+$",
        required={"title": "title"},
        counts={"points": "score", "comments": "descendants"},
        ranges={"rank": ("rank", 1, 500)},
        same_as_key="id",
    ),
    "raw_wikipedia.pageviews": Shape(
        key=r"^[a-z-]+\.wikipedia:\S+$",
        required={"article": "article", "project": "project"},
        counts={"views": "views"},
        ranges={"rank": ("rank", 1, 1000)},
        moments={"day_at": "day"},
    ),
}


@dataclass(frozen=True)
class Finding:
    """One claim about a table's rows and whether it holds.

    Attributes:
        claim: for example `views is a number of zero or more`.
        is_warning: a failure says that something is probably missing, not that what is there is wrong.
        unexpected_count: rows that break the claim; of a claim on the whole table 0.
        examples: a few of the values that do; of a claim on the whole table its count.
    """

    claim: str
    success: bool
    is_warning: bool
    unexpected_count: int
    examples: tuple[str, ...]


@dataclass(frozen=True)
class ValidationReport:
    """All claims about the landings of one table."""

    table: str
    row_count: int
    findings: tuple[Finding, ...]

    @property
    def broken(self) -> tuple[Finding, ...]:
        """Claims that do not hold, errors first."""
        return tuple(sorted((found for found in self.findings if not found.success), key=lambda found: found.is_warning))

    @property
    def success(self) -> bool:
        """Whether all claims hold."""
        return not self.broken

    @property
    def is_usable(self) -> bool:
        """Whether all claims hold but for warnings: the warehouse may be built on the rows."""
        return all(found.is_warning for found in self.broken)


def validate_landings(engine: Engine, table: str, first: date, last: date) -> ValidationReport:
    """Check the landed rows of the days `first` to `last`, both included."""
    return validate_rows(table, landed(engine, table, first, last), days=(last - first).days + 1)


def validate_rows(table: str, rows: Sequence[LandedRow], days: int = 1) -> ValidationReport:
    """Check rows of some days against the shape of their table. Raises UnknownName for other tables."""
    asset_key(table)
    definition = _definition(table, days)
    outcome = definition.run(
        batch_parameters={"dataframe": _frame(SHAPES[table], rows)},
        result_format={"result_format": "SUMMARY", "partial_unexpected_count": MOST_EXAMPLES},
    )
    return ValidationReport(table, len(rows), tuple(_finding(result) for result in outcome.results))


def _finding(result: Any) -> Finding:
    config = result.expectation_config
    examples = result.result.get("partial_unexpected_list") or [result.result.get("observed_value", result.exception_info)]
    return Finding(
        config.meta["claim"],
        bool(result.success),
        config.severity == "warning",
        int(result.result.get("unexpected_count") or 0),
        () if result.success else tuple(str(example) for example in examples),
    )


def _frame(shape: Shape, rows: Sequence[LandedRow]) -> pd.DataFrame:
    """One line per row: the columns that the shape speaks of, as text, numbers, or hours after the fetching."""
    import pandas as pd

    fetches: dict[date, set[datetime]] = {}
    for row in rows:
        fetches.setdefault(row.partition_on, set()).add(row.fetched_at)
    columns: dict[str, list[Any]] = {
        "partition_on": [row.partition_on.isoformat() for row in rows],
        "row_key": [row.row_key for row in rows],
        "source": [row.source for row in rows],
        "fetches_count": [len(fetches[row.partition_on]) for row in rows],
    }
    for name, path in {**shape.required, **shape.counts}.items():
        columns[name] = [_text(_at(row.payload, path)) for row in rows]
    for name, (path, _, _) in shape.ranges.items():
        columns[name] = [_number(_at(row.payload, path)) for row in rows]
    for name, path in shape.moments.items():
        columns[_lead(name)] = [_hours_after(row.fetched_at, _at(row.payload, path)) for row in rows]
    if shape.same_as_key:
        columns["payload_key"] = [_text(_at(row.payload, shape.same_as_key)) for row in rows]
    return pd.DataFrame(columns)


def _lead(moment: str) -> str:
    return f"{moment}_lead_hours"


def _at(payload: Any, path: str) -> Any:
    for part in path.split("."):
        payload = payload.get(part) if isinstance(payload, Mapping) else None
    return payload


def _text(value: Any) -> str | None:
    return None if value is None or value == "" else str(value)


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _hours_after(fetched_at: datetime, text: Any) -> float | None:
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return (moment.replace(tzinfo=moment.tzinfo or fetched_at.tzinfo) - fetched_at).total_seconds() / 3600


def readable(table: str, rows: Sequence[RawRow]) -> list[dict[str, str]]:
    """Rows for people: the key and the columns that the table's shape speaks of."""
    shape = SHAPES[table]
    paths = {**shape.required, **shape.counts, **{name: path for name, (path, _, _) in shape.ranges.items()}}
    return [
        {"row_key": row.row_key, **{name: _text(_at(row.payload, path)) or "" for name, path in paths.items()}} for row in rows
    ]


@cache
def _library() -> tuple[Any, Any, Any]:
    """Great Expectations, its expectations, and a context in memory that reports nothing to anyone."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"  # the library has no other way to be told, and reads it when imported
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its imports warn about each other's age, which helps nobody here
        import great_expectations as gx
        from great_expectations import expectations

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False, "metric_calculations": False}
    return gx, expectations, context


@cache
def _definition(table: str, days: int) -> ValidationDefinition:
    gx, expect, context = _library()
    shape = SHAPES[table]
    name = f"{table} {days}"
    required = ("partition_on", "row_key", "source", *shape.required, *shape.ranges, *map(_lead, shape.moments))
    expectations = [
        expect.ExpectCompoundColumnsToBeUnique(column_list=["partition_on", "row_key"], meta=_claim("each row_key comes once")),
        expect.ExpectColumnValuesToMatchRegex(column="row_key", regex=shape.key, meta=_claim("row_key has its form")),
        expect.ExpectColumnValuesToBeBetween(
            column="fetches_count", min_value=1, max_value=1, meta=_claim("a partition is fetched at one moment")
        ),
        expect.ExpectTableRowCountToBeBetween(
            min_value=shape.least_rows * days, severity="warning", meta=_claim("there are as many rows as expected")
        ),
        *(expect.ExpectColumnValuesToNotBeNull(column=column, meta=_claim(f"{column} is given")) for column in required),
    ]
    for column in shape.counts:
        claim = _claim(f"{column} is a number of zero or more")
        expectations.append(expect.ExpectColumnValuesToMatchRegex(column=column, regex=COUNT, meta=claim))
    for column, (_, least, greatest) in shape.ranges.items():
        claim = _claim(f"{column} is from {least} to {greatest}")
        expectations.append(expect.ExpectColumnValuesToBeBetween(column=column, min_value=least, max_value=greatest, meta=claim))
    for column in map(_lead, shape.moments):
        claim = _claim(f"{column} is no more than {CLOCK_SKEW_HOURS:.0f}")
        expectations.append(expect.ExpectColumnValuesToBeBetween(column=column, max_value=CLOCK_SKEW_HOURS, meta=claim))
    if shape.same_as_key:
        claim = _claim("row_key is the payload's own key")
        expectations.append(expect.ExpectColumnPairValuesToBeEqual(column_A="row_key", column_B="payload_key", meta=claim))
    suite = context.suites.add(gx.ExpectationSuite(name=name, expectations=expectations))
    frame = context.data_sources.add_or_update_pandas(name).add_dataframe_asset(name)
    batch = frame.add_batch_definition_whole_dataframe(name)
    return gx.ValidationDefinition(name=name, data=batch, suite=suite)


def _claim(text: str) -> dict[str, str]:
    return {"claim": text}
