"""Whether a topic of the charts rises: examples, rules, the program."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from core.errors import Damaged
from features.topic_series import rise_needed
from training.sources import READINGS, VIDEOS, ArchiveFolder
from training.tasks import task
from training.tasks.task import TEST, TRAIN, VALID, FitOptions

TASK = task("topic48")
DATA = Path(__file__).parents[5] / "shared" / "data"
SAMPLE = DATA.parent / "design" / "predict_samples" / "topic48.csv"
OPTIONS = FitOptions(threads=1, params={"num_leaves": 5, "learning_rate": 0.2, "min_data_in_leaf": 10})
BEGIN = datetime(2026, 1, 1, 4, tzinfo=UTC)
DAYS = 120


class Charts:
    """Topics of which some fill up every Saturday, the others as chance has it."""

    def __init__(self, topics: int = 12, days: int = DAYS, seed: int = 1) -> None:
        draw = np.random.default_rng(seed)
        videos, readings = [], []
        for topic in range(topics):
            for day in range(days):
                weekend = topic % 3 == 0 and (BEGIN + timedelta(days=day)).weekday() >= 5
                channels = draw.choice(30, 10 if weekend else int(draw.integers(3, 7)), replace=False)
                for channel in channels:
                    name = f"v{topic:02}_{day:03}_{channel:02}"
                    fetched = BEGIN + timedelta(days=day, seconds=float(draw.uniform(0, 60)))
                    videos.append(
                        (name, fetched - timedelta(hours=9), f"Topic{topic} word", f"c{channel}", f"C{channel}", 20, 600)
                    )
                    readings.append((name, fetched, int(draw.integers(1_000, 90_000)), 10, 1, 1))
        self._videos = pl.DataFrame(videos, schema=VIDEOS, orient="row")
        self._readings = pl.DataFrame(readings, schema=READINGS, orient="row").sort("fetched_at", "video_id")

    def videos(self) -> pl.DataFrame:
        return self._videos

    def readings(self) -> pl.DataFrame:
        return self._readings


@pytest.fixture(scope="module")
def examples() -> pl.DataFrame:
    rows = TASK.read(Charts())  # type: ignore[arg-type]
    return rows.with_columns(TASK.split(rows).alias("part"))


@pytest.fixture(scope="module")
def learnt(examples: pl.DataFrame) -> pl.DataFrame:
    return examples.filter(pl.col("part").is_in([TRAIN, VALID]))


@pytest.fixture(scope="module")
def program(learnt: pl.DataFrame):
    return TASK.fit(learnt, OPTIONS)


@pytest.fixture(scope="module")
def test(examples: pl.DataFrame) -> pl.DataFrame:
    return examples.filter(pl.col("part") == TEST)


def test_examples_are_requests_with_what_came(examples: pl.DataFrame) -> None:
    assert examples.columns[:2] == ["row_id", "date"]
    assert list(TASK.inputs[0]) == examples.columns[: len(TASK.inputs[0])]
    assert examples["row_id"].n_unique() == len(examples)
    needed = rise_needed(examples["channels_48h_now"].to_numpy())
    assert (examples["label_rising"] == (examples["label_channels"] >= examples["channels_48h_now"] + needed)).all()
    assert examples["date"].max() == date(2026, 1, 1) + timedelta(days=DAYS - 3)
    assert ((examples["known_at"] - examples["event_timestamp"]) == timedelta(days=2)).all()


def test_parts_follow_each_other_and_share_no_block(examples: pl.DataFrame) -> None:
    of = {name: examples.filter(pl.col("part") == name) for name in (TRAIN, VALID, TEST)}
    assert of[TRAIN]["known_at"].max().date() <= of[VALID]["date"].min()
    assert of[VALID]["known_at"].max().date() <= of[TEST]["date"].min()
    assert examples.drop_nulls("part").group_by("cluster").agg(pl.col("part").n_unique())["part"].max() == 1
    assert examples.group_by("cluster").agg(pl.col("date").n_unique())["date"].max() == 3


def test_it_learns_what_the_rules_cannot(program, learnt: pl.DataFrame, test: pl.DataFrame) -> None:
    answers = program.predict(TASK.requests(test))
    judged = TASK.judged(test, answers)
    figures = {name: metric(judged) for name, metric in TASK.metrics.items()}
    rule = TASK.judged(test, TASK.rules["level and last change"](learnt, test))
    assert figures["average_precision"] > TASK.metrics["average_precision"](rule) + 0.1
    assert figures["mae_log1p"] < TASK.metrics["mae_log1p"](rule)
    assert figures["growth_rank_correlation"] > 0.5
    assert sum(program.importance.values()) == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("rule", list(TASK.rules))
def test_rules_answer_every_row(rule: str, learnt: pl.DataFrame, test: pl.DataFrame) -> None:
    answers = TASK.rules[rule](learnt, test)
    assert answers.schema == dict(TASK.output)
    assert answers["row_id"].to_list() == test["row_id"].to_list()
    assert answers.select(pl.col("p_rising").is_between(0, 1).all(), (pl.col("channels_48h") >= 0).all()).row(0) == (True, True)


def test_a_fit_is_the_same_twice_and_again_from_what_was_tuned(program, examples: pl.DataFrame, learnt, test) -> None:
    again = TASK.fit(learnt, OPTIONS)
    (asked,) = TASK.requests(test)
    assert again.predict([asked]).equals(program.predict([asked]))
    whole = TASK.fit(examples.with_columns(part=pl.lit(TRAIN)), FitOptions(threads=1, params=OPTIONS.params, tuned=program.tuned))
    assert whole.tuned == program.tuned


def test_a_saved_program_answers_alike(program, test: pl.DataFrame, tmp_path: Path) -> None:
    (asked,) = TASK.requests(test)
    program.save(tmp_path)
    assert TASK.load(tmp_path).predict([asked]).equals(program.predict([asked]))
    (tmp_path / "memory.json").unlink()
    with pytest.raises(Damaged):
        TASK.load(tmp_path)


def test_requests_are_answered_in_any_order_alone_or_unreadable(program, test: pl.DataFrame) -> None:
    (asked,) = TASK.requests(test)
    answers = program.predict([asked])
    assert program.predict([asked.reverse()]).reverse().equals(answers)
    unknown = pl.DataFrame({name: [None] for name in asked.columns}, schema=asked.schema)
    for frame in (asked.head(1), unknown, asked.with_columns(topic=pl.lit("never seen")).tail(3)):
        found = program.predict([frame])
        assert found["row_id"].to_list() == frame["row_id"].to_list()
        assert found.select(pl.col("p_rising").is_between(0, 1).all(), pl.col("channels_48h").is_finite().all()).row(0) == (
            True,
            True,
        )
    assert program.predict([asked.head(0)]).schema == dict(TASK.output)


def test_a_request_that_stands_many_times_is_one(program, test: pl.DataFrame) -> None:
    asked = TASK.requests(test)[0]
    again = asked.with_columns(pl.format("{}/2", "row_id").alias("row_id"))
    both = pl.concat([asked.head(7), again, asked.tail(-7)])
    once, twice = program.predict([asked]), program.predict([both])
    assert twice["row_id"].equals(both["row_id"])
    assert twice.filter(~pl.col("row_id").str.ends_with("/2")).equals(once)
    assert twice.filter(pl.col("row_id").str.ends_with("/2")).drop("row_id").equals(once.drop("row_id"))


def test_no_later_request_changes_an_answer(program, test: pl.DataFrame) -> None:
    (asked,) = TASK.requests(test)
    first = asked.filter(pl.col("date") <= asked["date"].min() + timedelta(days=5))
    assert program.predict([asked]).head(len(first)).equals(program.predict([first]))


@pytest.mark.data
@pytest.mark.skipif(not SAMPLE.is_file(), reason="the public charts are not here")
def test_requests_are_made_as_the_sample_has_them() -> None:
    sample = pl.read_csv(SAMPLE, schema_overrides=TASK.inputs[0])
    day = sample["date"][0]
    archive = ArchiveFolder(DATA)

    class Until:
        def readings(self) -> pl.DataFrame:
            near = pl.col("fetched_at").dt.date().is_between(day - timedelta(days=13), day + timedelta(days=2))
            return archive.readings().filter(near)

        def videos(self) -> pl.DataFrame:
            return archive.videos()

    rows = TASK.read(Until()).filter(pl.col("date") == day)  # type: ignore[arg-type]
    found = sample.join(rows, on=["date", "topic"], how="left", maintain_order="left", suffix="_made")
    for name in (name for name in sample.columns if name not in {"row_id", "date", "topic", "titles"}):
        assert (found[name] == found[f"{name}_made"]).all(), name
    # Of two videos of one title either may tell the views.
    assert (found["titles"] == found["titles_made"]).mean() > 0.95
