"""Topics of chart titles: which they are, how many channels chart with each day by day, and what a model may know of that.

    words      letters, then letters, digits, `_` and `'`, three at least; or four digits. Shorter ones go before words are
               paired, so that `Steal A Brainrot` holds the pair `steal brainrot`
    topics     every word and every pair of neighbours of a lower-cased title, but those that more than COMMON_SHARE of all
               channels use (`official`, `music video`)
    requests   a topic on a day when FEWEST_CHANNELS channels or more chart with it within two days: DAYS days of four measures,
               and titles (`topic_requests`)
    inputs     what is read from a request, from the other requests of its day, and from earlier ones (`topic_inputs`)

A request tells of its own day and the days before, so earlier requests of a topic make its past longer; `TopicMemory` keeps them.
Nothing of a later day is ever read, and a request that stands alone is answered too. How topics of several sources are made into
one is another matter (`features.topics`)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import polars as pl
from numpy.typing import NDArray

from core.errors import Damaged
from features.texts import TITLE_COLUMNS, title_columns

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]

WORD = r"[\p{L}\p{Nl}\p{No}][\p{L}\p{N}_']{2,}|\p{Nd}{4}"
"""Combining marks end a word, as they do for Python's `\\w`: requests are cut that way."""
COMMON_SHARE, _FEWEST_COMMON = 0.02, 50
"""A topic that more than this share of all channels use, and more than so many, is on every chart and names nothing."""
DAYS = 14
"""Days that a request tells of, its own among them."""
FEWEST_CHANNELS = 4
YOUNG = timedelta(hours=48)
TITLES = 4
"""Titles of a request: those of its day's most viewed videos."""
TITLE_SEPARATOR = " || "
HORIZON = 2
"""Days after the request's within which channels are counted again."""
MEASURES = ("ch", "new", "countries", "views")
"""Per topic and day: channels; channels with a video younger than YOUNG; countries and views, summed over its videos."""
REQUEST = {
    "date": pl.Date,
    "topic": pl.String,
    "channels_48h_now": pl.Int64,
    "titles": pl.String,
    **{f"{name}_{back}": pl.Int64 for back in range(DAYS) for name in MEASURES},
}
"""Columns of a request; `ch_0` is its day, `ch_13` thirteen days before."""


def topics_in(title: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The words and the pairs of a title."""
    words = pl.Series([title]).str.to_lowercase().str.extract_all(WORD).to_list()[0]
    return tuple(dict.fromkeys(words)), tuple(dict.fromkeys(f"{one} {next_one}" for one, next_one in pairwise(words)))


def topics_of(videos: pl.DataFrame) -> pl.DataFrame:
    """`video_id`, `channel_id`, `published_at`, `topic`: one row per video and topic of its title, once each."""
    words = pl.col("title").fill_null("").str.to_lowercase().str.extract_all(WORD)
    cut = videos.select("video_id", "channel_id", "published_at", words=words)
    pair = pl.element() + " " + pl.element().shift(-1)
    return (
        cut.with_columns(topic=pl.concat_list("words", pl.col("words").list.eval(pair).list.drop_nulls()).list.unique())
        .select("video_id", "channel_id", "published_at", "topic")
        .explode("topic")
        .drop_nulls("topic")
    )


def topic_requests(readings: pl.DataFrame, videos: pl.DataFrame) -> pl.DataFrame:
    """Make the requests of every day that has DAYS days of readings up to it, by day and topic.

    Args:
        readings: `video_id`, `fetched_at`, `views`, `n_countries`.
        videos: `video_id`, `published_at`, `title`, `channel_id`.

    Returns:
        REQUEST and `channels_48h_later`: channels that chart with the topic on the HORIZON days after; null where the readings
        end before those.
    """
    shown, topics = _shown(readings, videos)
    if shown.is_empty():
        return pl.DataFrame(schema={**REQUEST, "channels_48h_later": pl.Int64})
    days_read = readings.select(day=pl.col("fetched_at").dt.date()).drop_nulls().unique().to_series()
    first = days_read.min()
    assert isinstance(first, date)  # there are readings: they are shown
    # Two days after the last, of which nothing is known.
    is_read = np.zeros((days_read - first).dt.total_days().to_numpy().max() + 1 + HORIZON, dtype=bool)
    is_read[(days_read - first).dt.total_days().to_numpy()] = True
    daily = _daily(shown)
    place = daily["topic"].to_numpy(), (daily["day"] - first).dt.total_days().to_numpy()
    grid = {name: np.zeros((len(topics), len(is_read)), dtype=np.int64) for name in (*MEASURES, "stayed")}
    for name, counts in grid.items():
        counts[place] = daily[name].to_numpy()
    within = grid["ch"].copy()
    within[:, 1:] += grid["ch"][:, :-1] - grid["stayed"][:, 1:]
    asked = (within >= FEWEST_CHANNELS) & is_read & np.roll(is_read, 1)
    asked[:, : DAYS - 1] = False
    # By day, then by topic.
    days, rows = np.nonzero(asked.T)
    later = pl.Series(within[rows, days + HORIZON])
    is_known = pl.Series(is_read[days + 1] & is_read[days + HORIZON])
    found = pl.DataFrame(
        {
            "code": pl.Series(rows, dtype=pl.UInt32),
            "date": pl.Series(days, dtype=pl.Int64),
            "topic": topics.gather(rows),
            "channels_48h_now": within[rows, days],
            **{f"{name}_{back}": grid[name][rows, days - back] for back in range(DAYS) for name in MEASURES},
            "channels_48h_later": later.set(~is_known, None),
        }
    ).with_columns(date=pl.lit(first) + pl.duration(days="date"))
    titles = _titles(shown.join(videos.select("video_id", "title"), on="video_id"), found)
    return found.join(titles, on=["date", "code"], how="left", maintain_order="left").select(*REQUEST, "channels_48h_later")


def _shown(readings: pl.DataFrame, videos: pl.DataFrame) -> tuple[pl.DataFrame, pl.Series]:
    """One row per reading and topic of its title, of topics that may be asked about; topics and channels as numbers, and the
    topics that the numbers stand for."""
    topics = topics_of(videos)
    users = topics.group_by("topic").agg(users=pl.col("channel_id").n_unique())
    most = max(COMMON_SHARE * videos["channel_id"].n_unique(), _FEWEST_COMMON)
    kept = users.filter(pl.col("users").is_between(FEWEST_CHANNELS, most)).select("topic").sort("topic").with_row_index("code")
    told = topics.join(kept, on="topic").select(
        "video_id", "published_at", topic="code", channel=pl.col("channel_id").rank("dense").cast(pl.UInt32)
    )
    shown = (
        readings.select("video_id", "fetched_at", "views", "n_countries", day=pl.col("fetched_at").dt.date())
        .join(told, on="video_id")
        .with_columns(is_young=(pl.col("fetched_at") - pl.col("published_at") < YOUNG).fill_null(False))
        .drop("fetched_at", "published_at")
    )
    return shown, kept["topic"]


def _daily(shown: pl.DataFrame) -> pl.DataFrame:
    """Per topic and day: MEASURES and `stayed`, the channels that charted with it the day before too."""
    channels = shown.group_by("topic", "channel", "day").agg(is_young=pl.col("is_young").any()).sort("topic", "channel", "day")
    is_next = pl.col("day") - pl.col("day").shift() == timedelta(days=1)
    is_same = (pl.col("topic") == pl.col("topic").shift()) & (pl.col("channel") == pl.col("channel").shift())
    counts = (
        channels.with_columns(stayed=(is_next & is_same).fill_null(False))
        .group_by("topic", "day")
        .agg(
            ch=pl.len().cast(pl.Int64), new=pl.col("is_young").sum().cast(pl.Int64), stayed=pl.col("stayed").sum().cast(pl.Int64)
        )
    )
    sums = shown.group_by("topic", "day").agg(
        countries=pl.col("n_countries").cast(pl.Int64).sum(), views=pl.col("views").cast(pl.Int64).sum()
    )
    return counts.join(sums, on=["topic", "day"]).sort("topic", "day")


def _titles(shown: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """`date`, `code`, `titles`: of the day's most viewed videos, each title once."""
    return (
        shown.rename({"day": "date", "topic": "code"})
        .join(found.select("date", "code"), on=["date", "code"], how="semi")
        .group_by("date", "code", "title")
        .agg(pl.col("views").max())
        .sort(["views", "title"], descending=[True, False])
        .group_by("date", "code", maintain_order=True)
        .agg(titles=pl.col("title").head(TITLES).str.join(TITLE_SEPARATOR))
    )


MEMORY_DAYS = 84
"""Days of a topic's past that are looked at."""
_TOO_FEW = 1.5
"""Channels within two days of a topic that was not asked about: between none and three."""
_AT_ONCE = 20_000
_WEEK = 7
_WEEKLY = np.arange(_WEEK, MEMORY_DAYS, _WEEK)
_DAY = 50
"""Requests that make a day: fewer tell nothing of how the topics of a day do."""
_FLAT = 0.5
"""Added to both counts of a ratio, so that none is divided by nothing."""


@dataclass(frozen=True)
class TopicMemory:
    """What requests told of topics: per topic and day the channels (`ch`), and those of two days (`within`) where there was a
    request. NaN is unknown. `whole` are the days of which there were requests of many topics: a topic without one had too few
    channels."""

    topics: tuple[str, ...]
    first: date
    ch: Floats = field(repr=False)
    within: Floats = field(repr=False)
    whole: NDArray[np.bool_] = field(repr=False)

    @classmethod
    def of(cls, requests: pl.DataFrame, earlier: TopicMemory | None = None) -> TopicMemory:
        """Everything that the requests and an earlier memory tell of the requests' topics."""
        topics = requests["topic"].unique().sort()
        first, last = _span(requests)
        first -= timedelta(days=MEMORY_DAYS)
        length = (last - first).days + 1
        whole = np.zeros(length, dtype=bool)
        grids = {name: np.full((len(topics), length), np.nan, dtype=np.float32) for name in ("ch", "within")}
        if earlier is not None:
            known = {topic: place for place, topic in enumerate(earlier.topics)}
            pairs = [(place, known[topic]) for place, topic in enumerate(topics) if topic in known]
            shift = (first - earlier.first).days
            begin, end = max(shift, 0), min(shift + length, earlier.ch.shape[1])
            if begin < end:
                whole[begin - shift : end - shift] = earlier.whole[begin:end]
            if pairs and begin < end:
                here, there = (np.array(side) for side in zip(*pairs, strict=True))
                for name, grid in grids.items():
                    grid[here, begin - shift : end - shift] = getattr(earlier, name)[there, begin:end]
        rows, days = _places(requests, topics, first)
        for back in range(DAYS):
            inside = days >= back
            grids["ch"][rows[inside], days[inside] - back] = requests[f"ch_{back}"].to_numpy()[inside]
        grids["within"][rows, days] = requests["channels_48h_now"].to_numpy()
        whole |= np.bincount(days, minlength=length) >= _DAY
        return cls(tuple(topics), first, **grids, whole=whole)

    def save(self, folder: Path) -> None:
        """Write `memory.npz` and `memory.json`; a day's count fits two bytes."""
        names = ("ch", "within")
        counts = {name: np.nan_to_num(np.minimum(getattr(self, name), 65_534), nan=65_535).astype(np.uint16) for name in names}
        np.savez_compressed(folder / "memory.npz", **counts, whole=self.whole)
        about = {"first": self.first.isoformat(), "topics": self.topics}
        (folder / "memory.json").write_text(json.dumps(about, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> TopicMemory:
        """Read what `save` wrote. Raises Damaged for anything else."""
        try:
            about = json.loads((folder / "memory.json").read_text(encoding="utf-8"))
            with np.load(folder / "memory.npz", allow_pickle=False) as file:
                grids = {name: _unknown(file[name]) for name in ("ch", "within")}
                whole = file["whole"].astype(bool)
            memory = cls(tuple(about["topics"]), date.fromisoformat(about["first"]), **grids, whole=whole)
            if any(grid.shape != (len(memory.topics), len(whole)) for grid in grids.values()):
                raise ValueError
        except (OSError, EOFError, BadZipFile, ValueError, KeyError, TypeError, AttributeError) as error:
            raise Damaged(f"{folder} does not hold a memory of topics.", "Train the model again.") from error
        return memory


def topic_inputs(requests: pl.DataFrame, memory: TopicMemory | None = None, gaps: Sequence[int] | None = None) -> pl.DataFrame:
    """A model's inputs: one Float32 column each, one row per request, in order. Unknown is null or NaN.

    Args:
        requests: REQUEST, with anything unknown.
        memory: what earlier requests told. The requests themselves add to it, each to those of its own and later days alone.
        gaps: makes each request one that stands alone, with a memory that ends so many days before it.
    """
    if requests.is_empty():
        return topic_inputs(pl.DataFrame({name: [None] for name in REQUEST}, schema=REQUEST)).clear()
    requests = _cleaned(requests)
    parts = [_own(requests), _past(requests, TopicMemory.of(requests, memory), gaps), _texts(requests)]
    company = _company(requests, pl.concat(parts, how="horizontal"))
    parts.append(company if gaps is None else company.clear(len(requests)))
    return pl.concat(parts, how="horizontal").cast(pl.Float32)


def _cleaned(requests: pl.DataFrame) -> pl.DataFrame:
    """The requests with what cannot be read at its likeliest: no channels, no titles, the latest day."""
    counts = [name for name, kind in REQUEST.items() if kind == pl.Int64]
    now = pl.max_horizontal("channels_48h_now", "ch_0", "ch_1", pl.lit(1))
    return requests.select(
        pl.col("date").fill_null(pl.col("date").max()).fill_null(date(2026, 1, 1)),
        pl.col("topic").fill_null(""),
        pl.col("titles").fill_null(""),
        *(pl.col(name).fill_null(0).clip(0) for name in counts),
    ).with_columns(channels_48h_now=now)


def _own(requests: pl.DataFrame) -> pl.DataFrame:
    """What the request's own days tell."""
    ch, new, countries, views = (
        requests.select(f"{name}_{back}" for back in range(DAYS)).to_numpy().astype(np.float64) for name in MEASURES
    )
    now = requests["channels_48h_now"].to_numpy().astype(np.float64)
    columns: dict[str, NDArray[Any]] = {"now": np.log(now)}
    columns |= {f"ch_{back}": np.log1p(ch[:, back]) for back in range(DAYS)}
    columns |= {f"new_{back}": np.log1p(new[:, back]) for back in range(_WEEK + 1)}
    columns |= {f"step_{back}": _ratio(ch[:, back], ch[:, back + 1]) for back in range(DAYS - 1)}
    columns |= {f"fresh_{back}": new[:, back] / np.maximum(ch[:, back], 1) for back in range(4)}
    stayed = ch[:, 0] + ch[:, 1] - now
    columns["joined"] = (now - ch[:, 1]) / now
    columns["left"] = (now - ch[:, 0]) / now
    columns["stayed"] = stayed / np.maximum(ch[:, 1], 1)
    columns["joined_count"] = now - ch[:, 1]
    columns["old"] = np.log1p(np.maximum(ch[:, 0] - new[:, 0], 0))
    columns["fresh_gain"] = _ratio(new[:, 0], new[:, 1])
    columns["views"] = np.log1p(views[:, 0])
    columns["views_each"] = np.log1p(views[:, 0] / np.maximum(ch[:, 0], 1))
    columns["views_gain"] = np.log1p(views[:, 0]) - np.log1p(views[:, 1])
    columns["views_gain_2"] = np.log1p(views[:, 0]) - np.log1p(views[:, 2])
    columns["countries_each"] = countries[:, 0] / np.maximum(ch[:, 0], 1)
    columns["countries_gain"] = _ratio(countries[:, 0], countries[:, 1])
    for length in (3, 7, DAYS):
        mean = ch[:, :length].mean(axis=1)
        columns[f"mean_{length}"] = np.log1p(mean)
        columns[f"above_{length}"] = np.log1p(ch[:, 0]) - np.log1p(mean)
        columns[f"spread_{length}"] = np.log1p(ch[:, :length]).std(axis=1)
        columns[f"most_{length}"] = _ratio(now, ch[:, :length].max(axis=1))
        columns[f"least_{length}"] = _ratio(now, ch[:, :length].min(axis=1))
        columns[f"new_mean_{length}"] = np.log1p(new[:, :length].mean(axis=1))
    ages = np.arange(DAYS) - (DAYS - 1) / 2
    columns["slope"] = -(np.log1p(ch) * ages).mean(axis=1)
    columns["slope_7"] = -(np.log1p(ch[:, :_WEEK]) * (np.arange(_WEEK) - 3)).mean(axis=1)
    columns["bends"] = (np.diff(np.sign(np.diff(ch, axis=1)), axis=1) != 0).sum(axis=1)
    columns["empty"] = (ch == 0).sum(axis=1)
    # Days without a break up to now; days since it was first here; days since it was highest.
    columns["streak"] = np.minimum.accumulate(ch > 0, axis=1).sum(axis=1)
    columns["first_seen"] = DAYS - 1 - np.argmax(ch[:, ::-1] > 0, axis=1)
    columns["highest"] = np.argmax(ch, axis=1)
    # Without a request the channels of two days lie between the larger and the sum.
    columns["week_later"] = _ratio(np.maximum(ch[:, 5], ch[:, 6]), np.maximum(ch[:, 7], ch[:, 8]))
    columns["fortnight_later"] = _ratio(ch[:, 12], ch[:, 13])
    columns["week_next"] = _ratio(np.maximum(ch[:, 5], ch[:, 6]), now)
    columns["weekday"] = requests["date"].dt.weekday().to_numpy()
    columns["threshold"] = rise_needed(now) / now
    return pl.DataFrame({name: np.asarray(values, dtype=np.float32) for name, values in columns.items()})


def rise_needed(channels: NDArray[Any]) -> NDArray[Any]:
    """Channels that a topic must gain to count as rising: two fifths of those it has, rounded up, and three at least."""
    return np.maximum(3, np.ceil(np.asarray(channels) * 2 / 5))


def _past(requests: pl.DataFrame, memory: TopicMemory, gaps: Sequence[int] | None = None) -> pl.DataFrame:
    """What earlier requests of the same topic tell, by the same weekday and all in all."""
    rows, days = _places(requests, pl.Series(memory.topics, dtype=pl.String), memory.first)
    now = requests["channels_48h_now"].to_numpy().astype(np.float64)
    none = np.zeros(len(rows), dtype=np.int64)
    unheard = none if gaps is None else np.asarray(gaps)
    parts = []
    for begin in range(0, len(rows), _AT_ONCE):
        part = slice(begin, begin + _AT_ONCE)
        parts.append(pl.DataFrame(_past_of(memory, rows[part], days[part], now[part], unheard[part])))
    return pl.concat(parts)


def _past_of(memory: TopicMemory, rows: Integers, days: Integers, now: NDArray[Any], gaps: NDArray[Any]) -> dict[str, Floats]:
    # Column b holds the day b days back.
    ago = np.arange(MEMORY_DAYS)
    back = days[:, None] - ago
    held, place = back >= 0, np.maximum(back, 0)
    exact = np.where(held, memory.within[rows[:, None], place], np.nan)
    ch = np.where(held, memory.ch[rows[:, None], place], np.nan)
    unheard = ago < gaps[:, None]
    exact[unheard & (ago > 0)] = np.nan
    ch[unheard & (ago >= DAYS)] = np.nan
    before = np.concatenate([ch[:, 1:], np.full((len(ch), 1), np.nan)], axis=1)
    # Without a request the channels of two days lie between the larger count and the sum; where neither is known although all
    # topics of that day are, they were too few to ask.
    likely = np.fmax(ch, before) + 0.35 * np.fmin(ch, before)
    likely[~(np.isfinite(ch) & np.isfinite(before))] = np.nan
    two = np.where(np.isfinite(exact), exact, likely)
    level = np.log1p(np.where(np.isnan(two) & held & memory.whole[place] & ~unheard, _TOO_FEW, two))
    columns = _by_weekday(two, level, now) | _outcomes(exact, two) | _levels(two, level, now)
    return {name: np.asarray(values, dtype=np.float32) for name, values in columns.items()}


def _by_weekday(two: NDArray[Any], level: NDArray[Any], now: NDArray[Any]) -> dict[str, NDArray[Any]]:
    """How it went from this weekday on, and how it stood on the days to come, in the weeks before."""
    here = np.log1p(now)
    columns: dict[str, NDArray[Any]] = {}
    growth = {}
    for weeks in range(1, 7):
        growth[weeks] = _ratio(two[:, _WEEK * weeks - HORIZON], two[:, _WEEK * weeks])
        columns[f"later_{weeks}w"] = growth[weeks]
        columns[f"level_{weeks}w"] = _ratio(two[:, _WEEK * weeks], now)
        columns[f"next_{weeks}w"] = _ratio(two[:, _WEEK * weeks - HORIZON], now)
    columns["later_most"] = _most(np.stack([growth[weeks] for weeks in range(1, 7)], axis=1))
    for most in (2, 4, 8, len(_WEEKLY)):
        columns[f"later_mean_{most}w"] = _mean((level[:, _WEEKLY - HORIZON] - level[:, _WEEKLY])[:, :most])
        columns[f"next_mean_{most}w"] = _mean(level[:, _WEEKLY - HORIZON][:, :most]) - here
        columns[f"tomorrow_mean_{most}w"] = _mean(level[:, _WEEKLY - 1][:, :most]) - here
    return columns


def _outcomes(exact: NDArray[Any], two: NDArray[Any]) -> dict[str, NDArray[Any]]:
    """What became of earlier requests: the outcome of one is known when one of two days later has come."""
    began, ended = exact[:, HORIZON:], two[:, :-HORIZON]
    asked = np.isfinite(began) & np.isfinite(ended)
    rose = asked & (ended >= np.nan_to_num(began, nan=np.inf) + rise_needed(np.nan_to_num(began, nan=1)))
    columns: dict[str, NDArray[Any]] = {}
    for length in (14, 28, MEMORY_DAYS - HORIZON):
        columns[f"asked_{length}"] = asked[:, :length].sum(axis=1)
        columns[f"rose_{length}"] = rose[:, :length].sum(axis=1)
        columns[f"rise_rate_{length}"] = (rose[:, :length].sum(axis=1) + 0.5) / (asked[:, :length].sum(axis=1) + 9)
    columns["rose_2"], columns["rose_3"] = (np.where(asked[:, back], rose[:, back], np.nan) for back in (0, 1))
    columns["rose_weekly"] = rose[:, _WEEKLY - HORIZON].sum(axis=1)
    columns["asked_weekly"] = asked[:, _WEEKLY - HORIZON].sum(axis=1)
    gains = np.where(asked, _ratio(ended, began), np.nan)
    columns["gain_mean"], columns["gain_spread"] = _mean(gains), _spread(gains)
    return columns


def _levels(two: NDArray[Any], level: NDArray[Any], now: NDArray[Any]) -> dict[str, NDArray[Any]]:
    """How now compares with what is usual: of the days that are known, and of all with the others at their likeliest."""
    here = np.log1p(now)
    columns: dict[str, NDArray[Any]] = {f"two_{back}": _ratio(now, two[:, back]) for back in (1, 2, 3, 4)}
    columns["two_2_before"] = _ratio(two[:, 2], two[:, 4])
    for length in (28, 56, MEMORY_DAYS):
        seen, all_seen = np.log1p(two[:, 1:length]), level[:, 1:length]
        columns[f"usual_{length}"] = here - _mean(seen)
        columns[f"unusual_{length}"] = (here - _mean(seen)) / (_spread(seen) + 0.1)
        columns[f"peak_{length}"] = here - _most(seen)
        columns[f"known_{length}"] = np.isfinite(seen).mean(axis=1)
        columns[f"level_{length}"] = here - _mean(all_seen)
        columns[f"level_spread_{length}"] = _spread(all_seen)
        columns[f"as_high_{length}"] = _mean(np.where(np.isfinite(all_seen), all_seen >= here[:, None] - 1e-6, np.nan))
    ago = np.arange(1, MEMORY_DAYS)
    known = np.isfinite(level[:, 1:])
    for half_life in (4, 12, 36):
        weight = 0.5 ** (ago / half_life)
        total = (known * weight).sum(axis=1)
        mean = np.where(known, level[:, 1:], 0) @ weight / np.maximum(total, 1e-9)
        columns[f"recent_{half_life}"] = np.where(total > 0, here - mean, np.nan)
    columns["highest_since"] = np.where(np.nan_to_num(two[:, 1:], nan=-1) >= now[:, None], ago, MEMORY_DAYS).min(axis=1)
    return columns


def _texts(requests: pl.DataFrame) -> pl.DataFrame:
    """What topic and titles say."""
    topic, titles = pl.col("topic"), pl.col("titles")
    own = requests.select(
        topic_characters=topic.str.len_chars(),
        topic_is_pair=topic.str.contains(" "),
        topic_digits=topic.str.count_matches(r"\p{Nd}"),
        topic_is_ascii=topic.str.len_bytes() == topic.str.len_chars(),
        titles_count=pl.when(pl.col("titles") == "")
        .then(0)
        .otherwise(titles.str.count_matches(TITLE_SEPARATOR, literal=True) + 1),
        titles_words=titles.str.to_lowercase().str.extract_all(WORD).list.len(),
        titles_variety=titles.str.to_lowercase().str.extract_all(WORD).list.n_unique()
        / titles.str.to_lowercase().str.extract_all(WORD).list.len().clip(1),
    )
    measured = title_columns(requests["titles"].str.replace_all(TITLE_SEPARATOR, " ", literal=True))
    return pl.concat([own, measured.select(name for name in TITLE_COLUMNS)], how="horizontal")


def _company(requests: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """How the topic stands among those of its day, and how those do that share titles or words with it. Unknown for a request
    that stands alone."""
    told = ["step_0", "fresh_0", "later_1w", "later_mean_4w", "two_2", "joined", "now", "rise_rate_28", "level_56", "recent_12"]
    rows = pl.concat([requests.select("date", "topic", "titles"), known.select(told)], how="horizontal").with_row_index("row")
    is_day = pl.len().over("date") >= _DAY
    columns = [
        pl.when(is_day).then(pl.len().over("date")).log().alias("day_topics"),
        *(pl.when(is_day).then(pl.col(name).mean().over("date")).alias(f"day_{name}") for name in told),
        *(
            pl.when(is_day).then(pl.col(name).rank().over("date") / pl.col(name).count().over("date")).alias(f"place_{name}")
            for name in told
        ),
    ]
    day = rows.select("row", *columns)
    shown = (
        rows.select("row", "date", title=pl.col("titles").str.split(TITLE_SEPARATOR))
        .explode("title")
        .drop_nulls("title")
        .filter(pl.col("title").str.len_chars() > 0)
        .unique()
    )
    beside = (
        shown.join(shown, on=["date", "title"], suffix="_of")
        .filter(pl.col("row") != pl.col("row_of"))
        .group_by("row", "row_of")
        .agg(shared=pl.len())
        .join(rows.select(pl.col("row").alias("row_of"), *told), on="row_of")
        .group_by("row")
        .agg(
            kin=pl.len(),
            kin_shared=pl.col("shared").max(),
            kin_most=pl.col("now").max(),
            kin_least=pl.col("now").min(),
            **{f"kin_{name}": pl.col(name).mean() for name in told if name != "now"},
            kin_step_most=pl.col("step_0").max(),
            kin_later_most=pl.col("later_1w").max(),
        )
    )
    titled = shown.join(rows.select("row", "topic"), on="row")
    kept = (
        titled.join(
            titled.select("topic", "title", date=pl.col("date") + timedelta(days=1)), on=["topic", "title", "date"], how="semi"
        )
        .group_by("row")
        .agg(kept=pl.len())
    )
    yesterday = rows.select("topic", date=pl.col("date") + timedelta(days=1)).unique()
    kept = (
        rows.select("row", "topic", "date")
        .join(yesterday, on=["topic", "date"], how="semi")
        .join(kept, on="row", how="left")
        .select("row", titles_kept=pl.col("kept").fill_null(0))
    )
    pairs = rows.filter(pl.col("topic").str.contains(" ", literal=True)).select(
        "row", "date", pl.col("now").alias("pair_now"), pl.col("step_0").alias("pair_step"), word=pl.col("topic").str.split(" ")
    )
    parts = pairs.explode("word")
    words = rows.select("date", pl.col("topic").alias("word"), "row", "now", "step_0", "later_1w")
    in_pairs = (
        words.drop("now", "step_0", "later_1w")
        .join(parts.drop("row"), on=["date", "word"])
        .group_by("row")
        .agg(pairs=pl.len(), pair_now=pl.col("pair_now").max(), pair_step=pl.col("pair_step").sort_by("pair_now").last())
    )
    of_words = (
        parts.select("row", "date", "word")
        .join(words.drop("row"), on=["date", "word"])
        .group_by("row")
        .agg(
            word_now=pl.col("now").min(), word_step=pl.col("step_0").sort_by("now").first(), word_later=pl.col("later_1w").mean()
        )
    )
    found = day
    for part in (beside, kept, in_pairs, of_words):
        found = found.join(part, on="row", how="left", maintain_order="left")
    return found.drop("row")


def _ratio(above: NDArray[Any], below: NDArray[Any]) -> NDArray[Any]:
    """Logarithm of a ratio of counts."""
    return np.asarray(np.log(above + _FLAT) - np.log(below + _FLAT))


def _mean(values: NDArray[Any]) -> NDArray[Any]:
    """Mean of each row's known values; NaN where none is."""
    known = np.isfinite(values)
    count = known.sum(axis=1)
    return np.asarray(np.where(count > 0, np.where(known, values, 0).sum(axis=1) / np.maximum(count, 1), np.nan))


def _spread(values: NDArray[Any]) -> NDArray[Any]:
    return np.asarray(np.sqrt(_mean((values - _mean(values)[:, None]) ** 2)))


def _most(values: NDArray[Any]) -> NDArray[Any]:
    most = np.where(np.isfinite(values), values, -np.inf).max(axis=1)
    return np.asarray(np.where(np.isfinite(most), most, np.nan))


def _span(requests: pl.DataFrame) -> tuple[date, date]:
    first, last = requests.select(pl.col("date").min().alias("first"), pl.col("date").max().alias("last")).row(0)
    return first, last


def _places(requests: pl.DataFrame, topics: pl.Series, first: date) -> tuple[Integers, Integers]:
    """Row and column of each request in a memory's grids."""
    rows = requests["topic"].replace_strict(topics, pl.int_range(len(topics), eager=True), return_dtype=pl.Int64).to_numpy()
    return rows, (requests["date"] - first).dt.total_days().to_numpy()


def _unknown(counts: NDArray[Any]) -> Floats:
    known = counts.astype(np.float32)
    known[counts == 65_535] = np.nan
    return known
