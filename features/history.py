"""What an archive remembers of a key (a channel, a word of titles) as of a cut: sums of what became known of it before.

A memory is fitted from events and travels with a model as one parquet file. Training asks it as of moments that lie before each
row, as stale as it will be when the model is used; a saved memory knows its last state alone. Nothing here knows a task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path

import numpy as np
import polars as pl

from core.errors import Damaged
from features.texts import words

STEP = timedelta(days=7)
"""A memory's states are so far apart: an event is remembered from the first state at or after it became known."""

_MOMENT = pl.Datetime("us", "UTC")


@dataclass(frozen=True)
class Memory:
    """Cumulated sums per key and state.

    Attributes:
        states: `key`, `until` (the state's moment), and per measure its `<measure>` (sum) and `<measure>_n` (events), by `until`.
            A key has a state only where something was added.
        shrinkage: per measure, how many events of zero its mean is mixed with; 0 leaves it as it is.
    """

    states: pl.DataFrame
    shrinkage: Mapping[str, float]

    @property
    def columns(self) -> tuple[str, ...]:
        """What `recall` gives: the mean of each measure, then `<measure>_n` of each."""
        return (*self.shrinkage, *(f"{name}_n" for name in self.shrinkage))

    def recall(self, keys: pl.Series, cuts: pl.Series | None = None) -> pl.DataFrame:
        """Tell what was known of each key at each cut (without cuts: at last), in order.

        A mean is null where nothing counts for it, and is drawn towards zero by the measure's shrinkage; `_n` counts events."""
        known = self.states_of(keys, cuts)
        return known.select(
            *(_mean(pl.col(name), pl.col(f"{name}_n"), mixed).alias(name) for name, mixed in self.shrinkage.items()),
            *(pl.col(f"{name}_n").fill_null(0) for name in self.shrinkage),
        )

    def states_of(self, keys: pl.Series, cuts: pl.Series | None = None) -> pl.DataFrame:
        """The sums behind `recall`, null for an unknown key."""
        asked = pl.DataFrame({"key": keys.cast(pl.String)})
        if cuts is None:
            return asked.join(self._last_states, on="key", how="left", maintain_order="left").drop("key", "until")
        asked = asked.with_columns(cuts.cast(_MOMENT).alias("cut")).with_row_index("place")
        found = asked.sort("cut").join_asof(
            self.states.sort("until"), left_on="cut", right_on="until", by="key", strategy="backward", check_sortedness=False
        )
        return found.sort("place").drop("place", "key", "cut", "until")

    def last(self) -> Memory:
        """The same memory with each key's last state alone."""
        return Memory(self._last_states, self.shrinkage)

    @cached_property
    def _last_states(self) -> pl.DataFrame:
        return self.states.unique("key", keep="last", maintain_order=True)

    def save(self, path: Path) -> None:
        """Write the last states. The shrinkage is the code's."""
        self.last().states.write_parquet(path, compression="zstd")


def load_memory(path: Path, shrinkage: Mapping[str, float]) -> Memory:
    """Read what `Memory.save` wrote. Raises Damaged for anything else."""
    try:
        states = pl.read_parquet(path)
        wanted = ["key", "until", *(column for name in shrinkage for column in (name, f"{name}_n"))]
        return Memory(states.select(wanted).cast({"key": pl.String, "until": _MOMENT}), shrinkage)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise Damaged(f"{path} does not hold a memory of past videos.", "Train the model again.") from error


def remember(events: pl.DataFrame, shrinkage: Mapping[str, float]) -> Memory:
    """Make a memory of events: `key`, `known_at`, and one column per measure, null where the event says nothing of it."""
    events = events.filter(pl.col("key").is_not_null() & pl.col("known_at").is_not_null())
    step = int(STEP.total_seconds() * 1_000_000)
    # The first state at or after the event: states lie on multiples of the step since 1970.
    until = ((pl.col("known_at").cast(_MOMENT).dt.epoch("us") + step - 1) // step * step).cast(_MOMENT)
    states = (
        events.group_by(pl.col("key").cast(pl.String), until.alias("until"))
        .agg(
            *(pl.col(name).cast(pl.Float64).fill_nan(None).sum() for name in shrinkage),
            *(pl.col(name).cast(pl.Float64).fill_nan(None).count().cast(pl.Float64).alias(f"{name}_n") for name in shrinkage),
        )
        .sort("until", "key")
        .with_columns(pl.exclude("key", "until").cum_sum().over("key"))
    )
    columns = [column for name in shrinkage for column in (name, f"{name}_n")]
    return Memory(states.select("key", "until", *columns), dict(shrinkage))


def stale_cuts(moments: pl.Series, longest: timedelta, seed: int) -> pl.Series:
    """Moments before the given ones by up to `longest`, drawn evenly: how old a memory may be when a model is asked."""
    before = np.random.default_rng(seed).integers(0, int(longest.total_seconds()), len(moments))
    return moments.cast(_MOMENT) - pl.Series(before).cast(pl.Duration("us")) * 1_000_000


def title_keys(titles: pl.Series) -> pl.DataFrame:
    """The keys by which a title is remembered: `row` and `key`, each once per title: its words of two letters or more, and its
    pairs of neighbouring words."""
    frame = pl.DataFrame({"row": pl.int_range(len(titles), dtype=pl.UInt32, eager=True), "key": words(titles)})
    single = frame.explode("key").drop_nulls("key")
    after = pl.col("key").shift(-1).over("row")
    pairs = single.select("row", key=pl.col("key") + " " + after).drop_nulls("key")
    return pl.concat([single.filter(pl.col("key").str.len_chars() >= 2), pairs]).unique(maintain_order=True)


def title_recall(memory: Memory, titles: pl.Series, cuts: pl.Series | None = None, fewest: int = 3) -> pl.DataFrame:
    """Tell what was known of the words of each title: per measure the mean over all its events of all keys (`<measure>`), the
    largest and the smallest mean of one key (`<measure>_most`, `<measure>_least`), and events of its best known key (`events`).

    Keys with fewer events count for nothing. All are null where no key is known."""
    asked = pl.DataFrame({"title": titles.cast(pl.String).fill_null("")})
    if cuts is not None:
        # All cuts between two states see the same one.
        step = int(STEP.total_seconds() * 1_000_000)
        asked = asked.with_columns(((cuts.cast(_MOMENT).dt.epoch("us") // step) * step).cast(_MOMENT).alias("cut"))
    distinct = asked.unique(maintain_order=True)
    keys = title_keys(distinct["title"])
    known = memory.states_of(keys["key"], None if cuts is None else distinct["cut"].gather(keys["row"]))
    first = next(iter(memory.shrinkage))
    found = pl.concat([keys.select("row"), known], how="horizontal").filter(pl.col(f"{first}_n") >= fewest)
    told = found.group_by("row").agg(
        *(_mean(pl.col(name).sum(), pl.col(f"{name}_n").sum(), mixed).alias(name) for name, mixed in memory.shrinkage.items()),
        *(
            getattr(_mean(pl.col(name), pl.col(f"{name}_n"), mixed), least)().alias(f"{name}_{ending}")
            for name, mixed in memory.shrinkage.items()
            for least, ending in (("max", "most"), ("min", "least"))
        ),
        events=pl.col(f"{first}_n").max(),
    )
    rows = distinct.with_row_index("row").join(told, on="row", how="left", maintain_order="left").drop("row")
    on = ["title"] if cuts is None else ["title", "cut"]
    return asked.join(rows, on=on, how="left", maintain_order="left", nulls_equal=True).select(
        title_recall_columns(memory.shrinkage)
    )


def title_recall_columns(measures: Sequence[str] | Mapping[str, float]) -> tuple[str, ...]:
    """What `title_recall` gives, in order."""
    return (*measures, *(f"{name}_{ending}" for name in measures for ending in ("most", "least")), "events")


def _mean(total: pl.Expr, count: pl.Expr, mixed: float) -> pl.Expr:
    return pl.when(count > 0).then(total / (count + mixed))
