"""The quality task: like titles tell, labels look back only, parts are apart in time, and anything is answered."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from core.errors import Damaged
from training.sources import OWN_VIDEOS, READINGS, VIDEOS
from training.tasks.quality import TASK, Quality
from training.tasks.task import TEST, TRAIN, VALID, FitOptions

BEGIN = datetime(2026, 1, 1, 15, tzinfo=UTC)
CHANNELS, DAYS = 12, 120


class Charts:
    """Channels on which soups are liked and pastas are not, on the charts and in an export of one's own."""

    def videos(self) -> pl.DataFrame:
        rows = [
            (
                f"v{channel}-{day}",
                BEGIN + timedelta(days=day, minutes=channel),
                f"{'Soup' if (day * 7 + channel) % 3 else 'Pasta'} of the day {day}",
                f"UC{channel}",
                f"Kitchen {channel}",
                26,
                300,
            )
            for channel in range(CHANNELS)
            for day in range(DAYS)
        ]
        return pl.DataFrame(rows, schema=VIDEOS, orient="row")

    def readings(self) -> pl.DataFrame:
        draws = np.random.default_rng(5)
        rows = []
        for video_id, at, title, *_ in self.videos().iter_rows():
            views = int(np.exp(draws.normal(9, 1)))
            share = np.exp(draws.normal(-3.0 if title.startswith("Soup") else -3.5, 0.3))
            rows += [
                (video_id, at + timedelta(hours=hours), views * times, max(int(views * times * share), 1), 3, 1)
                for hours, times in ((12, 1), (36, 2))
            ]
        return pl.DataFrame(rows, schema=READINGS, orient="row").sort("fetched_at")

    def own_videos(self) -> pl.DataFrame:
        draws = np.random.default_rng(6)
        rows = [
            (
                "own",
                f"{'Soup' if day % 3 else 'Pasta'} at home {day}",
                date(2025, 1, 1) + timedelta(days=day),
                float(60 + 10 * (day % 7)),
                200,
                9,
                900,
                4.0,
                float(np.exp(draws.normal(4 if day % 3 else 3.7, 0.1))),
            )
            for day in range(DAYS)
        ]
        hardly = ("own", "Hardly seen", date(2025, 8, 1), 60.0, 3, 0, 9, 1.0, 90.0)
        return pl.DataFrame([*rows, hardly], schema=OWN_VIDEOS, orient="row")


@cache
def examples() -> pl.DataFrame:
    rows = TASK.read(Charts())  # type: ignore[arg-type]
    return rows.with_columns(TASK.split(rows).alias("part"))


@cache
def program() -> Quality:
    learnt = examples().filter(pl.col("part").is_in([TRAIN, VALID]))
    return TASK.fit(learnt, FitOptions(threads=1, params={"min_data_in_leaf": 20}))


def asked(**columns: object) -> pl.DataFrame:
    row = {
        "row_id": "a",
        "label": "likes",
        "channel": "UC1",
        "title": "Soup of the day 130",
        "published": "2026-05-20T15:00:00Z",
        "duration_s": 300.0,
        "category_id": 26.0,
    }
    return pl.DataFrame([row | columns], schema=TASK.inputs[0])


def score(**columns: object) -> float:
    answer = program().predict([asked(**columns)])
    assert answer.schema == TASK.output
    assert 0 <= answer["score"][0] <= 100
    return float(answer["score"][0])


def test_examples_are_first_readings_and_videos_that_were_seen() -> None:
    counts = dict(examples().group_by("label").len().rows())
    assert counts == {"likes": CHANNELS * DAYS, "retention": DAYS}
    likes = examples().filter(pl.col("label") == "likes")
    assert (likes["known_at"] - likes["event_timestamp"]).max() == timedelta(hours=12)
    assert likes["label_above"].null_count() == 5 * CHANNELS


def test_a_label_looks_at_earlier_videos_alone() -> None:
    class Earlier(Charts):
        def readings(self) -> pl.DataFrame:
            return super().readings().filter(pl.col("fetched_at") < BEGIN + timedelta(days=115))

    earlier = TASK.read(Earlier()).filter(pl.col("label") == "likes")  # type: ignore[arg-type]
    both = earlier.join(examples(), on=["row_id", "label"])
    # The adjustment is fitted on other rows: outcomes move by less than a percent, and order hardly.
    assert both.height == earlier.height
    assert both.select(pl.corr("label_lead", "label_lead_right")).item() > 0.999


def test_parts_are_apart_in_time() -> None:
    likes = examples().filter((pl.col("label") == "likes") & pl.col("label_above").is_not_null())
    begins = likes.filter(pl.col("part") == TEST)["event_timestamp"].min()
    learnt = likes.filter(pl.col("part").is_in([TRAIN, VALID]))
    assert learnt["known_at"].max() < begins
    valid = likes.filter(pl.col("part") == VALID)["event_timestamp"].min()
    assert likes.filter(pl.col("part") == TRAIN)["known_at"].max() < valid
    own = examples().filter(pl.col("label") == "retention")
    assert own.filter(pl.col("part") == TEST)["published"].min() > own.filter(pl.col("part") != TEST)["published"].max()
    assert examples().filter(pl.col("part") == TEST)["label_above"].null_count() == 0


def test_like_titles_tell_of_both() -> None:
    learnt = examples().filter(pl.col("part").is_in([TRAIN, VALID]))
    test = examples().filter(pl.col("part") == TEST)
    judged = TASK.judged(test, program().predict(TASK.requests(test)))
    figures = {name: metric(judged) for name, metric in TASK.metrics.items()}
    assert figures["likes_auc"] > 0.7
    assert figures["likes_ece"] < 0.15
    assert figures["retention_auc"] > 0.6
    last = TASK.judged(test, TASK.rules["last three"](learnt, test))
    assert figures["auc"] > TASK.metrics["auc"](last)
    assert score() > score(title="Pasta of the day 130")


def test_what_titles_mean_is_told_on_channels_that_are_known() -> None:
    channels = pl.Series(["own", "own", "never", None])
    soup, pasta, *unknown = program().meaning.told(channels, pl.Series(["A bowl of soup", "A plate of pasta", "Soup", "Soup"]))
    assert soup > pasta
    assert np.isnan(unknown).all()


@pytest.mark.parametrize("rule", TASK.rules)
def test_rules_answer_from_what_is_asked(rule: str) -> None:
    learnt = examples().filter(pl.col("part").is_in([TRAIN, VALID]))
    test = examples().filter(pl.col("part") == TEST)
    from_requests = TASK.rules[rule](learnt, TASK.requests(test)[0])
    assert from_requests.equals(TASK.rules[rule](learnt, test))
    assert from_requests["score"].is_between(0, 100).all()


@pytest.mark.parametrize(
    "columns",
    [
        {"channel": "UCnever"},
        {"channel": None},
        {"title": ""},
        {"title": None},
        {"published": None},
        {"published": "soon"},
        {"published": "2026-05-20"},
        {"published": "2026-02-31T10:00:00Z"},
        {"duration_s": None},
        {"duration_s": -1.0},
        {"duration_s": float("nan")},
        {"category_id": None},
        {"category_id": 999.0},
    ],
)
@pytest.mark.parametrize("label", ["likes", "retention"])
def test_anything_is_answered(label: str, columns: dict[str, object]) -> None:
    score(**({"label": label, "channel": "UC1" if label == "likes" else "own"} | columns))


def test_an_unknown_label_is_answered_with_a_half() -> None:
    assert score(label="joy") == 50.0
    assert score(label=None) == 50.0


def test_what_the_validation_part_decided_is_kept() -> None:
    again = TASK.fit(
        examples().with_columns(pl.lit(TRAIN).alias("part")),
        FitOptions(threads=1, params={"min_data_in_leaf": 20}, tuned=program().tuned),
    )
    assert again.tuned == program().tuned


def test_a_program_is_read_as_it_was_written(tmp_path: Path) -> None:
    program().save(tmp_path)
    rows = TASK.requests(examples())
    assert TASK.load(tmp_path).predict(rows).equals(program().predict(rows))
    for path in sorted(tmp_path.iterdir()):
        kept = path.read_bytes()
        path.write_bytes(kept[: len(kept) // 2])
        with pytest.raises(Damaged):
            TASK.load(tmp_path)
        path.write_bytes(kept)
