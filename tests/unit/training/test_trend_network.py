"""The trend network as a part of a task, and the codes of words that it reads."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from core.errors import Damaged
from features.tokens import token_columns
from training.networks.trend import Shape
from training.trend_network import TrendAnswers, TrendTargets, fit_trend_network, load_trend_network

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")

TINY = Shape(branch=8, fused=16, heads=2, token=8, dropout=0.0)
Side = tuple[pl.DataFrame, pl.Series, pl.Series, TrendTargets, np.ndarray]


def side(rows: int, seed: int) -> Side:
    """Videos that are read four times; those that sped up, and those called "fire", break out."""
    generator = np.random.default_rng(seed)
    speeds = generator.normal(size=(rows, 4))
    is_fire = generator.random(rows) < 0.3
    titles = pl.Series([f"{'Fire' if fire else 'Water'} Nr {number % 7}" for number, fire in enumerate(is_fire)])
    logit = 2 * (speeds[:, 0] - speeds[:, 1]) + 2 * is_fire - 1.5
    happened = (generator.random(rows) < 1 / (1 + np.exp(-logit))).astype(float)
    views = np.exp(generator.uniform(4, 9, rows))
    later = views * np.exp(0.5 + 0.5 * happened)
    later[::5] = np.nan
    inputs = pl.DataFrame({f"velocity_{lag + 1}": speeds[:, lag] for lag in range(4)} | {"category": np.arange(rows) % 3})
    return inputs, pl.Series(views), titles, TrendTargets(happened, later), np.ones(rows)


@pytest.fixture(scope="module")
def taught() -> TrendAnswers:
    return fit_trend_network(
        side(4000, 1), side(800, 2), codes=["category"], epochs=6, shape=TINY, params={"learning_rate": 1e-2}
    )


def test_series_and_words_are_learnt(taught: TrendAnswers) -> None:
    inputs, views, titles, targets, _ = side(1500, 3)
    logit, log_views = taught.predict(inputs, views, titles)
    from training.evaluation import auc

    assert auc(targets.breakout, logit) > 0.85
    known = np.isfinite(targets.views_48h)
    error = np.abs(log_views[known, 0] - np.log1p(targets.views_48h[known]))
    assert error.mean() < 0.25
    water, _ = taught.predict(inputs, views, pl.Series(["Water Nr 1"] * len(inputs)))
    fire, _ = taught.predict(inputs, views, pl.Series(["FIRE nr 1"] * len(inputs)))
    assert (fire > water).mean() > 0.95
    assert 1 <= taught.epochs <= 6


def test_it_is_saved_as_data_and_read_back(taught: TrendAnswers, tmp_path: Path) -> None:
    taught.save(tmp_path, "network")
    assert {path.name for path in tmp_path.iterdir()} == {"network.json", "network.npz"}
    asked = side(50, 4)[:3]
    for one, other in zip(load_trend_network(tmp_path, "network").predict(*asked), taught.predict(*asked), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("name", ["network.json", "network.npz"])
@pytest.mark.parametrize("content", [b"", b"{}", b"PK\x03\x04 not a zip"], ids=["empty", "braces", "zip"])
def test_other_files_are_refused(taught: TrendAnswers, tmp_path: Path, name: str, content: bytes) -> None:
    taught.save(tmp_path, "network")
    (tmp_path / name).write_bytes(content)
    with pytest.raises(Damaged, match="does not hold a trend network"):
        load_trend_network(tmp_path, "network")


def test_without_a_validation_part_all_epochs_are_made(taught: TrendAnswers) -> None:
    fitted = fit_trend_network(side(300, 1), epochs=2, shape=TINY)
    again = fit_trend_network(side(300, 1), epochs=2, shape=TINY)
    assert fitted.epochs == 2
    asked = side(20, 4)[:3]
    np.testing.assert_array_equal(fitted.predict(*asked)[0], again.predict(*asked)[0])
    empty = tuple(part[:0] for part in asked)
    assert fitted.predict(*empty)[1].shape == (0, 2)  # type: ignore[arg-type]


def test_unknown_inputs_and_titles_are_answered(taught: TrendAnswers) -> None:
    inputs = side(5, 1)[0]
    strange = inputs.with_columns(velocity_1=pl.Series([None, math.nan, math.inf, -math.inf, 1e300]), category=pl.lit(99))
    nothing = pl.Series([None, "", "🔥🔥", "привет мир", "a " * 500], dtype=pl.String)
    for answer in taught.predict(strange, pl.Series([None, 0, -5, 10**15, 3], dtype=pl.Int64), nothing):
        assert np.isfinite(answer).all()


def test_words_are_coded_alike_everywhere() -> None:
    codes = token_columns(pl.Series(["Hello, World! hello", None, "", "привет-мир", "a b c d"]), tokens=3)
    assert codes.columns == ["title_token_0", "title_token_1", "title_token_2"]
    assert codes.rows()[1:3] == [(None, None, None)] * 2
    assert codes[0, 0] == codes[0, 2] == 1 + 0x3610A686 % 4095
    assert codes[3, 1] is not None
    assert codes[3, 2] is None
    assert codes[4, 2] is not None
    every = codes.to_numpy()
    assert np.nanmin(every) >= 1
    assert np.nanmax(every) < 4096
