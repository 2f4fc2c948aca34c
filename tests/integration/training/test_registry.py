"""From examples to a champion that predicts: the registry, the gate, the packs, and what happens when something fails."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from sqlalchemy import Engine, text

from core.errors import Damaged, NotReady, Unreachable
from tests.unit.training.hot_rows import TOY, make_examples
from training.tasks.task import FitOptions

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.filterwarnings(
        "ignore::DeprecationWarning", "ignore::UserWarning", "ignore::FutureWarning", "ignore::ResourceWarning"
    ),
]

NOW = datetime(2026, 7, 8, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _few_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    """Enough to tell signal from none, in a fraction of the time; and the code stays the same while somebody edits it."""
    from training.judging import Exam
    from training.tasks import pipeline

    monkeypatch.setattr(pipeline, "Exam", partial(Exam, bootstraps=40))
    monkeypatch.setattr(pipeline, "code_digest", lambda: "the code")


def train(tracker: Any, root: Path, examples: pl.DataFrame | None = None, **params: Any) -> tuple[Any, Any]:
    """Train a version and put it through the gate."""
    from training.promotion import promote_task
    from training.tasks.pipeline import prepare, train_task

    prepared = prepare(TOY, make_examples() if examples is None else examples)
    trained = train_task(TOY, prepared, tracker, root / "state", root, FitOptions(params=params))
    return trained, promote_task(TOY, tracker, trained.version, root / "state", root, trained.exam)


def in_use(tracker: Any, root: Path) -> tuple[str, str]:
    """The champion in the registry and the version that predictions are made by."""
    from training.packs import load_champion

    pack, program = load_champion(root, TOY)
    assert program.predict(TOY.requests(make_examples(20, seed=5))).columns == ["row_id", "p_hot"]
    return tracker.champion("trend48").number, pack.version


def test_the_rule_serves_first_and_a_better_version_takes_its_place(tracker: Any, tmp_path: Path, database: Engine) -> None:
    from training.packs import find_pack
    from training.performance import record_promotion, record_task_performance

    _, refused = train(tracker, tmp_path, worth=0)
    assert not refused.is_promoted
    assert (refused.champion, refused.champion_kind, refused.version) == ("1", "baseline", "2")
    assert "not surely above the baseline" in refused.reason
    assert in_use(tracker, tmp_path) == ("1", "1")

    trained, verdict = train(tracker, tmp_path)
    assert verdict.is_promoted, verdict.reason
    assert (trained.version.number, verdict.previous) == ("3", "1")
    assert in_use(tracker, tmp_path) == ("3", "3")
    pack = find_pack(tmp_path, "trend48")
    record = pack.record
    assert record["baselines"]["kind"]["difference"]["low"] > 0
    assert record["costs"]["single_ms"] > 0
    assert "# trend48" in (pack.folder / "card.md").read_text()
    assert set(tracker.plots(trained.version)) == {"baselines", "calibration", "importance"}
    logged = tracker.metrics(trained.version)
    assert logged["test.average_precision.low"] < logged["test.average_precision"] < logged["test.average_precision.high"]
    assert logged["baseline.kind.average_precision"] == record["baselines"]["kind"]["value"]
    assert logged["slice.kind.music"] > 0
    params = tracker.client.get_run(trained.version.run_id).data.params
    assert (params["seed"], params["dataset_digest"]) == ("7", trained.version.tags["dataset_digest"])
    assert params["code_digest"] == trained.version.tags["code_digest"]

    for decided in (refused, verdict):
        record_promotion(database, decided, NOW)
    record_task_performance(database, "trend48", "3", record, NOW)
    with database.connect() as connection:
        rows = connection.execute(
            text("select version, is_promoted, previous, figures from ops.promotions order by promotion_id")
        ).all()
        low = connection.execute(
            text("select low from ops.model_performance where metric = 'average_precision' and model_version = '3'")
        ).scalar_one()
    assert [tuple(row[:3]) for row in rows] == [("1", True, None), ("2", False, "1"), ("3", True, "1")]
    assert rows[1].figures["obstacles"]
    assert set(rows[2].figures) >= {"against_baselines", "against_champion", "calibration", "slices", "costs", "bounds"}
    assert low == record["low"]


def test_the_same_training_gives_the_version_that_is_there(tracker: Any, tmp_path: Path) -> None:
    first, _ = train(tracker, tmp_path)
    again, verdict = train(tracker, tmp_path)
    assert (again.version.number, again.is_new, again.exam) == (first.version.number, False, None)
    assert verdict.reason == "It is the champion already."
    assert len(tracker.versions("trend48")) == 2


def test_of_the_same_rows_a_version_must_be_surely_better_and_of_newer_ones_a_little(tracker: Any, tmp_path: Path) -> None:
    train(tracker, tmp_path)
    _, same = train(tracker, tmp_path, other="name")
    assert "not above the champion" in same.reason
    newer = pl.concat([make_examples(), make_examples(600, seed=9, offset=1_500)])
    _, verdict = train(tracker, tmp_path, newer)
    assert not verdict.figures["learnt_from_the_same"]
    assert verdict.is_promoted == (verdict.against_champion.point > 0)


def test_a_version_worse_than_the_rule_leaves_the_champion(tracker: Any, tmp_path: Path) -> None:
    train(tracker, tmp_path)
    _, verdict = train(tracker, tmp_path, worth=-1)
    assert not verdict.is_promoted
    assert {"not surely above the baseline (kind)", "not above the champion"} <= set(verdict.figures["obstacles"])
    assert any(one.startswith("surely worse than the champion where kind is") for one in verdict.figures["obstacles"])
    assert in_use(tracker, tmp_path) == ("2", "2")


def test_a_rollback_goes_back_everywhere_and_for_good(tracker: Any, tmp_path: Path) -> None:
    from training.promotion import promote_task, rollback_task

    trained, _ = train(tracker, tmp_path)
    verdict = rollback_task(TOY, tracker, tmp_path, "scores look odd")
    assert (verdict.champion, verdict.previous, verdict.is_promoted) == ("1", "2", True)
    assert in_use(tracker, tmp_path) == ("1", "1")
    again = promote_task(TOY, tracker, trained.version, tmp_path / "state", tmp_path)
    assert not again.is_promoted
    assert "rolled back (scores look odd)" in again.reason
    assert in_use(tracker, tmp_path) == ("1", "1")
    with pytest.raises(NotReady, match="no earlier champion"):
        rollback_task(TOY, tracker, tmp_path, "again")


def test_a_version_is_judged_again_from_its_snapshot(tracker: Any, tmp_path: Path) -> None:
    from training.promotion import promote_task

    trained, _ = train(tracker, tmp_path, worth=0)
    verdict = promote_task(TOY, tracker, trained.version, tmp_path / "state", tmp_path)
    assert verdict.figures["against_baselines"]["kind"]["low"] <= 0
    snapshot = tmp_path / "state" / "snapshots" / trained.version.tags["dataset_digest"] / "rows.parquet"
    snapshot.write_bytes(snapshot.read_bytes()[:-1] + b"?")
    with pytest.raises(Damaged, match="Dataset"):
        promote_task(TOY, tracker, trained.version, tmp_path / "state", tmp_path)
    assert in_use(tracker, tmp_path) == ("1", "1")


@pytest.mark.parametrize("file", ["model/toy.json", "held_out/toy.json"])
def test_a_corrupted_candidate_is_not_promoted(tracker: Any, tmp_path: Path, file: str) -> None:
    from training.promotion import promote_task

    train(tracker, tmp_path)
    trained, _ = train(tracker, tmp_path, worth=0)
    path = tracker.beside(trained.version) / file
    path.write_text(path.read_text() + " ")
    with pytest.raises(Damaged, match="version 3 are not those that were registered"):
        promote_task(TOY, tracker, trained.version, tmp_path / "state", tmp_path)
    assert in_use(tracker, tmp_path) == ("2", "2")


def test_a_champion_whose_files_are_damaged_gives_way_to_the_rule(tracker: Any, tmp_path: Path) -> None:
    trained, _ = train(tracker, tmp_path)
    path = tracker.files(trained.version) / "toy.json"
    path.write_text("{}")
    assert in_use(tracker, tmp_path) == ("2", "2"), "what was packed answers as before"
    again, verdict = train(tracker, tmp_path)
    assert (again.version.number, again.is_new, verdict.previous) == ("3", True, "1")
    assert in_use(tracker, tmp_path) == ("3", "3")


def test_answers_that_are_not_finite_register_nothing(tracker: Any, tmp_path: Path) -> None:
    train(tracker, tmp_path)
    with pytest.raises(Damaged, match="no finite number for 600 rows"):
        train(tracker, tmp_path, breaks=True)
    assert [version.number for version in tracker.versions("trend48")] == ["1", "2"]
    assert in_use(tracker, tmp_path) == ("2", "2")


@pytest.mark.parametrize(
    ("examples", "says"),
    [
        (make_examples(150), "it needs 100 rows to learn from and 10 to be judged on, and has 75 and 60"),
        (make_examples(0), "and has 0 and 0"),
        (make_examples(400).with_columns(label_hot=pl.lit(0.0)), "hot is 0.0 in all 200 rows of the train part"),
        (make_examples(400).with_columns(label_hot=pl.lit(None, pl.Float64)), "hot is unknown in all rows"),
    ],
)
def test_what_cannot_be_learnt_from_is_refused_with_counts(
    tracker: Any, tmp_path: Path, examples: pl.DataFrame, says: str
) -> None:
    train(tracker, tmp_path)
    with pytest.raises(NotReady, match=says):
        train(tracker, tmp_path, examples)
    assert in_use(tracker, tmp_path) == ("2", "2")
    assert len(tracker.versions("trend48")) == 2


def test_old_versions_lose_their_files_and_those_in_use_never(tracker: Any, tmp_path: Path) -> None:
    from training.promotion import prune, rollback_task
    from training.tracking import DELETED

    train(tracker, tmp_path)  # 1 the rule, 2 the champion
    for number in range(5):
        train(tracker, tmp_path, worth=0, number=number)
    kept = {version.number for version in tracker.versions("trend48") if tracker.is_intact(version)}
    assert kept == {"1", "2", "5", "6", "7"}
    gone = tracker.version("trend48", "3")
    assert gone.tags[DELETED] == "yes"
    with pytest.raises(Damaged, match="deleted to make room"):
        tracker.files(gone)
    assert tracker.metrics(gone)["test.average_precision"] > 0, "its record stays"
    assert prune(tracker, "trend48") == []
    rollback_task(TOY, tracker, tmp_path, "odd")
    assert in_use(tracker, tmp_path) == ("1", "1")


def test_an_alias_that_cannot_be_moved_leaves_the_champion_everywhere(
    tracker: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlflow.exceptions import MlflowException
    from mlflow.protos.databricks_pb2 import TEMPORARILY_UNAVAILABLE

    from training.tracking import registry_failures

    train(tracker, tmp_path, worth=0)

    def away(*_: object) -> None:
        raise MlflowException("(psycopg2.OperationalError) server closed the connection", TEMPORARILY_UNAVAILABLE)

    monkeypatch.setattr(tracker.client, "set_registered_model_alias", away)
    with pytest.raises(Unreachable, match="The model registry does not answer"), registry_failures():
        train(tracker, tmp_path)
    monkeypatch.undo()
    assert in_use(tracker, tmp_path) == ("1", "1")


@pytest.mark.parametrize(
    ("bounds", "says"),
    [
        ({"single_ms": 0.0}, "ms for one row, and 0 are allowed"),
        ({"batch_ms": 0.0}, "ms per row of a batch"),
        ({"megabytes": -1.0}, "MB, and -1 are allowed"),
        ({"calibration_error": -1.0}, "ece is"),
    ],
)
def test_each_bound_holds(
    tracker: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bounds: dict[str, float], says: str
) -> None:
    from training import promotion

    strict = replace(promotion.BOUNDS, **bounds)
    monkeypatch.setattr(promotion.Evidence, "__init__", _with(promotion.Evidence.__init__, strict))
    _, verdict = train(tracker, tmp_path)
    assert not verdict.is_promoted
    assert says in verdict.reason
    assert in_use(tracker, tmp_path) == ("1", "1")


def _with(init: Any, bounds: Any) -> Any:
    return lambda self, **values: init(self, **values, bounds=bounds)


def test_a_leak_shows_in_the_manifest(tmp_path: Path) -> None:
    from training.dataset import read_snapshot
    from training.tasks.pipeline import freeze, prepare

    examples = make_examples().with_columns(known_at=pl.col("event_timestamp") + pl.duration(hours=5))
    digest = freeze(TOY, prepare(TOY, examples), tmp_path)
    manifest, rows = read_snapshot(tmp_path, digest)
    assert manifest["leakage"]["learnt_rows_known_after_test_began"] == 299
    assert rows.height == 1_500
    assert json.dumps(manifest)
