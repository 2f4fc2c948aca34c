"""What counts as a breakout."""

from __future__ import annotations

import polars as pl
import pytest

from core.errors import UnknownName
from training.labels import fit_thresholds, with_target
from training.specs import CTR, QUALITY, TREND, model_spec


def growths(band: str, count: int, scale: float, observed: bool = True) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "age_band": [band] * count,
            "growth_48h": [scale * number / (count - 1) for number in range(count)] if observed else [None] * count,
            "is_observed": [observed] * count,
        },
        schema={"age_band": pl.String, "growth_48h": pl.Float64, "is_observed": pl.Boolean},
    )


def test_thresholds_are_the_ninetieth_percentile_of_observed_growth_by_band() -> None:
    rows = pl.concat(
        [growths("0-12", 101, 1.0), growths("12-24", 101, 0.1), growths("rare", 5, 50.0), growths("0-12", 500, 0, False)]
    )

    thresholds = fit_thresholds(rows)

    assert thresholds["0-12"] == pytest.approx(0.9)
    assert thresholds["12-24"] == pytest.approx(0.09)
    assert "rare" not in thresholds
    assert fit_thresholds(growths("0-12", 9, 0, observed=False)) == {}


def test_a_breakout_reaches_the_threshold_of_its_band_and_was_seen() -> None:
    rows = pl.DataFrame(
        {
            "age_band": ["0-12", "0-12", "12-24", "new band", "0-12"],
            "growth_48h": [0.9, 0.8, 0.8, 0.6, None],
            "is_observed": [True, True, True, True, False],
        }
    )

    targets = with_target(rows, TREND, {"all": 0.5, "0-12": 0.85, "12-24": 0.7})["target"]

    assert targets.to_list() == [1, 0, 1, 1, 0]
    assert with_target(rows, TREND, {})["target"].sum() == 0


def test_other_models_predict_a_column() -> None:
    rows = pl.DataFrame({"is_above_median": [True, False], "ctr": [0.05, 0.1]})
    assert with_target(rows, QUALITY, {})["target"].to_list() == [1, 0]
    assert with_target(rows, CTR, {})["target"].to_list() == [0.05, 0.1]


def test_an_unknown_model_is_named() -> None:
    assert model_spec("ctr") is CTR
    with pytest.raises(UnknownName, match="Known models: trend, quality, ctr"):
        model_spec("tred")
