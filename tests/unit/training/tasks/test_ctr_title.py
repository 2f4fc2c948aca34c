"""Titles of a channel: what its like titles reached is said of a new one, in any script and with anything missing."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from core.errors import Damaged
from training.sources import OWN_VIDEOS
from training.tasks.ctr_title import TASK, Titles
from training.tasks.task import TEST, TOLERANCE, FitOptions


class Exports:
    """Two channels on which recipes are clicked and diaries are not, a third that is small, and rows of no use."""

    def own_videos(self) -> pl.DataFrame:
        rows = []
        for channel, count, words in (
            ("kitchen", 120, ("Recipe for soup", "Diary of a cook")),
            ("रसोई", 120, ("सूप बनाने की विधि", "रसोइये की डायरी")),
            ("small", 9, ("Recipe for soup", "Diary of a cook")),
        ):
            draws = np.random.default_rng(count + len(channel))
            for place in range(count):
                kind = place % 3 == 0
                ctr = float(np.exp(draws.normal(1.2 if kind else 0.6, 0.2)))
                day = date(2024, 1, 1) + timedelta(days=place)
                rows.append((channel, f"{words[0 if kind else 1]} {place}", day, 300.0, 900, 10, 20_000, ctr, 40.0))
        rows += [
            ("kitchen", None, date(2024, 9, 1), 300.0, 9, 1, 5_000, 4.0, 40.0),
            ("kitchen", "Hardly shown", date(2024, 9, 1), 300.0, 9, 1, 20, 50.0, 40.0),
            ("kitchen", "No day", None, None, 9, 1, 5_000, 4.0, 40.0),
        ]
        return pl.DataFrame(rows, schema=OWN_VIDEOS, orient="row")


@cache
def examples() -> pl.DataFrame:
    rows = TASK.read(Exports())  # type: ignore[arg-type]
    return rows.with_columns(TASK.split(rows).alias("part"))


@cache
def program() -> Titles:
    return TASK.fit(examples().filter(pl.col("part") != TEST), FitOptions())


def asked(**columns: object) -> pl.DataFrame:
    row = {"row_id": "a", "channel": "kitchen", "title": "Recipe for bread", "published": "2024-06-01", "duration_s": 300.0}
    return pl.DataFrame([row | columns], schema=TASK.inputs[0])


def test_examples_are_titled_and_shown_often_enough() -> None:
    assert examples().height == 249
    assert examples()["row_id"].n_unique() == 249


def test_the_last_part_of_each_channel_judges_and_small_channels_are_learnt_whole() -> None:
    for channel, rows in examples().group_by("channel"):
        test, learnt = (rows.filter((pl.col("part") == TEST) == is_test)["published"] for is_test in (True, False))
        if channel == ("small",):
            assert test.is_empty()
        else:
            assert len(test) == 21
            assert min(test) > max(learnt)


def test_it_beats_every_rule_where_titles_tell() -> None:
    learnt, test = examples().filter(pl.col("part") != TEST), examples().filter(pl.col("part") == TEST)
    answers = {"program": program().predict(TASK.requests(test))} | {
        name: rule(learnt, test) for name, rule in TASK.rules.items()
    }
    for metric in TASK.metrics.values():
        figures = {name: metric(TASK.judged(test, answer)) for name, answer in answers.items()}
        assert figures["program"] >= max(figures[name] for name in ("newer", "longer title", "longer video")), figures
    assert TASK.metrics["rank_correlation"](TASK.judged(test, answers["program"])) > 0.5


def test_scores_are_rates_in_percent() -> None:
    recipe, diary = (program().predict([asked(title=title)])["score"][0] for title in ("Recipe for bread", "Diary of a baker"))
    assert 1.2 < diary < recipe < 5


@pytest.mark.parametrize(
    "columns",
    [
        {"channel": "never seen"},
        {"channel": None},
        {"title": ""},
        {"title": None},
        {"title": "🥘" * 3_000},
        {"published": None},
        {"published": "soon"},
        {"published": "2024-13-45"},
        {"duration_s": None},
        {"duration_s": 0.0},
        {"duration_s": float("inf")},
    ],
)
def test_anything_is_answered(columns: dict[str, object]) -> None:
    answer = program().predict([asked(**columns)])
    assert answer.schema == TASK.output
    assert 0 < answer["score"][0] < 100


def test_rows_do_not_depend_on_each_other() -> None:
    rows = TASK.requests(examples().filter(pl.col("part") == TEST))[0]
    together = program().predict([rows])["score"]
    alone = [program().predict([rows[place]])["score"][0] for place in range(5)]
    assert together[:5].to_list() == pytest.approx(alone, rel=TOLERANCE)
    assert program().predict([rows[:0]]).height == 0


def test_a_pair_counts_where_rates_differ_for_sure() -> None:
    judged = pl.DataFrame(
        {
            "channel": ["a", "a", "a", "b"],
            "label_ctr_pct": [5.0, 4.0, 5.1, 9.0],
            "label_impressions": [10_000, 10_000, 1_000, 10_000],
            "score": [2.0, 1.0, 0.0, 0.0],
        }
    )
    metric = TASK.metrics["pair_accuracy_significant"]
    assert metric(judged) == 1.0
    assert metric(judged.with_columns(score=-pl.col("score"))) == 0.0
    assert metric(judged.with_columns(score=pl.lit(1.0))) == 0.5


def test_a_program_is_read_as_it_was_written(tmp_path: Path) -> None:
    program().save(tmp_path)
    rows = TASK.requests(examples())
    assert TASK.load(tmp_path).predict(rows).equals(program().predict(rows))
    for path in tmp_path.iterdir():
        kept = path.read_bytes()
        path.write_bytes(kept[: len(kept) // 2])
        with pytest.raises(Damaged):
            TASK.load(tmp_path)
        path.write_bytes(kept)
