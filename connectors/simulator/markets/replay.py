"""A recorded market: the real charts of five countries, the real counts of the charting videos, the real Hacker News list.

Reads `trending_2026/`, `growth_2026/` and `hackernews_top10_2026/` of a data folder. Nothing that was recorded after the moment
asked for is ever shown: a chart is the last one fetched by then, counts are a video's last reading by then, and a video that
nobody had seen by then doesn't exist. The record holds no channel statistics and no pictures: a channel is what its videos seen
by then add up to.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from connectors.simulator.audience import ThumbnailTraits
from connectors.simulator.calendar import EPOCH_ORDINAL
from connectors.simulator.competitors import recorded_channel
from connectors.simulator.own import HeatRow, Ints
from connectors.simulator.values import Channel, Story, Video
from core.errors import Damaged, InvalidInput

STORY_BASE = 46_000_000
STORY_SNAPSHOT_HOUR = 1.0
"""The list was taken at about 09:00 in Beijing."""
HEAT_DAYS = 3
USUAL_DAYS = 30
COMMON_SHARE = 0.05
"""Words in more titles than this say nothing about a topic."""

_WORD = re.compile(r"[^\W\d_]{4,}")
_TEXT = ("video_id", "title", "channel_title", "channel_id", "tags", "default_language", "definition", "duration_raw")
_FLAGS = ("caption_available", "licensed_content", "made_for_kids")
_NUMBERS = ("category_id", "views", "likes", "comments")
_TIMES = ("fetched_at", "published_at")
_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
_NEXT_STEP = "Fetch the data folder again, or run without it."


class ReplayMarket:
    """See the module. Implements `Market`.

    Raises InvalidInput for a folder or file that is missing, Damaged for one that can't be read as what it should be.
    """

    def __init__(self, data: Path, countries: Sequence[str]) -> None:
        if not data.is_dir():
            raise InvalidInput(
                f"The data folder {data} doesn't exist.", "Give the folder that holds trending_2026/ and growth_2026/."
            )
        charts = [_read_chart(data / "trending_2026" / f"trending_{country}.csv.gz", country) for country in countries]
        rows = pl.concat(charts)
        readings, facts = _read_growth(data / "growth_2026")
        self._index_of = {video_id: number for number, video_id in enumerate(facts["video_id"])}
        strangers = rows.filter(~pl.col("video_id").is_in(facts["video_id"].implode())).unique(
            "video_id", keep="first", maintain_order=True
        )
        for video_id in strangers["video_id"]:
            self._index_of[video_id] = len(self._index_of)
        self._by_channel: dict[str, list[str]] = {}
        # A video may chart under another channel than the one it was first seen with: releases get their artist's later.
        named = pl.concat([frame.select("channel_id", "video_id") for frame in (facts, strangers, rows)]).unique(
            maintain_order=True
        )
        for channel_id, video_id in named.iter_rows():
            self._by_channel.setdefault(channel_id, []).append(video_id)
        self._facts = facts.drop("video_id")
        self._rows = rows
        self._row_index = np.fromiter(
            (self._index_of[video_id] for video_id in rows["video_id"]), dtype=np.int64, count=rows.height
        )
        self._row_fetched = rows["fetched_at"].to_numpy()
        self._row_order = np.lexsort((self._row_fetched, self._row_index))
        self._row_start = np.searchsorted(self._row_index[self._row_order], np.arange(len(self._index_of) + 1))
        self._charts = _chart_spans(rows, countries)
        self._index_readings(readings)
        self._stories = _read_stories(data / "hackernews_top10_2026" / "hn_top10_daily.csv.gz")
        self._first_seen = {title: number for number, title in reversed(list(enumerate(self._stories["title"])))}
        days = [int(span[0] // 24) for span in self._charts[countries[0]]]
        self.first_day = date.fromordinal(EPOCH_ORDINAL + days[0])
        self.last_day: date | None = date.fromordinal(EPOCH_ORDINAL + days[-1])
        self._words: dict[int, tuple[Counter[str], int]] = {}

    def _index_readings(self, readings: pl.DataFrame) -> None:
        counted = self._rows.select("video_id", "fetched_at", "views", "likes", "comments")
        every = pl.concat([readings, counted])
        video = np.fromiter((self._index_of[video_id] for video_id in every["video_id"]), dtype=np.int32, count=every.height)
        fetched = every["fetched_at"].to_numpy()
        order = np.lexsort((fetched, video))
        self._read_at = fetched[order]
        self._counts = every.select("views", "likes", "comments").to_numpy()[order]
        self._read_start = np.searchsorted(video[order], np.arange(len(self._index_of) + 1))

    def chart(self, region: str, category_id: int, now: float) -> list[Video] | None:
        fetched = [span for span in self._charts.get(region, ()) if span[0] <= now]
        if not fetched:
            return None
        _, begin, end = fetched[-1]
        shown = [self._charted(row, now) for row in range(begin, end)]
        shown = [video for video in shown if category_id in (0, video.category_id)]
        return shown or None

    def videos(self, video_ids: Sequence[str], now: float) -> dict[str, Video]:
        found = {}
        for video_id in video_ids:
            number = self._index_of.get(video_id)
            if number is None or self._reading(number, now) is None:
                continue
            rows = self._row_order[self._row_start[number] : self._row_start[number + 1]]
            known = rows[self._row_fetched[rows] <= now]
            found[video_id] = self._charted(int(known[-1]), now) if len(known) else self._charted_elsewhere(video_id, number, now)
        return found

    def channel(self, channel_id: str, now: float) -> Channel | None:
        return recorded_channel(channel_id, self._of_channel(channel_id, now))

    def channel_by_handle(self, handle: str, now: float) -> Channel | None:
        return None  # handles are not recorded

    def uploads(self, channel_id: str, now: float, page: slice) -> tuple[int, list[Video]] | None:
        listed = self._of_channel(channel_id, now)
        return (len(listed), listed[page]) if listed else None

    def _of_channel(self, channel_id: str, now: float) -> list[Video]:
        """Videos of a channel that had been seen by then, newest first."""
        found = self.videos(self._by_channel.get(channel_id, ()), now).values()
        own = (video for video in found if video.channel_id == channel_id)
        return sorted(own, key=lambda video: (-video.published, video.video_id))

    def stories(self, now: float) -> list[Story]:
        known = self._stories.filter(pl.col("seen") <= now)
        if not known.height:
            return []
        newest = known.filter(pl.col("seen") == known["seen"].max()).sort("rank")
        return [self._story(row) for row in newest.iter_rows(named=True)]

    def story(self, story_id: int, now: float) -> Story | None:
        number = story_id - STORY_BASE
        if not 0 <= number < self._stories.height:
            return None
        title = self._stories["title"][number]
        rows = self._stories.filter((pl.col("title") == title) & (pl.col("seen") <= now))
        if self._first_seen[title] != number or not rows.height:
            return None
        return self._story(rows.row(-1, named=True))

    def title_heat(self, title: str) -> HeatRow | None:
        """Log ratio of the channels charting with the title's hottest word in the last three days to its usual number.

        A day looks only at charts of the days before it.
        """
        words = set(_WORD.findall(title.lower()))
        return lambda first, last: np.array([self._heat_on(words, day - EPOCH_ORDINAL) for day in range(first, last + 1)])

    def thumbnail(self, video_id: str) -> ThumbnailTraits | None:
        return None

    def _heat_on(self, words: set[str], day: int) -> float:
        recent = [self._words_of(day - back) for back in range(1, HEAT_DAYS + 1)]
        usual = [self._words_of(day - back) for back in range(1, USUAL_DAYS + 1)]
        titles = sum(count for _, count in usual)
        hottest = 0.0
        for word in words:
            often = sum(counter[word] for counter, _ in usual)
            if not often or often > COMMON_SHARE * titles:
                continue
            now = sum(counter[word] for counter, _ in recent) / HEAT_DAYS
            hottest = max(hottest, float(np.log((now + 0.5) / (often / USUAL_DAYS + 0.5)) + 0.3 * np.log1p(now)))
        return min(hottest, 3.0)

    def _words_of(self, day: int) -> tuple[Counter[str], int]:
        """How many charting channels used each word in a title on a day (since 1970), and how many titles there were."""
        if day not in self._words:
            pairs: set[tuple[str, str]] = set()
            titles = 0
            for spans in self._charts.values():
                for fetched, begin, end in spans:
                    if int(fetched // 24) == day:
                        part = self._rows[begin:end]
                        titles += end - begin
                        for channel, title in zip(part["channel_id"], part["title"], strict=True):
                            pairs |= {(channel, word) for word in _WORD.findall(title.lower())}
            self._words[day] = Counter(word for _, word in pairs), titles
        return self._words[day]

    def _reading(self, number: int, now: float) -> Ints | None:
        begin, end = self._read_start[number], self._read_start[number + 1]
        known = begin + int(np.searchsorted(self._read_at[begin:end], now, side="right"))
        return None if known == begin else np.asarray(self._counts[known - 1])

    def _charted(self, row: int, now: float) -> Video:
        values = self._rows.row(row, named=True)
        counts = self._reading(int(self._row_index[row]), now)
        assert counts is not None
        return Video(
            video_id=values["video_id"],
            channel_id=values["channel_id"],
            channel_title=values["channel_title"],
            title=values["title"],
            description="",
            tags=tuple(tag.strip() for tag in values["tags"].split(",")) if values["tags"] else (),
            category_id=values["category_id"],
            published=values["published_at"],
            seconds=_seconds(values["duration_raw"]),
            views=int(counts[0]),
            likes=int(counts[1]),
            comments=int(counts[2]),
            language=values["default_language"] or "",
            definition=values["definition"] or "hd",
            has_captions=values["caption_available"] == "True",
            is_licensed=values["licensed_content"] == "True",
            made_for_kids=values["made_for_kids"] == "True",
            thumbnail=f"https://i.ytimg.com/vi/{values['video_id']}/",
        )

    def _charted_elsewhere(self, video_id: str, number: int, now: float) -> Video:
        values = self._facts.row(number, named=True)
        counts = self._reading(number, now)
        assert counts is not None
        return Video(
            video_id=video_id,
            channel_id=values["channel_id"],
            channel_title=values["channel_title"],
            title=values["title"],
            description="",
            tags=(),
            category_id=values["category_id"],
            published=values["published_at"],
            seconds=values["duration"],
            views=int(counts[0]),
            likes=int(counts[1]),
            comments=int(counts[2]),
            language="",
            thumbnail=f"https://i.ytimg.com/vi/{video_id}/",
        )

    def _story(self, row: dict[str, Any]) -> Story:
        number = self._first_seen[row["title"]]
        return Story(
            story_id=STORY_BASE + number,
            title=row["title"],
            url=row["url"],
            author="unknown",
            score=row["points"],
            comments=row["comments"],
            posted=self._stories["seen"][number],
        )


def _hours(column: str) -> pl.Expr:
    """Hours since 1970 of a UTC time written as `2026-01-01T05:00:00Z` or `2026-01-01 05:00:00.12+00:00`."""
    text = pl.col(column).str.slice(0, 19).str.replace(" ", "T", literal=True)
    return text.str.strptime(pl.Datetime("ms"), "%Y-%m-%dT%H:%M:%S").dt.epoch("ms") / 3_600_000


def _read(path: Path, read: Any) -> pl.DataFrame:
    """Read one file of the record; see the class for what it raises."""
    if not path.is_file():
        raise InvalidInput(f"The data file {path} is missing.", _NEXT_STEP)
    try:
        frame: pl.DataFrame = read(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise Damaged(f"The data file {path} is damaged: {first}.", _NEXT_STEP) from None
    if not frame.height:
        raise Damaged(f"The data file {path} holds no rows.", _NEXT_STEP)
    return frame


def _read_chart(path: Path, country: str) -> pl.DataFrame:
    def read(path: Path) -> pl.DataFrame:
        return pl.read_csv(path, infer_schema=False, columns=[*_TEXT, *_FLAGS, *_NUMBERS, *_TIMES]).select(
            pl.lit(country).alias("country"),
            *(pl.col(name) for name in (*_TEXT, *_FLAGS)),
            *(pl.col(name).cast(pl.Int64) for name in _NUMBERS),
            *(_hours(name).alias(name) for name in _TIMES),
        )

    return _read(path, read)


def _read_growth(folder: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    readings = _read(
        folder / "video_daily_stats.parquet",
        lambda path: pl.read_parquet(path, columns=["video_id", "fetched_at", "views", "likes", "comments"]).with_columns(
            pl.col("fetched_at").dt.epoch("ms") / 3_600_000
        ),
    )
    facts = _read(
        folder / "videos.parquet",
        lambda path: pl.read_parquet(path).with_columns(
            pl.col("published_at").dt.epoch("ms") / 3_600_000,
            pl.col("category_id").cast(pl.Int64),
            pl.col("duration").cast(pl.Float64).cast(pl.Int64),
        ),
    )
    known = readings.join(facts.select("video_id"), on="video_id", how="semi")
    if known.height != readings.height:
        raise Damaged(f"{folder / 'videos.parquet'} lacks videos that {folder / 'video_daily_stats.parquet'} counts.", _NEXT_STEP)
    return readings, facts


def _read_stories(path: Path) -> pl.DataFrame:
    day = pl.col("date").str.to_date().cast(pl.Int32)
    return _read(
        path,
        lambda path: (
            pl.read_csv(path, infer_schema=False)
            .select(
                "title",
                "url",
                pl.col("rank", "points", "comments").cast(pl.Int64),
                (day * 24.0 + STORY_SNAPSHOT_HOUR).alias("seen"),
            )
            .sort("seen", "rank")
        ),
    )


def _chart_spans(rows: pl.DataFrame, countries: Sequence[str]) -> dict[str, list[tuple[float, int, int]]]:
    """Per country, oldest first: when a chart was wholly fetched, and its first and last + 1 row. Row order is rank."""
    days = (
        rows.with_row_index("row")
        .group_by("country", (pl.col("fetched_at") // 24).alias("day"))
        .agg(pl.col("fetched_at").max(), pl.col("row").min().alias("begin"), pl.col("row").max().alias("end"))
        .sort("fetched_at")
    )
    spans: dict[str, list[tuple[float, int, int]]] = {country: [] for country in countries}
    for country, _, fetched, begin, end in days.iter_rows():
        spans[country].append((fetched, begin, end + 1))
    return spans


def _seconds(duration: str) -> int:
    match = _DURATION.fullmatch(duration)
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups()) if match else (0, 0, 0, 0)
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds
