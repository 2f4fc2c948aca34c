"""What a video has come to after a week, from its first reading: examples, rules, the program."""

from __future__ import annotations

import math
from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from core.errors import Damaged
from tests.unit.training.tasks.charts import BEGIN, Charts, made_up, reading, video
from training.sources import ArchiveFolder
from training.tasks import task
from training.tasks.task import TEST, TRAIN, VALID, FitOptions

TASK = task("early7")
DATA = Path(__file__).parents[5] / "shared" / "data"
OPTIONS = FitOptions(threads=1, params={"num_leaves": 7, "learning_rate": 0.2, "min_data_in_leaf": 5})


@pytest.fixture(scope="module")
def examples() -> pl.DataFrame:
    rows = TASK.read(made_up())  # type: ignore[arg-type]
    return rows.with_columns(TASK.split(rows).alias("part"))


@pytest.fixture(scope="module")
def program(examples: pl.DataFrame):
    return TASK.fit(examples.filter(pl.col("part").is_in([TRAIN, VALID])), OPTIONS)


def _readings(name: str, views: dict[float, int]) -> list[dict]:
    return [reading(name, BEGIN + timedelta(days=day), count) for day, count in views.items()]


def test_the_week_is_the_reading_nearest_to_it() -> None:
    videos = [video("a", BEGIN - timedelta(hours=20)), video("z", BEGIN)]
    series = {0: 1_000, 5.5: 4_000, 6: 5_000, 7: 9_000}  # ages 152, 164 and 188 hours
    row = TASK.read(Charts(videos, [*_readings("a", series), *_readings("z", {20: 1})])).row(0, named=True)  # type: ignore[arg-type]
    assert row["label_views"] == 5_000
    assert row["label_growth"] == pytest.approx(math.log(5))
    assert row["views"] == 1_000
    assert row["known_at"] == row["published_at"] + timedelta(hours=186)


def test_only_early_first_readings_are_asked_about_and_only_what_can_be_known() -> None:
    videos = [
        video("late", BEGIN - timedelta(hours=31)),
        video("left", BEGIN - timedelta(hours=5)),
        video("recent", BEGIN + timedelta(days=14)),
    ]
    rows = [*_readings("late", {0: 500, 6: 900}), *_readings("left", {0: 500, 20: 900}), *_readings("recent", {14.1: 500})]
    examples = TASK.read(Charts(videos, rows))  # type: ignore[arg-type]
    assert examples["video_id"].to_list() == ["left"]
    assert examples.select("label_views", "label_growth", "label_late").row(0) == (None, None, None)


def test_a_video_without_an_outcome_is_never_judged(examples: pl.DataFrame) -> None:
    unknown = examples.filter(pl.col("label_views").is_null())
    assert len(unknown.filter(pl.col("part") == TRAIN))
    assert not len(unknown.filter(pl.col("part") == TEST))
    known = examples.filter(pl.col("part") != TEST).drop_nulls("label_late")
    assert known["label_late"].mean() == pytest.approx(0.1, abs=0.03)


def test_parts_follow_each_other(examples: pl.DataFrame) -> None:
    of = {name: examples.filter(pl.col("part") == name) for name in (TRAIN, VALID, TEST)}
    assert of[TRAIN]["known_at"].max() <= of[VALID]["event_timestamp"].min()
    assert of[VALID]["known_at"].max() <= of[TEST]["event_timestamp"].min()


@pytest.mark.parametrize("rule", list(TASK.rules))
def test_rules_answer_every_row(examples: pl.DataFrame, rule: str) -> None:
    learnt, test = examples.filter(pl.col("part") == TRAIN), examples.filter(pl.col("part") == TEST)
    _check(TASK.rules[rule](learnt, test), test)
    odd = test.head(2).with_columns(category_id=pl.lit(999), likes=pl.lit(None, pl.Int64), views=pl.lit(0, pl.Int64))
    _check(TASK.rules[rule](learnt, odd), odd)


def _check(answer: pl.DataFrame, asked: pl.DataFrame) -> None:
    assert dict(answer.schema) == dict(TASK.output)
    assert answer["video_id"].equals(asked["video_id"])
    assert np.isfinite(answer.select("p_late", "views_7d").to_numpy()).all()
    assert answer["p_late"].is_between(0, 1).all()
    assert (answer["views_7d"] >= 0).all()


def test_the_program_beats_the_rule_to_beat_first(examples: pl.DataFrame, program) -> None:
    test = examples.filter(pl.col("part") == TEST)
    answer = program.predict(TASK.requests(test))
    _check(answer, test)
    rule = next(iter(TASK.rules.values()))(examples.filter(pl.col("part") == TRAIN), test)
    ours, theirs = (TASK.metrics["mae_log10"](TASK.judged(test, found)) for found in (answer, rule))
    assert ours < theirs


def test_a_saved_program_answers_alike_and_row_by_row(examples: pl.DataFrame, program, tmp_path: Path) -> None:
    program.save(tmp_path)
    again = TASK.load(tmp_path)
    asked = TASK.requests(examples.filter(pl.col("part") == TEST).head(10))
    answer = again.predict(asked)
    assert answer.equals(program.predict(asked))
    assert pl.concat([again.predict((asked[0][place : place + 1],)) for place in range(3)]).equals(answer.head(3))


def test_what_was_tuned_is_enough_to_learn_from_every_row(examples: pl.DataFrame, program) -> None:
    final = TASK.fit(examples.with_columns(part=pl.lit(TRAIN)), FitOptions(threads=1, params=OPTIONS.params, tuned=program.tuned))
    assert final.tuned == program.tuned


def test_the_program_bears_odd_requests(examples: pl.DataFrame, program) -> None:
    asked = TASK.requests(examples.filter(pl.col("part") == TEST).head(5))[0]
    odd = asked.with_columns(
        views=pl.Series([None, -5, 2**62, 0, 1]),
        likes=pl.Series([None, -1, 2**62, 0, 0]),
        category_id=pl.Series([None, 999, -1, 10, 2**40]),
        channel_id=pl.lit(None, pl.String),
        title=pl.Series([None, "", "🔥" * 500, "नया", "x"]),
        published_at=pl.Series([None, *[BEGIN + timedelta(days=400)] * 4]).cast(asked.schema["published_at"]),
    )
    _check(program.predict((odd,)), odd)
    _check(program.predict((odd.with_columns(views=pl.lit(math.nan), likes=pl.lit(math.nan)),)), odd)
    assert program.predict((asked[:0],)).shape == (0, 3)


@pytest.mark.parametrize("file", ["early7.json", "late.json", "channels.parquet"])
def test_a_damaged_program_is_told(program, tmp_path: Path, file: str) -> None:
    program.save(tmp_path)
    (tmp_path / file).write_text("{}")
    with pytest.raises(Damaged):
        TASK.load(tmp_path)


@pytest.mark.data
@pytest.mark.skipif(not DATA.is_dir(), reason="the real data set is not here")
def test_real_charts_give_examples_and_a_rule() -> None:
    class Sample(ArchiveFolder):
        def videos(self) -> pl.DataFrame:
            return super().videos().filter(pl.col("video_id").str.contains("^[a-e]"))

    rows = TASK.read(Sample(DATA))
    rows = rows.with_columns(TASK.split(rows).alias("part"))
    valid = rows.filter(pl.col("part") == VALID)
    answer = TASK.rules["category and age"](rows.filter(pl.col("part") == TRAIN), valid)
    assert 0.15 < TASK.metrics["mae_log10"](TASK.judged(valid, answer)) < 0.30
