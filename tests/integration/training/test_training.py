"""From labels and features in Postgres to a champion in the registry."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from sqlalchemy import Engine, text

from core.errors import Damaged, NotReady
from features.codec import Input, Scale
from tests.integration.features.sample import AS_OF, channel_day, insert, reading
from training.specs import CTR, MODELS, QUALITY, TREND, ModelSpec

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.filterwarnings(
        "ignore::DeprecationWarning", "ignore::UserWarning", "ignore::FutureWarning", "ignore::ResourceWarning"
    ),
]

FAST = replace(TREND, epochs=4)


def build(engine: Engine, store: Any, spec: ModelSpec, root: Path, as_of: Any = AS_OF) -> Any:
    from training.dataset import build_dataset, load_dataset

    return load_dataset(root, build_dataset(engine, store, spec, as_of, root).digest)


def test_datasets_hold_what_was_known(filled: Engine, store: Any, tmp_path: Path) -> None:
    for spec in MODELS.values():
        dataset = build(filled, store, spec, tmp_path)
        manifest = dataset.manifest

        assert all(manifest.parts[name].rows > 20 for name in ("train", "valid", "test")), spec.name
        assert manifest.leakage.unknown_labels > 0
        assert not manifest.leakage.suspicious_inputs
        known = dataset.rows.filter(pl.col("part") == "train").select(
            pl.col(column.name).is_not_null().any() for column in spec.inputs
        )
        missing = [name for name, is_known in known.row(0, named=True).items() if not is_known]
        assert list(manifest.leakage.missing_inputs) == missing
        # Videos of this market are read three times, so that nothing is known of a fourth reading before.
        assert len(missing) <= (60 if spec is TREND else 0), f"inputs of {spec.name} are never known: {missing}"
        assert manifest.leakage.future_rows == manifest.leakage.doubled_rows == 0
        assert manifest.sources[0].name == spec.label_table
        assert all(table.rows > 0 and table.newest_known_at <= AS_OF for table in manifest.sources)
        assert dataset.rows["target"].null_count() == 0


def test_an_input_that_tells_the_label_is_reported(filled: Engine, store: Any, tmp_path: Path) -> None:
    with filled.begin() as connection:
        connection.execute(
            text(
                "update features.feat_video__market r set niche_views_share = l.growth_48h from labels.lbl_video__growth_48h l"
                " where l.video_id = r.video_id and l.event_timestamp = r.event_timestamp and l.is_observed"
            )
        )

    assert build(filled, store, TREND, tmp_path).manifest.leakage.suspicious_inputs == ("niche_views_share",)


def test_the_same_rows_give_the_same_digest_and_a_later_day_another(filled: Engine, store: Any, tmp_path: Path) -> None:
    from training.dataset import build_dataset

    first = build_dataset(filled, store, TREND, AS_OF, tmp_path / "one")
    again = build_dataset(filled, store, TREND, AS_OF, tmp_path / "two")
    later = build_dataset(filled, store, TREND, AS_OF + timedelta(days=1), tmp_path / "one")

    assert first == again
    assert len({first.digest, later.digest}) == 2


@pytest.mark.parametrize("spec", [TREND, CTR], ids=lambda spec: spec.name)
def test_poison_of_the_future_changes_no_training_row(filled: Engine, store: Any, tmp_path: Path, spec: ModelSpec) -> None:
    """Rows and labels written after a day, whatever they say of the time before it, leave that day's dataset as it was."""
    before = build(filled, store, spec, tmp_path)
    late, future = AS_OF + timedelta(hours=3), AS_OF + timedelta(days=1)
    events = before.rows["event_timestamp"].to_list()[::7]
    if spec is TREND:
        videos = before.rows["video_id"].to_list()[::7]
        poison = [(video, at, late, 99.0) for video, at in zip(videos, events, strict=True)]
        poison += [(video, future, future, 99.0) for video in set(videos)]
        keys = "video_id, event_timestamp, created_timestamp"
        insert(filled, "features.feat_video__market", poison, f"({keys}, niche_views_share)")
        dated = [(*row, at.date()) for row, at in zip(poison, (*events, *[future] * len(poison)), strict=False)]
        insert(filled, "features.feat_video__series", dated, f"({keys}, log_views, partition_on)")
        # What the version in use is served.
        insert(filled, "features.feat_video__reading", [reading(video, at, known, 10**9) for video, at, known, _ in poison])
    else:
        channels = before.rows["channel_id"].to_list()[::7]
        rows = {(c, at) for c, at in zip(channels, events, strict=True)}
        insert(filled, "features.feat_channel__daily", [channel_day(c, at, created=late, ctr=0.99) for c, at in rows])
        insert(filled, "features.feat_channel__daily", [channel_day(c, future, ctr=0.99) for c in set(channels)])
    with filled.begin() as connection:
        changed = "growth_48h = growth_48h + 9" if spec is TREND else "ctr = 0.99, thumbnail_brightness = 0.99"
        # A label that came out, or was corrected, after the day.
        connection.execute(text(f"update {spec.label_table} set {changed} where known_at > :as_of"), {"as_of": AS_OF})

    after = build(filled, store, spec, tmp_path)

    assert after.manifest.digest == before.manifest.digest
    assert after.rows.equals(before.rows)


def test_a_champion_with_other_inputs_is_judged_by_its_own(filled: Engine, store: Any, tracker: Any, tmp_path: Path) -> None:
    from training.candidates import ensure_baseline, train_challenger
    from training.promotion import promote

    older = replace(FAST, inputs=FAST.inputs[:-1])
    rule = ensure_baseline(build(filled, store, older, tmp_path / "snapshots"), older, tracker)
    dataset = build(filled, store, FAST, tmp_path / "snapshots")

    verdict = promote(dataset, FAST, tracker, train_challenger(dataset, FAST, tracker, 1, 1, tmp_path / "studies"))

    assert verdict.against_champion == verdict.against_baseline
    assert (verdict.is_promoted, rule.number, verdict.champion) == (True, "1", "2")


def test_a_champion_of_an_earlier_service_is_judged_by_what_it_is_served(
    filled: Engine, store: Any, tracker: Any, tmp_path: Path
) -> None:
    """Both versions of the service call something `like_rate`, and mean another thing by it."""
    from training.candidates import ensure_baseline
    from training.export import run_program
    from training.promotion import score_as_served

    inputs = (Input("like_rate"), Input("age_hours", Scale.LOG), Input("category_id", Scale.CATEGORY))
    first = replace(FAST, feature_service="trend_v1", inputs=inputs, rules=(), earlier_services=())
    old = build(filled, store, first, tmp_path)
    folder = tracker.files(ensure_baseline(old, first, tracker))
    dataset = build(filled, store, FAST, tmp_path)
    rows = dataset.rows.filter(pl.col("part") == "test")

    answers = score_as_served(folder, FAST, rows)

    assert answers == pytest.approx(run_program(folder, old.part("test", first).raw))
    assert rows["trend_v1:like_rate"].to_list() == old.rows.filter(pl.col("part") == "test")["like_rate"].to_list()
    assert rows["like_rate"].max() < 0 < rows["trend_v1:like_rate"].min()


def test_the_rule_serves_until_it_is_beaten(filled: Engine, store: Any, tracker: Any, tmp_path: Path) -> None:
    from training.candidates import ensure_baseline, train_challenger
    from training.promotion import promote, rollback

    dataset = build(filled, store, FAST, tmp_path / "snapshots")
    rule = ensure_baseline(dataset, FAST, tracker)
    assert (rule.number, rule.kind) == ("1", "baseline")
    assert tracker.champion("trend").number == "1"

    candidate = train_challenger(dataset, FAST, tracker, 2, 1, tmp_path / "studies")
    assert (candidate.version, candidate.is_new) == ("2", True)
    assert candidate.metrics["average_precision"] > candidate.baseline_metrics["average_precision"]
    assert tracker.champion("trend").number == "1", "training alone puts nothing to use"

    verdict = promote(dataset, FAST, tracker, candidate)
    assert verdict.is_promoted
    assert verdict.against_baseline is not None
    assert verdict.against_baseline.low > 0
    champion = tracker.champion("trend")
    assert champion.number == "2"
    assert champion.kind in ("network", "boosted", "ensemble")
    folder = tracker.files(champion)
    assert {path.name for path in folder.iterdir()} == {"model.onnx", "signature.json"}
    signature = json.loads((folder / "signature.json").read_text())
    assert signature["dataset_digest"] == dataset.manifest.digest == champion.tags["dataset_digest"]
    assert signature["inputs"] == list(dataset.manifest.inputs)
    assert set(tracker.plots(champion)) == {"precision_recall", "calibration"}

    again = train_challenger(dataset, FAST, tracker, 2, 1, tmp_path / "studies")
    assert (again.version, again.is_new) == ("2", False)
    assert again.metrics == pytest.approx(candidate.metrics)
    assert not promote(dataset, FAST, tracker, again).is_promoted
    assert len(tracker.versions("trend")) == 2

    assert rollback(FAST, tracker, "scores look odd").number == "1"
    refused = promote(dataset, FAST, tracker, again)
    assert not refused.is_promoted
    assert "rolled back (scores look odd)" in refused.reason
    assert tracker.champion("trend").number == "1"
    with pytest.raises(NotReady, match="no earlier champion"):
        rollback(FAST, tracker, "again")


def test_a_challenger_that_is_not_surely_better_is_not_used(filled: Engine, store: Any, tracker: Any, tmp_path: Path) -> None:
    from training.candidates import train_challenger
    from training.dataset import Dataset
    from training.promotion import promote

    dataset = build(filled, store, FAST, tmp_path / "snapshots")
    noise = Dataset(
        replace(dataset.manifest, digest="noise"),
        dataset.rows.with_columns(pl.col("target").shuffle(seed=1).over("part")),
    )

    candidate = train_challenger(noise, FAST, tracker, 1, 1, tmp_path / "studies")
    verdict = promote(noise, FAST, tracker, candidate)

    assert not verdict.is_promoted
    assert (verdict.champion, verdict.champion_kind) == ("1", "baseline")
    assert "not surely above the baseline" in verdict.reason
    assert "not surely above the baseline" in tracker.version("trend", "2").tags["promotion"]


def test_with_too_little_data_the_rule_serves_and_says_why(warehouse: Engine, store: Any, tracker: Any, tmp_path: Path) -> None:
    from training.candidates import train_challenger
    from training.export import run_program
    from training.promotion import promote

    dataset = build(warehouse, store, QUALITY, tmp_path / "snapshots")
    assert dataset.rows.is_empty()

    candidate = train_challenger(dataset, QUALITY, tracker, 3, 1, tmp_path / "studies")
    verdict = promote(dataset, QUALITY, tracker, candidate)

    assert candidate.version is None
    assert "train 0 of 40" in candidate.reason
    assert (verdict.champion, verdict.is_promoted, verdict.reason) == ("1", False, candidate.reason)
    raw = np.full((1, len(QUALITY.inputs)), np.nan)
    assert run_program(tracker.files(tracker.champion("quality")), raw) == pytest.approx(0.5)


def test_a_champion_with_damaged_files_gives_way_to_the_rule_and_is_trained_anew(
    filled: Engine, store: Any, tracker: Any, tmp_path: Path
) -> None:
    from training.candidates import ensure_baseline, train_challenger
    from training.promotion import promote

    dataset = build(filled, store, FAST, tmp_path / "snapshots")
    promote(dataset, FAST, tracker, train_challenger(dataset, FAST, tracker, 1, 1, tmp_path / "studies"))
    champion = tracker.champion("trend")
    program = tracker.files(champion) / "model.onnx"
    program.write_bytes(program.read_bytes()[:-1] + b"?")

    with pytest.raises(Damaged, match="version 2"):
        tracker.files(champion)
    ensure_baseline(dataset, FAST, tracker)
    assert tracker.champion("trend").number == "1"
    candidate = train_challenger(dataset, FAST, tracker, 1, 1, tmp_path / "studies")
    assert (candidate.version, candidate.is_new) == ("3", True)
    assert promote(dataset, FAST, tracker, candidate).is_promoted


def test_a_failed_export_registers_nothing(filled: Engine, store: Any, tracker: Any, tmp_path: Path) -> None:
    from training.tracking import AS_OF as AS_OF_TAG
    from training.tracking import KIND

    def fail(folder: Path) -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        tracker.register(TREND, {AS_OF_TAG: "2026-06-08", KIND: "network"}, {}, {}, {}, fail)

    assert tracker.versions("trend") == []
    assert tracker.champion("trend") is None
    runs = tracker.client.search_runs([tracker.client.get_experiment_by_name("trend").experiment_id])
    assert [run.info.status for run in runs] == ["FAILED"]
