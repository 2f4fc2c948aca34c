"""What an archive remembers of a key as of a cut."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from core.errors import Damaged
from features.history import load_memory, remember, stale_cuts, title_keys, title_recall, title_recall_columns

DAY = datetime(2026, 1, 8, tzinfo=UTC)  # a Thursday, as 1970-01-01 was: states lie on Thursdays
MEASURES = {"grew": 0.0, "broke": 2.0}


def _moments(*days: float) -> pl.Series:
    return pl.Series([DAY + timedelta(days=day) for day in days], dtype=pl.Datetime("us", "UTC"))


def _memory():
    events = pl.DataFrame({"key": ["a", "a", "b", None], "grew": [1.0, 3.0, 5.0, 9.0], "broke": [1.0, None, 0.0, 9.0]})
    return remember(events.with_columns(known_at=_moments(1, 8, 0, 1)), MEASURES)


def test_means_are_of_what_was_known_at_the_cut() -> None:
    keys = pl.Series(["a"] * 5)
    told = _memory().recall(keys, _moments(0, 6.9, 7, 13.9, 14))
    assert told["grew"].to_list() == [None, None, 1, 1, 2]
    assert told["grew_n"].to_list() == [0, 0, 1, 1, 2]
    assert told["broke"].to_list() == [None, None, pytest.approx(1 / 3), pytest.approx(1 / 3), pytest.approx(1 / 3)]


def test_without_a_cut_everything_is_known_and_unknown_keys_are_told() -> None:
    told = _memory().recall(pl.Series(["b", "a", None, "x"]))
    assert told["grew"].to_list() == [5, 2, None, None]
    assert told["grew_n"].to_list() == [1, 2, 0, 0]


def test_an_event_later_than_the_cut_changes_nothing() -> None:
    events = pl.DataFrame({"key": ["a"] * 4, "grew": [1.0, 2.0, 3.0, 1e9], "broke": [0.0] * 4}).with_columns(
        known_at=_moments(0, 3, 9, 20)
    )
    cuts = _moments(7, 10, 16)
    keys = pl.Series(["a"] * 3)
    assert remember(events, MEASURES).recall(keys, cuts).equals(remember(events.head(3), MEASURES).recall(keys, cuts))


def test_a_saved_memory_tells_its_last_state(tmp_path: Path) -> None:
    memory = _memory()
    memory.save(tmp_path / "memory.parquet")
    again = load_memory(tmp_path / "memory.parquet", MEASURES)
    keys = pl.Series(["a", "b", "x"])
    assert again.recall(keys).equals(memory.recall(keys))
    (tmp_path / "memory.parquet").write_bytes(b"no")
    with pytest.raises(Damaged):
        load_memory(tmp_path / "memory.parquet", MEASURES)
    pl.DataFrame({"key": ["a"]}).write_parquet(tmp_path / "other.parquet")
    with pytest.raises(Damaged):
        load_memory(tmp_path / "other.parquet", MEASURES)


def test_cuts_are_as_old_as_a_model_may_be_and_given_by_the_seed() -> None:
    moments = _moments(*range(200))
    cuts = stale_cuts(moments, timedelta(days=10), seed=3)
    stale = (moments - cuts).dt.total_seconds().to_numpy() / 86_400
    assert stale.min() >= 0
    assert 9 < stale.max() <= 10
    assert np.mean(stale) == pytest.approx(5, abs=1)
    assert cuts.equals(stale_cuts(moments, timedelta(days=10), seed=3))


def test_titles_have_words_and_pairs_once() -> None:
    keys = title_keys(pl.Series(["Big fish, big FISH", "x", None]))
    assert keys.rows() == [(0, "big"), (0, "fish"), (0, "big fish"), (0, "fish big")]


def test_titles_are_told_by_their_words() -> None:
    events = pl.DataFrame({"key": ["fish", "fish", "big", "rare"], "grew": [1.0, 3.0, 8.0, 99.0], "broke": [1.0, 1.0, 0.0, 1.0]})
    memory = remember(events.with_columns(known_at=_moments(0, 0, 7, 0)), MEASURES)
    titles = pl.Series(["Big fish", "Nothing", "Big fish", None])
    told = title_recall(memory, titles, _moments(7, 7, 0, 7), fewest=1)
    assert tuple(told.columns) == title_recall_columns(MEASURES)
    assert told["grew"].to_list() == [4, None, 2, None]
    assert told["grew_most"].to_list() == [8, None, 2, None]
    assert told["grew_least"].to_list() == [2, None, 2, None]
    assert told["events"].to_list() == [2, None, 2, None]
    assert title_recall(memory, titles, fewest=2)["grew"].to_list() == [2, None, 2, None]
    assert title_recall(memory, titles[:0]).shape == (0, len(told.columns))
