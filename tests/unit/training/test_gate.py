"""What keeps a challenger from being used, one thing at a time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from training.judging import Figure
from training.promotion import BOUNDS, Evidence, SliceDifference, allowed_calibration_error, obstacles, simultaneous
from training.values import Comparison, Costs

SURE, LIKELY, NONE = Comparison(0.2, 0.1, 0.3), Comparison(0.01, -0.01, 0.03), Comparison(0.0, 0.0, 0.0)
GOOD = Evidence(
    metric="average_precision",
    rows=4_000,
    against_baselines={"kind": SURE, "linear": LIKELY},
    against_champion=SURE,
    learnt_from_the_same=True,
    calibration={"ece": Figure(0.01, 0.005, 0.02)},
    slices=[SliceDifference("niche", "music", 300, -0.02, -0.05, 0.01)],
    costs=Costs(0.1, 10.0, 5.0),
)


def test_a_good_challenger_passes() -> None:
    assert obstacles(GOOD) == []
    assert obstacles(replace(GOOD, against_champion=None)) == []
    assert obstacles(replace(GOOD, against_champion=LIKELY, learnt_from_the_same=False)) == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"against_baselines": {"kind": LIKELY}}, "not surely above the baseline (kind)"),
        ({"against_baselines": {"kind": Comparison(float("nan"), float("nan"), float("nan"))}}, "not surely above the baseline"),
        ({"against_baselines": {"kind": SURE, "linear": NONE}}, "not above the baseline (linear)"),
        ({"against_champion": NONE, "learnt_from_the_same": False}, "not above the champion"),
        ({"against_champion": LIKELY}, "not surely above the champion, which learnt from the same rows"),
        ({"calibration": {"ece": Figure(0.2, 0.15, 0.25)}}, "ece is 0.200 [0.150, 0.250], and 0.070 is allowed"),
        ({"calibration": {"ece": Figure(float("nan"), float("nan"), float("nan"))}}, "ece is nan"),
        (
            {"slices": [SliceDifference("niche", "music", 300, -0.2, -0.3, -0.1)]},
            "surely worse than the champion where niche is music",
        ),
        ({"costs": Costs(8.0, 10.0, 5.0)}, "8.0 ms per row of a batch, and 7.5 are allowed"),
        ({"costs": Costs(0.1, 2_500.0, 5.0)}, "2500 ms for one row"),
        ({"costs": Costs(0.1, 10.0, 900.0)}, "900 MB, and 500 are allowed"),
    ],
)
def test_each_failing_keeps_it_out(change: dict[str, Any], says: str) -> None:
    (found,) = obstacles(replace(GOOD, **change))
    assert says in found


def test_few_rows_may_be_off_by_chance() -> None:
    small = replace(GOOD, calibration={"retention_ece": Figure(0.1, 0.09, 0.2)}, calibration_rows={"retention_ece": 170})
    assert obstacles(small) == [], "on the rows that it counts, not on all"
    assert obstacles(replace(small, calibration_rows={})) != []
    assert allowed_calibration_error(replace(small, calibration_rows={"retention_ece": 40}), "retention_ece") > 0.2
    many = replace(small, calibration_rows={"retention_ece": 10**8})
    assert allowed_calibration_error(many, "retention_ece") == pytest.approx(BOUNDS.calibration_error, abs=1e-3)


def test_an_interval_for_many_groups_is_wider_than_for_one() -> None:
    spread = np.random.default_rng(0).normal(0.1, 0.02, 300)
    one, many = simultaneous(spread, 0.1, 1), simultaneous(spread, 0.1, 40)
    assert one[0] == pytest.approx(0.1 - 1.96 * 0.02, abs=0.004)
    assert many[0] < one[0] < 0.1 < one[1] < many[1]
    assert simultaneous(np.full(5, np.nan), 0.1, 3) == (-np.inf, np.inf)
