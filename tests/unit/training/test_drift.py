"""The stability index against what theory says of it, and that nothing harmless raises an alarm."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest

from features.codec import Input, Scale
from training.drift import FEWEST, InputDrift, compare_inputs, conclude, judge_accuracy, share_of, stability
from training.specs import TREND

INPUTS = (Input("views", Scale.LOG), Input("rate"), Input("category", Scale.CATEGORY), Input("count"))


def frame(seed: int, rows: int = 2_000, **changed: Any) -> pl.DataFrame:
    generator = np.random.default_rng(seed)
    columns = {
        "video_id": [f"{seed}-{number}" for number in range(rows)],
        "views": generator.lognormal(8, 2, rows),
        "rate": np.where(generator.random(rows) < 0.2, np.nan, generator.beta(2, 50, rows)),
        "category": generator.choice([10, 20, 24, 25], rows, p=[0.5, 0.3, 0.195, 0.005]),
        "count": generator.poisson(2, rows),
    }
    return pl.DataFrame(columns | changed)


def found_of(reference: pl.DataFrame, current: pl.DataFrame, **options: Any) -> dict[str, InputDrift]:
    return {entry.name: entry for entry in compare_inputs(INPUTS, reference, current, **options)}


def test_stability_is_the_formula() -> None:
    reference = np.repeat([0.0, 1.0], [6_000, 4_000])
    current = np.repeat([0.0, 1.0], [3_000, 7_000])

    index, chance = stability(reference, current)

    assert index == pytest.approx((0.3 - 0.6) * np.log(0.3 / 0.6) + (0.7 - 0.4) * np.log(0.7 / 0.4), rel=1e-3)
    assert chance < 1e-100


def test_chance_is_right_where_nothing_changed() -> None:
    """Of samples of one population, one in ten has a chance below a tenth."""
    generator = np.random.default_rng(1)
    chances = [stability(generator.normal(size=3_000), generator.normal(size=400))[1] for _ in range(600)]

    assert np.mean(np.array(chances) < 0.1) == pytest.approx(0.1, abs=0.035)
    assert np.mean(np.array(chances) < 0.01) < 0.025


def test_samples_of_one_population_raise_no_alarm() -> None:
    for seed in range(40):
        found = compare_inputs(INPUTS, frame(1_000), frame(seed, rows=FEWEST + 5 * seed), cluster="video_id")
        assert not [entry for entry in found if entry.is_drifted], seed
        assert not conclude(found, None)[0]


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("views", np.random.default_rng(3).lognormal(10, 2, 2_000)),
        ("rate", np.full(2_000, np.nan)),
        ("rate", np.full(2_000, np.inf)),
        ("category", np.full(2_000, 99)),
        ("category", np.random.default_rng(3).choice([20, 24], 2_000)),
        ("count", np.random.default_rng(3).poisson(4, 2_000)),
    ],
)
def test_what_has_changed_is_seen_alone(name: str, values: Any) -> None:
    found = found_of(frame(1), frame(2, **{name: values}))

    assert [entry.name for entry in found.values() if entry.is_drifted] == [name]
    assert share_of(list(found.values())) == 0.25


def test_what_cannot_be_judged_says_why() -> None:
    nothing = np.full(2_000, np.nan)

    few = found_of(frame(1), frame(2, rows=FEWEST - 1))
    repeated = found_of(frame(1), frame(2, video_id=["one"] * 2_000), cluster="video_id")
    never = found_of(frame(1, rate=nothing), frame(2, rate=np.full(2_000, -np.inf)))
    new = found_of(frame(1, rate=nothing), frame(2))
    lacking = found_of(frame(1).drop("count"), frame(2))

    assert {entry.note for entry in few.values()} == {"too few rows: 99 of 100 independent rows"}
    assert {entry.note for entry in repeated.values()} == {"too few rows: 1 of 100 independent rows"}
    assert never["rate"].note == "never known"
    assert new["rate"].note == "unknown when the model learnt, which does not react to it"
    assert lacking["count"].note == "not in the reference rows"
    assert not any(entry.is_drifted for found in (few, repeated, never, new, lacking) for entry in found.values())
    assert conclude(list(few.values()), None) == (False, "Nothing to judge: too few rows: 99 of 100 independent rows.")


def test_constants_are_judged_and_stand_still() -> None:
    same = found_of(frame(1, count=np.full(2_000, 3)), frame(2, count=np.full(2_000, 3)))
    moved = found_of(frame(1, count=np.full(2_000, 3)), frame(2, count=np.full(2_000, 4)))

    assert (same["count"].stability, same["count"].chance, same["count"].is_judged) == (0.0, 1.0, True)
    assert moved["count"].is_drifted


def test_text_and_truth_values_are_compared_as_codes() -> None:
    text = (Input("language"), Input("is_own"))
    reference = pl.DataFrame({"language": ["en", "de", None] * 500, "is_own": [True, False, False] * 500})
    current = pl.DataFrame({"language": ["en", "fr", None] * 500, "is_own": [True, False, False] * 500})

    found = compare_inputs(text, reference, current)

    assert [entry.is_drifted for entry in found] == [True, False]


def test_the_whole_has_drifted_where_many_inputs_or_the_scores_have() -> None:
    still = InputDrift("a", 0.01, 0.5, 0.01, False, "")
    moved = replace(still, name="b", stability=0.5, is_drifted=True)

    assert conclude([still] * 3, still) == (False, "0 of 3 inputs have drifted; the scores have not.")
    assert conclude([still] * 3 + [moved], still) == (False, "1 of 4 inputs have drifted: b (0.50); the scores have not.")
    assert conclude([still, moved], still)[0]
    assert conclude([still] * 3, replace(moved, name="score"))[0]


def test_accuracy_has_dropped_only_where_chance_is_no_explanation() -> None:
    from training.dataset import Part

    generator = np.random.default_rng(5)
    target = (generator.random(2_000) < 0.2).astype(float)
    score = target + generator.normal(size=2_000)
    part = Part(np.zeros((2_000, 1), np.float32), target, np.arange(2_000), np.zeros(2_000))

    same = judge_accuracy(TREND, part, score, recorded=0.49)
    assert same is not None
    assert not same.has_dropped
    worse = judge_accuracy(TREND, part, generator.permuted(score), recorded=same.now)
    assert worse is not None
    assert worse.has_dropped
    assert worse.change < -0.3
    assert not replace(worse, high=worse.recorded).has_dropped
    assert judge_accuracy(TREND, part, score, recorded=None) is None
    few = Part(part.raw[:50], target[:50], part.cluster[:50], part.within[:50])
    assert judge_accuracy(TREND, few, score[:50], recorded=0.5) is None
    one_class = Part(part.raw, np.zeros(2_000), part.cluster, part.within)
    assert judge_accuracy(TREND, one_class, score, recorded=0.5) is None


def test_a_page_shows_the_least_stable_inputs_and_is_the_same_twice() -> None:
    from training.drift import draw_page

    generator = np.random.default_rng(2)
    names = [f"input_{number:02d}" for number in range(50)]
    before, after = (pl.DataFrame({name: generator.normal(size=150) for name in names}) for _ in range(2))
    after = after.with_columns(pl.col("input_07") + 5, input_08=np.full(150, np.nan))
    inputs = [Input(name) for name in names]
    found = compare_inputs(inputs, before, after)

    page = draw_page(inputs, before, after, found)

    assert page == draw_page(inputs, before, after, found)
    shown = {name for name in names if name.encode() in page}
    assert len(shown) == 40
    assert "input_07" in shown
    assert "input_08" not in shown, "a sample without a value cannot be drawn"
