"""The headline task: what is learnt from, how arms are compared, and a program that is taught on a few tests."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from core.errors import Damaged
from features.headlines import headline_columns
from training.headlines import Arms, Course, directions, fit_linear, targets, teach, vectors
from training.tasks.ctr_pairs import TASK, HeadlineScores
from training.tasks.task import FitOptions

STORIES = ["a teacher from Ohio", "the oldest whale", "a song about rain", "one town without cars", "a map of every river"]
WINS, LOSES = "You won't believe what happened to {}", "A report on {} was published"
MIDDLE = ["What is known about {}", "Here is {}"]
WEEKS = (201303, 201330, *range(201420, 201435))


class Tests:
    """A story a test, four headlines each; the one that speaks to the reader is clicked twice as often."""

    def headlines(self) -> pl.DataFrame:
        draws = np.random.default_rng(5)
        rows = []
        for number in range(68):
            story = f"{STORIES[number % len(STORIES)]} {number}"
            for place, (told, rate) in enumerate([(WINS, 0.04), (LOSES, 0.01), (MIDDLE[0], 0.02), (MIDDLE[1], 0.02)]):
                seen = 3_000 + 100 * place
                rows.append((f"t{number}", "i", WEEKS[number % len(WEEKS)], told.format(story), seen, draws.binomial(seen, rate)))
        names = ["test_id", "eyecatcher_id", "test_week", "headline", "impressions", "clicks"]
        return pl.DataFrame(rows, schema=names, orient="row").with_columns(lede=pl.lit(None, pl.String), excerpt=pl.lit("e"))


class Given:
    def __init__(self, rows: pl.DataFrame) -> None:
        self._rows = rows

    def headlines(self) -> pl.DataFrame:
        return self._rows


@cache
def examples() -> pl.DataFrame:
    rows = TASK.read(Tests())  # type: ignore[arg-type]
    return rows.with_columns(TASK.split(rows).alias("part"))


@cache
def program() -> HeadlineScores:
    params = {"epochs": 3, "layers": 1, "networks": 2, "rate": 3e-4}
    return TASK.fit(examples().filter(pl.col("part") != "test"), FitOptions(params=params))


def _judged(scores: list[float], clicks: list[int], groups: list[str] | None = None) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "group_id": groups or ["g"] * len(scores),
            "label_clicks": clicks,
            "label_impressions": [10_000] * len(scores),
            "score": scores,
        }
    )


def test_it_learns_what_is_clicked() -> None:
    test = examples().filter(pl.col("part") == "test")
    judged = TASK.judged(test, program().predict(TASK.requests(test)))
    assert TASK.metrics["pair_accuracy_widest"](judged) > 0.95
    assert TASK.metrics["top1_of_3"](judged) > 0.8
    assert TASK.metrics["click_lift"](judged) > 0.4


@pytest.mark.parametrize("rule", list(TASK.rules))
def test_rules_answer_every_row(rule: str) -> None:
    learnt, test = examples().filter(pl.col("part") != "test"), examples().filter(pl.col("part") == "test")
    answers = TASK.rules[rule](learnt, test)
    assert answers.schema == TASK.output
    assert answers["row_id"].equals(test["row_id"])
    assert np.isfinite(answers["score"].to_numpy()).all()


def test_rows_are_answered_alike_in_any_company_and_order() -> None:
    (frame,) = TASK.requests(examples().head(40))
    answers = program().predict((frame,))
    backwards = program().predict((frame.reverse(),)).reverse()
    assert np.allclose(answers["score"], backwards["score"], atol=1e-5)
    assert np.allclose(program().predict((frame[5:6],))["score"][0], answers["score"][5], atol=1e-5)


def test_whatever_is_asked_is_answered() -> None:
    headlines = ["", None, "  ", "word " * 300, "日本語の見出し", "🔥🔥", "same", " same "]
    frame = pl.DataFrame({"row_id": [str(place) for place in range(8)], "group_id": ["g"] * 8, "headline": headlines})
    frame = frame.with_columns(lede=pl.lit(None, pl.String), excerpt=pl.lit(None, pl.String))
    answers = program().predict((frame,))
    assert np.isfinite(answers["score"].to_numpy()).all()
    assert answers["score"][6] == answers["score"][7]
    assert program().predict((frame.clear(),)).schema == TASK.output


def test_a_saved_program_answers_the_same(tmp_path: Path) -> None:
    program().save(tmp_path)
    frames = TASK.requests(examples())
    assert TASK.load(tmp_path).predict(frames).equals(program().predict(frames))


@pytest.mark.parametrize("file", ["ranker.1.safetensors", "rankers.json", "linear.json"])
def test_a_damaged_program_is_refused(file: str, tmp_path: Path) -> None:
    program().save(tmp_path)
    (tmp_path / file).write_text("{}")
    with pytest.raises(Damaged):
        TASK.load(tmp_path)


def test_networks_do_not_depend_on_the_threads() -> None:
    rows = examples().head(40)
    group = rows["group_id"].rank("dense").to_numpy()
    arms = Arms(rows["headline"].to_list(), group, rows["label_clicks"].to_numpy(), rows["label_impressions"].to_numpy())
    course = Course(layers=1, epochs=1)
    texts = rows["headline"].to_list()[:5]
    one, two = (teach(arms, course, [1, 2], threads).score(texts, threads) for threads in (1, 2))
    assert np.array_equal(one, two)


def test_weeks_that_were_not_shown_at_random_are_learnt_from_and_not_judged() -> None:
    parts = examples().group_by("test_week").agg(pl.col("part").unique())
    found = {week: part[0] for week, part in parts.iter_rows()}
    assert found[201330] == "train"
    assert min(week for week, part in found.items() if part == "test") == 201430
    late = examples().filter(pl.col("test_week").is_between(201325, 201402))
    assert TASK.split(late).null_count() == late.height


def test_what_is_learnt_was_known_when_the_test_part_began() -> None:
    begins = examples().filter(pl.col("part") == "test")["event_timestamp"].min()
    learnt = examples().filter(pl.col("part") != "test")
    assert (learnt["known_at"] <= begins).all()


def test_arms_that_tell_nothing_are_left_out() -> None:
    rows = Tests().headlines().head(8)
    changed = rows.with_columns(
        impressions=pl.Series([999, *[3_000] * 7]),
        headline=pl.Series([*rows["headline"][:4], *[rows["headline"][4]] * 4]),
    )
    found = TASK.read(Given(changed))  # type: ignore[arg-type]
    assert found["headline"].to_list() == rows["headline"][1:4].to_list()


def test_pairs_are_counted_within_groups() -> None:
    judged = _judged([3, 2, 1, 9, 8], [300, 100, 200, 10, 20], ["a", "a", "a", "b", "b"])
    assert TASK.metrics["pair_accuracy"](judged) == pytest.approx(2 / 4)
    assert TASK.metrics["pair_accuracy_significant"](judged) == pytest.approx(2 / 3)
    assert TASK.metrics["pair_accuracy_widest"](judged) == pytest.approx(1 / 2)
    assert TASK.metrics["top1_of_3"](judged) == 1.0
    assert TASK.metrics["click_lift"](judged) == pytest.approx((0.5 + (10 / 15 - 1)) / 2)


def test_equal_scores_are_half_right_and_equal_rates_no_pair() -> None:
    assert TASK.metrics["pair_accuracy"](_judged([1, 1, 0], [10, 20, 20])) == pytest.approx((0.5 + 0) / 2)
    assert np.isnan(TASK.metrics["pair_accuracy"](_judged([1, 2], [5, 5])))


def test_linear_weights_see_differences_within_groups_alone() -> None:
    draws = np.random.default_rng(0)
    group = np.repeat(np.arange(200), 4)
    inputs = pl.DataFrame({"x": draws.normal(size=800), "constant": np.ones(800)})
    target = 0.5 * inputs["x"].to_numpy() + 100 * draws.normal(size=200)[group]
    linear = fit_linear(inputs, group, target, np.ones(800), 0.01)
    found = linear.score(pl.DataFrame({"x": [0.0, 1.0], "constant": [1.0, 5.0]}))
    assert found[1] - found[0] == pytest.approx(0.5, abs=1e-3)


def test_arms_with_more_clicks_weigh_more_up_to_what_models_cannot_know() -> None:
    _, weight = targets(np.array([1, 100, 10_000]), np.array([1_000, 10_000, 100_000]))
    assert weight[0] < weight[1] < weight[2] < 2 * weight[1]


def test_vectors_are_the_published_ones_but_for_their_length() -> None:
    from connectors.embeddings.minilm import MiniLmEncoder

    texts = ["A headline", "Another, longer headline of a story"]
    found = vectors(texts)
    assert np.allclose(found / np.linalg.norm(found, axis=1, keepdims=True), MiniLmEncoder().encode(texts), atol=1e-5)


def test_directions_of_like_texts_are_near_and_of_length_one() -> None:
    found = directions(["A kitten sleeps on the sofa.", "The cat naps on a couch.", "Shares fell after the bank's report.", None])
    assert np.linalg.norm(found, axis=1) == pytest.approx(1.0)
    assert found[0] @ found[1] > 0.6 > 0.3 > found[0] @ found[2]
    assert found[3] @ found[0] == pytest.approx(directions([""])[0] @ found[0], abs=1e-5)


def test_measures_are_finite_for_any_text() -> None:
    found = headline_columns(pl.Series(['You Won’t Believe "This". Really?', None, "", "х" * 5_000, "123 *stars*"]))
    assert np.isfinite(found.to_numpy()).all()
    assert found["cue_you"].to_list() == [1, 0, 0, 0, 0]
    assert found["cue_negation"][0] == 1
