"""Fits: that one that was cut off ends as if it had not been, and what damaged files, odd columns and other machines do to it."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import pytorch_lightning as lightning
import torch

from core.errors import Damaged, NotReady
from tests.unit.training.data import CHANCE, RATE, make_dataset
from training.checkpoints import Checkpoints, check
from training.datamodules import Batches
from training.dataset import Dataset
from training.export import score_parts
from training.fit import Fitted, Params, fit
from training.plan import Devices, TrainerPlan, plan_for, precision_for
from training.specs import ModelSpec

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")

SHORT = replace(CHANCE, epochs=5)
PARAMS = Params(width=8, depth=1, dropout=0.3)


class _Cut(lightning.Callback):
    """Ends a fit in the middle of an epoch, as a kill would."""

    def __init__(self, epoch: int) -> None:
        self._epoch = epoch

    def on_train_batch_end(self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
        if trainer.current_epoch == self._epoch and batch_idx == 2:
            raise _Killed


class _Killed(Exception):
    pass


def weights(fitted: Fitted) -> dict[str, torch.Tensor]:
    return dict(fitted.network.state_dict())


def assert_equal(one: Fitted, other: Fitted) -> None:
    assert (one.valid_loss, one.epochs) == (other.valid_loss, other.epochs)
    for name, value in weights(one).items():
        assert torch.equal(value, weights(other)[name]), name


def cut_off(dataset: Dataset, spec: ModelSpec, folder: Path, epoch: int) -> list[Path]:
    with pytest.raises(_Killed):
        fit(dataset, spec, PARAMS, 1, [_Cut(epoch)], checkpoints=folder)
    return sorted(folder.rglob("*.ckpt"))


@pytest.fixture(scope="module")
def undisturbed() -> Fitted:
    return fit(make_dataset(SHORT), SHORT, PARAMS, 1)


def test_a_fit_that_was_cut_off_ends_with_the_weights_it_would_have_had(tmp_path: Path, undisturbed: Fitted) -> None:
    dataset = make_dataset(SHORT)
    assert len(cut_off(dataset, SHORT, tmp_path, 1)) == 1
    assert len(cut_off(dataset, SHORT, tmp_path, 3)) == 2, "the two newest are kept"

    resumed = fit(dataset, SHORT, PARAMS, 1, checkpoints=tmp_path)

    assert_equal(resumed, undisturbed)
    assert not list(tmp_path.rglob("*.ckpt")), "a finished fit leaves nothing"


def test_one_that_was_killed_after_its_last_epoch_does_not_learn_on(tmp_path: Path) -> None:
    """Patience is over, the checkpoint is written, and then the process dies."""

    class Cut(lightning.Callback):
        def on_train_end(self, trainer: Any, pl_module: Any) -> None:
            raise _Killed

    spec = replace(CHANCE, epochs=40)
    dataset, params = make_dataset(spec, rows=300), Params(width=8, depth=1, learning_rate=0.05)
    whole = fit(dataset, spec, params, 1)
    assert whole.epochs < 40
    with pytest.raises(_Killed):
        fit(dataset, spec, params, 1, [Cut()], checkpoints=tmp_path)

    assert_equal(fit(dataset, spec, params, 1, checkpoints=tmp_path), whole)


@pytest.mark.parametrize("harm", ["flip", "truncate", "garbage", "rename"])
def test_a_damaged_checkpoint_is_told_of_and_left_out(
    tmp_path: Path, undisturbed: Fitted, harm: str, caplog: pytest.LogCaptureFixture
) -> None:
    dataset = make_dataset(SHORT)
    before, newest = cut_off(dataset, SHORT, tmp_path, 3)
    content = bytearray(newest.read_bytes())
    if harm == "flip":
        content[len(content) // 2] ^= 1
    if harm == "truncate":
        del content[len(content) // 3 :]
    newest.write_bytes(b"not a checkpoint" if harm == "garbage" else content)
    if harm == "rename":
        newest.rename(newest.with_name("epoch-00009-0123456789abcdef.ckpt"))

    assert_equal(fit(dataset, SHORT, PARAMS, 1, checkpoints=tmp_path), undisturbed)

    assert "is damaged. It is left out: the fit goes on from the one before it, or begins anew." in caplog.text
    assert not before.exists()


def test_with_every_checkpoint_damaged_a_fit_begins_anew(tmp_path: Path, undisturbed: Fitted) -> None:
    dataset = make_dataset(SHORT)
    for path in cut_off(dataset, SHORT, tmp_path, 3):
        path.write_bytes(b"")
    assert_equal(fit(dataset, SHORT, PARAMS, 1, checkpoints=tmp_path), undisturbed)


def test_a_file_that_would_run_code_is_not_read(tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> Any:
            return (Path.write_text, (tmp_path / "ran", "code"))

    Checkpoints(tmp_path).write(1, lambda path: torch.save({"state_dict": Evil()}, path))
    (path,) = tmp_path.glob("*.ckpt")
    with pytest.raises(Damaged, match="is damaged"):
        check(path)
    assert not (tmp_path / "ran").exists()


def test_other_rows_or_sizes_do_not_go_on_from_a_checkpoint(tmp_path: Path) -> None:
    dataset = make_dataset(SHORT)
    cut_off(dataset, SHORT, tmp_path, 3)
    other = Params(width=16, depth=1, dropout=0.3)
    assert_equal(fit(dataset, SHORT, other, 1, checkpoints=tmp_path), fit(dataset, SHORT, other, 1))
    assert len(list(tmp_path.rglob("*.ckpt"))) == 2, "those of the first fit still wait for it"


_SCRIPT = """
import sys
from pathlib import Path
from tests.unit.training.test_fit import PARAMS, SHORT, fit, make_dataset
from dataclasses import replace
from itertools import chain
fit(make_dataset(SHORT), replace(SHORT, epochs=4000), PARAMS, 1, checkpoints=Path(sys.argv[1]))
"""


@pytest.mark.slow
def test_a_killed_process_leaves_a_whole_checkpoint(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", _SCRIPT, str(tmp_path)], cwd=Path(__file__).parents[3])
    end = time.monotonic() + 55
    while not list(tmp_path.rglob("*.ckpt")):
        assert time.monotonic() < end
        assert process.poll() is None
        time.sleep(0.01)
    process.kill()
    process.wait()
    (folder,) = tmp_path.iterdir()
    newest = Checkpoints(folder).newest(pytest.fail)
    assert newest is not None
    check(newest)


def test_batches_depend_on_seed_and_epoch_alone_and_are_shared_out_whole() -> None:
    batches = Batches(103, 20, seed=5)
    first = list(batches)
    batches.set_epoch(1)
    second = list(batches)
    batches.set_epoch(0)
    assert list(batches) == first != second
    assert sorted(chain(*first)) == list(range(103))
    shares = [list(Batches(103, 20, 5, rank, 3)) for rank in range(3)]
    assert [len(share) for share in shares] == [len(batches)] * 3
    for place, batch in enumerate(first):
        assert sorted(chain(*(share[place] for share in shares))) == sorted(batch)
    assert [len(next(iter(Batches(1, 20, 5, rank, 3)))) for rank in range(3)] == [1, 1, 1]


@pytest.mark.parametrize(
    ("devices", "precision"),
    [(Devices(), "32-true"), (Devices(1, False), "16-mixed"), (Devices(1, True), "bf16-mixed"), (Devices(8, True), "bf16-mixed")],
)
def test_precision_is_what_the_device_is_good_at(devices: Devices, precision: str) -> None:
    assert precision_for(devices) == precision


def test_a_plan_suits_the_machine_and_the_network() -> None:
    large, small = 5_000_000, 20_000
    assert plan_for(Devices(), large, 512) == TrainerPlan()
    assert plan_for(Devices(8, True), small, 512) == TrainerPlan(), "a small network is done before its rows reach a GPU"
    assert plan_for(Devices(1, True), large, 512) == TrainerPlan("gpu", 1, "auto", "bf16-mixed", 4)
    assert plan_for(Devices(2, False), large, 512) == TrainerPlan("gpu", 2, "ddp_spawn", "16-mixed", 4)
    assert plan_for(Devices(8, True), large, 512) == TrainerPlan("gpu", 8, "ddp_spawn", "bf16-mixed", 1)
    assert plan_for(Devices(8, True), large, 32) == TrainerPlan("gpu", 1, "auto", "bf16-mixed", 1)


def test_pieces_of_a_batch_and_half_precision_learn_the_same(undisturbed: Fitted) -> None:
    plan = TrainerPlan(precision="bf16-mixed", accumulate=4)
    fitted = fit(make_dataset(SHORT), SHORT, PARAMS, 1, plan=plan)
    assert fitted.valid_loss == pytest.approx(undisturbed.valid_loss, rel=0.05)
    assert all(value.dtype is not torch.bfloat16 for value in weights(fitted).values())


@pytest.mark.slow
def test_two_processes_learn_what_one_does(undisturbed: Fitted, tmp_path: Path) -> None:
    plan = TrainerPlan(devices=2, strategy="ddp_spawn")
    fitted = fit(make_dataset(SHORT), SHORT, PARAMS, 1, checkpoints=tmp_path, plan=plan)
    assert fitted.epochs == undisturbed.epochs
    assert fitted.valid_loss == pytest.approx(undisturbed.valid_loss, rel=0.05)
    assert not list(tmp_path.rglob("*.ckpt"))


@pytest.mark.parametrize("spec", [CHANCE, RATE], ids=["chance", "rate"])
@pytest.mark.parametrize("value", [0.0, 7.5, float("nan"), float("inf"), 1e30], ids=str)
def test_a_column_of_one_value_does_no_harm(spec: ModelSpec, value: float) -> None:
    dataset = make_dataset(spec)
    spec = replace(spec, epochs=2)
    heat = pl.when(pl.col("heat") > 1).then(value).otherwise(pl.col("heat"))
    odd = Dataset(dataset.manifest, dataset.rows.with_columns(noise=pl.lit(value), heat=heat))
    score = score_parts(fit(odd, spec, PARAMS, 1).network, odd, spec, "test")
    assert np.isfinite(score).all()


def test_rows_of_one_class_teach_the_share_and_unknown_codes_are_answered() -> None:
    dataset = make_dataset(CHANCE)
    rows = dataset.rows.with_columns(target=pl.lit(0.0), category_id=pl.lit(10))
    fitted = fit(Dataset(dataset.manifest, rows), replace(CHANCE, epochs=2), PARAMS, 1)
    strange = Dataset(dataset.manifest, rows.with_columns(category_id=pl.lit(987)))
    score = score_parts(fitted.network, strange, CHANCE, "test")
    assert np.isfinite(score).all()
    assert (score < 0.05).all()


@pytest.mark.parametrize("part", ["train", "valid"])
def test_an_empty_part_is_refused_with_counts(part: str) -> None:
    dataset = make_dataset(CHANCE, rows=100)
    rows = dataset.rows.filter(pl.col("part") != part)
    counts = "0 rows in train, 20 in valid" if part == "train" else "60 rows in train, 0 in valid"
    with pytest.raises(NotReady, match=counts):
        fit(Dataset(dataset.manifest, rows), CHANCE, PARAMS, 1)
