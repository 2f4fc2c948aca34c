"""The split in time, and snapshots."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Damaged, NotReady
from tests.unit.training.data import CHANCE, DAY_ONE, RATE, make_dataset
from training.dataset import PARTS, Dataset, _freeze, _refuse_broken, _report, load_dataset, require_enough, split_by_time
from training.specs import MODELS, TREND
from training.values import Leakage

HOUR = timedelta(hours=1)

labels = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 24 * 30), st.integers(0, 100)), min_size=1, max_size=80).map(
    lambda rows: pl.DataFrame(
        {
            "video_id": [f"v{video}" for video, _, _ in rows],
            "event_timestamp": [DAY_ONE + hours * HOUR for _, hours, _ in rows],
            "ended_at": [DAY_ONE + (hours + 48 + delay) * HOUR for _, hours, delay in rows],
        }
    )
)


@given(labels)
def test_parts_follow_each_other_and_share_neither_time_nor_video(rows: pl.DataFrame) -> None:
    split = split_by_time(rows, TREND)

    assert split.drop("part").equals(rows)
    assert set(split["part"]) <= {*PARTS, "embargoed", "purged"}
    for earlier, later in (("train", "valid"), ("valid", "test"), ("train", "test")):
        one, other = split.filter(pl.col("part") == earlier), split.filter(pl.col("part") == later)
        assert not set(one["video_id"]) & set(other["video_id"])
        if one.height and other.height:
            begins = other["event_timestamp"].min()
            assert one["event_timestamp"].max() + TREND.label_length <= begins  # type: ignore[operator]
            assert later == "valid" or one["ended_at"].max() <= begins  # type: ignore[operator]


@given(labels)
def test_each_row_is_in_one_part_or_has_a_reason(rows: pl.DataFrame) -> None:
    assert split_by_time(rows, TREND)["part"].null_count() == 0


def test_shares_of_a_month() -> None:
    rows = pl.DataFrame(
        {
            "video_id": [f"v{hour}" for hour in range(24 * 34)],
            "event_timestamp": [DAY_ONE + hour * HOUR for hour in range(24 * 34)],
            "ended_at": [DAY_ONE + (hour + 48) * HOUR for hour in range(24 * 34)],
        }
    )

    counts = dict(split_by_time(rows, TREND)["part"].value_counts().iter_rows())

    assert counts == {"train": 432, "valid": 144, "test": 144, "embargoed": 96}


def test_a_time_too_short_for_two_embargoes_is_all_train() -> None:
    rows = pl.DataFrame({"video_id": ["a", "b"], "event_timestamp": [DAY_ONE, DAY_ONE + 3 * 24 * HOUR]})
    rows = rows.with_columns((pl.col("event_timestamp") + timedelta(days=2)).alias("ended_at"))
    assert split_by_time(rows, TREND)["part"].to_list() == ["train", "train"]
    assert split_by_time(rows.clear(), TREND).is_empty()


def freeze(root: Path, rows: pl.DataFrame) -> str:
    return _freeze(rows, CHANCE, DAY_ONE, {"all": 0.5}, Leakage(1, 2, 3, ()), root).digest


def test_equal_content_is_frozen_once_and_read_back(tmp_path: Path) -> None:
    rows = make_dataset(CHANCE, rows=50).rows

    digest = freeze(tmp_path, rows)

    assert freeze(tmp_path, rows) == digest
    assert [path.name for path in tmp_path.iterdir()] == [digest]
    loaded = load_dataset(tmp_path, digest)
    assert loaded.rows.equals(rows)
    assert loaded.manifest.digest == digest
    assert loaded.manifest.parts["train"].rows == 30
    assert loaded.manifest.as_of == DAY_ONE
    assert freeze(tmp_path, rows.with_columns(target=1 - pl.col("target"))) != digest


@pytest.mark.parametrize("name", ["rows.parquet", "manifest.json"])
@pytest.mark.parametrize("harm", ["change", "truncate", "remove"])
def test_a_damaged_snapshot_is_refused(tmp_path: Path, name: str, harm: str) -> None:
    digest = freeze(tmp_path, make_dataset(CHANCE, rows=50).rows)
    path = tmp_path / digest / name
    content = path.read_bytes()
    if harm == "remove":
        path.unlink()
    else:
        path.write_bytes(content[: len(content) // 2] if harm == "truncate" else content.replace(b"1", b"2", 1))

    with pytest.raises(Damaged, match="Remove the folder"):
        load_dataset(tmp_path, digest)
    with pytest.raises(NotReady):
        load_dataset(tmp_path, "0" * 64)


def test_too_little_data_is_said_with_counts() -> None:
    require_enough(make_dataset(CHANCE).manifest, CHANCE)
    with pytest.raises(NotReady, match=r"train 30 of 50, valid 10 of 20, test 10 of 20 rows.*YTEMPIRE_HISTORY_DAYS"):
        require_enough(make_dataset(CHANCE, rows=50).manifest, CHANCE)
    picky = replace(CHANCE, minimum=replace(CHANCE.minimum, positives=90))
    with pytest.raises(NotReady, match="positives in"):
        require_enough(make_dataset(CHANCE, rows=200).manifest, picky)


def test_a_part_of_one_outcome_is_refused() -> None:
    dataset = make_dataset(RATE, rows=200)
    same = replace(dataset.manifest.parts["valid"], outcomes=1)
    with pytest.raises(NotReady, match="All 40 outcomes of ctr in valid are the same"):
        require_enough(replace(dataset.manifest, parts={**dataset.manifest.parts, "valid": same}), RATE)
    nobody = replace(dataset.manifest.parts["test"], rows=0, outcomes=0)
    with pytest.raises(NotReady, match="test 0 of 20 rows"):
        require_enough(replace(dataset.manifest, parts={**dataset.manifest.parts, "test": nobody}), RATE)


def test_the_report_names_inputs_that_tell_too_much_or_nothing() -> None:
    rows = make_dataset(CHANCE).rows.with_row_index("number")
    rows = rows.with_columns(
        heat=pl.col("target") + pl.col("heat") * 1e-3,
        noise=pl.when(pl.col("number") % 5 == 0).then(None).otherwise(pl.col("number") / 7),
        category_id=pl.lit(20),
        never=pl.lit(None, dtype=pl.Float64),
    )
    doubled = pl.concat([rows, rows.head(3)])

    found = _report(doubled, rows.with_columns(part=pl.lit("purged")), 7, CHANCE)

    assert found.suspicious_inputs == ("heat",)
    assert list(found.timely_inputs) == ["noise"]
    assert found.timely_inputs["noise"] > 0.99
    assert (found.constant_inputs, found.missing_inputs) == (("category_id",), ("never",))
    assert (found.unknown_labels, found.purged_rows, found.doubled_rows, found.future_rows) == (7, rows.height, 3, 0)
    assert _report(rows.clear(), rows.clear(), 0, CHANCE).missing_inputs == tuple(column.name for column in CHANCE.inputs)


def test_values_that_are_no_numbers_are_refused() -> None:
    rows = make_dataset(CHANCE).rows
    _refuse_broken(rows, CHANCE)
    _refuse_broken(rows.clear(), CHANCE)
    once = pl.when(pl.int_range(pl.len()) == 0).then(float("-inf")).otherwise(pl.col("noise"))
    broken = rows.with_columns(heat=pl.lit(float("inf")), noise=once)
    with pytest.raises(Damaged, match=r"infinite: heat \(900 rows\), noise \(1 rows\)"):
        _refuse_broken(broken, CHANCE)
    for nothing in (float("nan"), float("inf"), None):
        with pytest.raises(Damaged, match="900 of 900 outcomes"):
            _refuse_broken(rows.with_columns(target=pl.lit(nothing, dtype=pl.Float64)), CHANCE)


def test_rows_of_a_cluster_share_one_weight() -> None:
    dataset = make_dataset(CHANCE, rows=10)
    rows = dataset.rows.with_columns(pl.Series("video_id", ["a"] * 4 + ["b", "c"] + ["d"] * 4), part=pl.lit("train"))

    part = Dataset(dataset.manifest, rows).part("train", CHANCE)

    assert part.cluster_weights().tolist() == [0.25] * 4 + [1, 1] + [0.25] * 4


def test_specs_are_of_one_piece() -> None:
    from training.evaluation import PRIMARY

    for name, spec in MODELS.items():
        inputs = {column.name for column in spec.inputs}
        assert spec.name == name
        assert spec.feature_service == f"{name}_v2"
        assert len(inputs) == len(spec.inputs)
        assert {*spec.baseline_inputs, *(column for _, column, _ in spec.rules)} <= inputs
        assert {spec.cluster, *(column for _, column in spec.request_columns)} <= set(spec.label_columns)
        assert spec.primary_metric in PRIMARY
