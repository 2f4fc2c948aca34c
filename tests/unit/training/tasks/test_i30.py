"""The thirty-day task: growth factors learnt by relative error, in rows of three files."""

from __future__ import annotations

import base64
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from core.errors import Damaged, InvalidInput
from features.early_views import columns, places, views_of
from training.tasks.i30 import TASK, Growths
from training.tasks.task import FitOptions

VIDEOS = 1_500


class Series:
    """Videos of one day: the later the upload, the less of day 1 and the larger the factor."""

    def view_series(self) -> pl.DataFrame:
        draws = np.random.default_rng(3)
        hour = np.arange(VIDEOS) / VIDEOS
        size = np.exp(draws.normal(4, 1.5, VIDEOS))
        rates = size[:, None] * np.concatenate(
            [(1.2 - hour)[:, None], np.full((VIDEOS, 6), 0.1), np.full((VIDEOS, 23), 0.02)], axis=1
        )
        counts = draws.poisson(rates)
        ids = [_id(1_000_000 + 4 * row) for row in range(VIDEOS)]
        return pl.DataFrame({"video_id": ids, **{f"d{day}": counts[:, day - 1] for day in range(1, 31)}})


def _id(number: int) -> str:
    return "X" + base64.b64encode(str(number).encode()).decode()


@cache
def examples() -> pl.DataFrame:
    rows = TASK.read(Series())  # type: ignore[arg-type]
    return rows.with_columns(TASK.split(rows).alias("part"))


@cache
def program() -> Growths:
    return TASK.fit(examples().filter(pl.col("part") != "test"), FitOptions(threads=1, params={"learning_rate": 0.1}))


def test_it_is_better_than_the_methods_of_the_literature_where_places_tell_more() -> None:
    learnt, test = examples().filter(pl.col("part") != "test"), examples().filter(pl.col("part") == "test")
    judge = TASK.metrics["mrse_from1"]
    found = judge(TASK.judged(test, program().predict(TASK.requests(test))))
    for name, rule in TASK.rules.items():
        assert found < judge(TASK.judged(test, rule(learnt, test))), name


def test_answers_are_at_least_the_views_seen() -> None:
    days = TASK.requests(examples())
    answers = program().predict(days)
    assert answers.schema == TASK.output
    assert (answers["y_from7"].to_numpy() >= views_of(days[2].drop("video_id")).sum(axis=1)).all()


def test_rows_are_independent_and_files_may_differ_in_order() -> None:
    one, three, seven = (frame.head(50) for frame in TASK.requests(examples()))
    answers = program().predict((one, three, seven))
    assert program().predict((one, three.reverse(), seven.sample(fraction=1, shuffle=True, seed=1))).equals(answers)
    assert program().predict((one[7:8], three[7:8], seven[7:8])).equals(answers[7:8])


def test_what_is_unknown_is_answered() -> None:
    ids = ["XMTM2MTM0ODEzMg==", "another", _id(9_999_999_999), _id(1_000_100)]
    days = {f"d{day}": [5, None, -4, 0] for day in range(1, 8)}
    frame = pl.DataFrame({"video_id": ids, **days}, schema_overrides=dict.fromkeys(days, pl.Int64))
    answers = program().predict((frame.select("video_id", "d1"), frame.select("video_id", "d1", "d2", "d3"), frame))
    assert np.isfinite(answers.drop("video_id").to_numpy()).all()
    assert (answers.drop("video_id").to_numpy() > 0).all()


def test_an_empty_file_has_no_answers() -> None:
    assert program().predict(tuple(frame.clear() for frame in TASK.requests(examples()))).height == 0


@pytest.mark.parametrize("broken", ["missing", "added", "doubled"])
def test_files_that_do_not_list_the_same_videos_are_refused(broken: str) -> None:
    one, three, seven = (frame.head(5) for frame in TASK.requests(examples()))
    three = {"missing": three.head(4), "added": TASK.requests(examples())[1].head(6), "doubled": pl.concat([three, three[:1]])}[
        broken
    ]
    with pytest.raises(InvalidInput, match=r"is not in|more than once"):
        program().predict((one, three, seven))


def test_a_saved_program_answers_the_same(tmp_path: Path) -> None:
    program().save(tmp_path)
    again = TASK.load(tmp_path)
    frames = TASK.requests(examples())
    assert again.predict(frames).equals(program().predict(frames))
    assert again.importance == program().importance


def test_a_damaged_program_is_refused(tmp_path: Path) -> None:
    program().save(tmp_path)
    (tmp_path / "placed3.0.txt").write_text("tree\n")
    with pytest.raises(Damaged):
        TASK.load(tmp_path)


def test_the_split_depends_on_the_id_alone() -> None:
    parts = dict(zip(examples()["video_id"], examples()["part"], strict=True))
    half = examples().sample(fraction=0.5, seed=2)
    assert TASK.split(half).to_list() == [parts[one] for one in half["video_id"]]


def test_places_are_the_numbers_in_ids() -> None:
    found = places(["XMTM2MTM0ODEzMg==", "XMTM2", "dQw4w9WgXcQ", "X!", None, "X" + base64.b64encode("ä1".encode()).decode()])
    assert found[0] == 1_361_348_132
    assert found[1] == 136
    assert np.isnan(found[2:]).all()


def test_days_without_views_have_finite_measures() -> None:
    for days in (1, 3, 7):
        assert np.isfinite(columns(np.zeros((2, days))).to_numpy()).all()
