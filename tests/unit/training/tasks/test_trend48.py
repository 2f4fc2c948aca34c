"""What a charting video does within 48 hours: examples, rules, the program."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from core.errors import Damaged
from tests.unit.training.tasks.charts import BEGIN, Charts, made_up, reading, video
from training.sources import ArchiveFolder
from training.tasks import task
from training.tasks.task import TEST, TOLERANCE, TRAIN, VALID, FitOptions

TASK = task("trend48")
DATA = Path(__file__).parents[5] / "shared" / "data"
OPTIONS = FitOptions(threads=1, params={"num_leaves": 7, "learning_rate": 0.2, "min_data_in_leaf": 10})


@pytest.fixture(scope="module")
def examples() -> pl.DataFrame:
    rows = TASK.read(made_up())  # type: ignore[arg-type]
    return rows.with_columns(TASK.split(rows).alias("part"))


@pytest.fixture(scope="module")
def program(examples: pl.DataFrame):
    return TASK.fit(examples.filter(pl.col("part").is_in([TRAIN, VALID])), OPTIONS)


def _read(videos, readings) -> pl.DataFrame:
    return TASK.read(Charts(videos, readings))  # type: ignore[arg-type]


def _days(name: str, views: dict[int, int], **changes) -> list[dict]:
    return [reading(name, BEGIN + timedelta(days=day), count, **changes) for day, count in views.items()]


def test_growth_is_scaled_to_48_hours_and_history_ends_with_the_present() -> None:
    late = reading("a", BEGIN + timedelta(days=2, hours=2), 4_000)
    rows = _read([video("a", BEGIN - timedelta(hours=5))], [*_days("a", {0: 1_000, 1: 2_000}), late])
    row = rows.row(0, named=True)
    assert row["label_growth"] == pytest.approx(math.log(4) * 48 / 50)
    assert row["label_views"] == 4_000
    assert row["history"] == "2026-03-01T04:00:00Z|1000|50|5|1"
    assert row["known_at"] > late["fetched_at"]
    assert len(rows) == 1  # of the other two it is not known what came


def test_a_video_that_left_the_charts_is_no_breakout_unless_nobody_looked() -> None:
    videos = [video("a", BEGIN - timedelta(hours=5)), video("b", BEGIN - timedelta(hours=5))]
    rows = _read(videos, [*_days("a", {0: 1_000}), *_days("b", {0: 1_000, 2: 5_000})])
    left = rows.filter(pl.col("video_id") == "a").row(0, named=True)
    assert left["label_breakout"] is False
    assert left["label_growth"] is left["label_views"] is None
    assert not len(_read(videos, [*_days("a", {0: 1_000}), *_days("b", {0: 1_000, 1: 5_000})]))


def test_old_videos_and_videos_hardly_seen_are_not_asked_about() -> None:
    videos = [video("a", BEGIN - timedelta(days=8)), video("b", BEGIN - timedelta(hours=5))]
    assert not len(_read(videos, [*_days("a", {0: 1_000, 2: 2_000}), *_days("b", {0: 99, 2: 5_000})]))


def test_a_video_weighs_one(examples: pl.DataFrame) -> None:
    assert examples.group_by("video_id").agg(pl.col("weight").sum())["weight"].to_list() == pytest.approx(
        [1.0] * examples["video_id"].n_unique()
    )


def test_breakouts_are_the_top_tenth_of_their_age(examples: pl.DataFrame) -> None:
    known = examples.filter(pl.col("label_growth").is_not_null(), pl.col("part") != TEST)
    assert known["label_breakout"].mean() == pytest.approx(0.1, abs=0.02)
    assert examples.filter(pl.col("label_growth").is_null())["label_breakout"].sum() == 0


def test_parts_follow_each_other_and_share_no_video(examples: pl.DataFrame) -> None:
    of = {name: examples.filter(pl.col("part") == name) for name in (TRAIN, VALID, TEST)}
    assert of[TRAIN]["known_at"].max() <= of[VALID]["event_timestamp"].dt.truncate("1d").min()
    assert of[VALID]["known_at"].max() <= of[TEST]["event_timestamp"].dt.truncate("1d").min()
    assert (of[TEST]["event_timestamp"].max() - of[TEST]["event_timestamp"].min()).days == 27
    assert examples.drop_nulls("part").group_by("video_id").agg(pl.col("part").n_unique())["part"].max() == 1


def test_a_later_outcome_changes_no_example_before_it() -> None:
    charts = made_up(per_day=3)
    whole, shorter = TASK.read(charts), TASK.read(charts.until(BEGIN + timedelta(days=80)))  # type: ignore[arg-type]
    inputs = ["video_id", "fetched_at", "history", "views", "label_growth"]
    until = shorter["event_timestamp"].max()
    assert whole.filter(pl.col("event_timestamp") <= until).select(inputs).equals(shorter.select(inputs))


@pytest.mark.parametrize("rule", [rule for rule in TASK.rules if rule != "quick boosted trees"])
def test_rules_answer_every_row(examples: pl.DataFrame, rule: str) -> None:
    learnt, test = examples.filter(pl.col("part") == TRAIN), examples.filter(pl.col("part") == TEST)
    answer = TASK.rules[rule](learnt, test)
    _check(answer, test)
    odd = test.head(3).with_columns(
        category_id=pl.lit(999), history=pl.Series([None, "", "x|y"]), likes=pl.lit(None, pl.Int64), published_at=pl.lit(BEGIN)
    )
    _check(TASK.rules[rule](learnt, odd), odd)


def _check(answer: pl.DataFrame, asked: pl.DataFrame) -> None:
    assert dict(answer.schema) == dict(TASK.output)
    assert answer["video_id"].equals(asked["video_id"])
    assert np.isfinite(answer.select("p_breakout", "views_48h").to_numpy()).all()
    assert answer["p_breakout"].is_between(0, 1).all()
    assert (answer["views_48h"] >= 0).all()


def test_the_program_beats_the_rule_to_beat_first(examples: pl.DataFrame, program) -> None:
    test = examples.filter(pl.col("part") == TEST)
    answer = program.predict(TASK.requests(test))
    _check(answer, test)
    rule = next(iter(TASK.rules.values()))(examples.filter(pl.col("part") == TRAIN), test)
    for metric in ("mae_log10", "growth_r2"):
        ours, theirs = (TASK.metrics[metric](TASK.judged(test, found)) for found in (answer, rule))
        assert ours < theirs if metric in TASK.lower_is_better else ours > theirs
    assert sum(program.importance.values()) == pytest.approx(1, abs=0.01)


def test_a_saved_program_answers_alike_and_row_by_row(examples: pl.DataFrame, program, tmp_path: Path) -> None:
    program.save(tmp_path)
    again = TASK.load(tmp_path)
    asked = TASK.requests(examples.filter(pl.col("part") == TEST).head(20))
    answer = again.predict(asked)
    assert answer.equals(program.predict(asked))
    alone = [again.predict((asked[0][place : place + 1],)) for place in range(3)]
    assert_frame_equal(pl.concat(alone), answer.head(3), rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    assert not any(path.suffix in {".pkl", ".pickle", ".joblib"} for path in tmp_path.iterdir())


def test_a_study_says_how_many_inputs_the_forests_get(examples: pl.DataFrame) -> None:
    assert "inputs" in TASK.space
    few = TASK.fit(
        examples.filter(pl.col("part").is_in([TRAIN, VALID])), replace(OPTIONS, params={**OPTIONS.params, "inputs": 6})
    )
    kept = few.tuned["inputs"]
    assert 1 <= len(kept) <= 7, "the band of age is always among them"
    assert "age_band" in kept
    assert all(set(forest.inputs) == set(kept) for forest in few.forests.values())


def test_what_was_tuned_is_enough_to_learn_from_every_row(examples: pl.DataFrame, program) -> None:
    final = TASK.fit(examples.with_columns(part=pl.lit(TRAIN)), FitOptions(threads=1, params=OPTIONS.params, tuned=program.tuned))
    assert final.tuned == program.tuned


def test_the_program_bears_odd_requests(examples: pl.DataFrame, program) -> None:
    asked = TASK.requests(examples.filter(pl.col("part") == TEST).head(6))[0]
    odd = asked.with_columns(
        views=pl.Series([None, -5, 2**62, 0, 1, 100]),
        likes=pl.Series([None, -1, 2**62, 0, 0, 5]),
        comments=pl.lit(None, pl.Int64),
        n_countries=pl.Series([-3, None, 10**9, 0, 1, 1]),
        history=pl.Series([None, "", "a|b|c", ";;;", asked["history"][4], asked["history"][5]]),
        category_id=pl.Series([None, 999, -1, 10, 20, 2**40]),
        channel_id=pl.lit(None, pl.String),
        title=pl.Series([None, "", "🔥" * 500, "नया", "x", "y"]),
        duration=pl.Series([None, -5, 2**50, 0, 1, 2]),
        published_at=pl.Series([None, *[BEGIN + timedelta(days=400)] * 5]).cast(asked.schema["published_at"]),
    )
    _check(program.predict((odd,)), odd)
    counts = dict.fromkeys(("views", "likes", "comments", "n_countries"), pl.Float64)
    _check(program.predict((odd.cast(counts).with_columns(views=pl.lit(math.nan), likes=pl.lit(math.nan)),)), odd)
    assert program.predict((asked[:0],)).shape == (0, 3)


@pytest.mark.parametrize(
    "file", ["trend48.json", "mean.json", "network.json", "channels.parquet", "words.parquet", "norms.parquet"]
)
def test_a_damaged_program_is_told(program, tmp_path: Path, file: str) -> None:
    program.save(tmp_path)
    (tmp_path / file).write_text("{}")
    with pytest.raises(Damaged):
        TASK.load(tmp_path)


@pytest.mark.data
@pytest.mark.skipif(not DATA.is_dir(), reason="the real data set is not here")
def test_real_charts_give_examples_and_a_rule_better_than_chance() -> None:
    class Sample(ArchiveFolder):
        def videos(self) -> pl.DataFrame:
            return super().videos().filter(pl.col("video_id").str.starts_with("a"))

    rows = TASK.read(Sample(DATA))
    rows = rows.with_columns(TASK.split(rows).alias("part"))
    learnt, valid = rows.filter(pl.col("part") == TRAIN), rows.filter(pl.col("part") == VALID)
    assert 0.02 < np.average(learnt["label_breakout"].cast(pl.Float64), weights=learnt["weight"]) < 0.05
    answer = TASK.rules["category and age"](learnt, valid)
    assert TASK.metrics["auc"](TASK.judged(valid, answer)) > 0.7
