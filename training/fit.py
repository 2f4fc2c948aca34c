"""Fits one network on the training part, stopping when the validation part no longer improves.

`fit` is for the models of `training.specs`; `fit_network` fits any network by any loss, and is what the former is made of. A fit
that is given a folder for checkpoints and is killed goes on after its last whole epoch, and ends with the weights it would have
had."""

from __future__ import annotations

import contextlib
import logging
import os
import tempfile
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Callback, Checkpoint, EarlyStopping
from torch import Tensor, nn
from torch.utils.data import TensorDataset

from core.digest import digest_value
from core.errors import NotReady
from features.codec import fit_codec
from training.checkpoints import Checkpoints
from training.datamodules import PartsModule, tensors_of
from training.dataset import Dataset
from training.modules import ScoreModule
from training.networks.baselines import fit_baseline
from training.networks.choice import network_for
from training.networks.losses import Loss, RankingLoss, chance_loss, rate_loss
from training.plan import TrainerPlan, found_devices, plan_for, weights_of
from training.specs import ModelSpec, Task

LOGGER = logging.getLogger(__name__)

_PATIENCE = 3
"""Epochs without a lower validation loss after which a fit stops."""


@dataclass(frozen=True)
class Params:
    """What a trial chooses."""

    width: int = 64
    depth: int = 2
    dropout: float = 0.1
    learning_rate: float = 2e-3
    weight_decay: float = 1e-2
    pairs: float = 0.0
    """Weight of the order within groups beside the rate itself; of rates alone."""


@dataclass(frozen=True)
class Fitted:
    """A fitted network at its best epoch, ready to score."""

    network: nn.Module
    valid_loss: float
    epochs: int
    unseen_inputs: tuple[str, ...] = ()
    best_epoch: int = 0
    """Epochs after which it had the weights that were kept."""


def fit(
    dataset: Dataset,
    spec: ModelSpec,
    params: Params,
    seed: int,
    callbacks: Sequence[Callback] = (),
    checkpoints: Path | None = None,
    plan: TrainerPlan | None = None,
) -> Fitted:
    """Fit one network. Equal arguments give equal weights on one machine.

    Only the training part is learnt from (the codec's statistics and the rule's rates included); the validation part decides
    when to stop. What the given callbacks raise is passed on.

    Args:
        checkpoints: folder under which this fit keeps its own while it runs; None keeps none.
        plan: on what to fit; None takes what suits the machine.

    Raises:
        NotReady: the training part has no rows, or the validation part has none.
    """
    train, valid = dataset.part("train", spec), dataset.part("valid", spec)
    if not (len(train) and len(valid)):
        raise NotReady(
            f"There is nothing to fit {spec.name} on: {len(train)} rows in train, {len(valid)} in valid.",
            "The rule in use stays; run more days.",
        )
    codec = fit_codec(train.raw, spec.inputs, common=min(20, 1 + len(train) // 50))
    loss: Loss = rate_loss if spec.task is Task.RATE else chance_loss
    if spec.task is Task.RATE and params.pairs > 0:
        loss = RankingLoss(pairs=params.pairs)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        rule = fit_baseline(spec, train.raw, train.target)
        network = network_for(spec, codec, rule, params.width, params.depth, params.dropout)
    key = digest_value({"data": dataset.manifest.digest, "spec": repr(spec), "params": asdict(params), "seed": seed})
    return fit_network(
        network,
        loss,
        tensors_of(train),
        tensors_of(valid),
        batch_rows=spec.batch_rows,
        epochs=spec.epochs,
        learning_rate=params.learning_rate,
        weight_decay=params.weight_decay,
        seed=seed,
        callbacks=callbacks,
        checkpoints=checkpoints / key[:16] if checkpoints else None,
        plan=plan,
        unseen_inputs=tuple(codec.unseen_names()),
    )


def fit_network(
    network: nn.Module,
    loss: Loss,
    train: TensorDataset,
    valid: TensorDataset | None,
    *,
    batch_rows: int,
    epochs: int,
    learning_rate: float,
    weight_decay: float,
    seed: int,
    patience: int = _PATIENCE,
    callbacks: Sequence[Callback] = (),
    checkpoints: Path | None = None,
    plan: TrainerPlan | None = None,
    unseen_inputs: tuple[str, ...] = (),
    is_annealed: bool = False,
) -> Fitted:
    """Fit a network in place, and leave it with the weights of the epoch with the lowest validation loss, in evaluation mode.

    Args:
        train: rows as `datamodules.tensors` makes them.
        valid: rows that decide when to stop; without them all epochs are made, and the last weights kept.
        checkpoints: folder of this very fit: other rows, sizes or seeds need another one. Emptied at the end.
        is_annealed: whether the learning rate falls to zero over all epochs, so that the last is the best of a fixed number.
    """
    plan = plan or plan_for(found_devices(), weights_of(network), batch_rows)
    with _quiet(), _steady(seed), tempfile.TemporaryDirectory() as scratch:
        kept = Checkpoints(checkpoints) if checkpoints else None
        data = PartsModule(train, valid, max(1, batch_rows // plan.accumulate), seed)
        begun_with = float("inf") if valid is None else _loss_of(network, loss, data.val_dataloader())
        best = _KeepBest(Path(scratch) / "best.pt", begun_with, network, is_last_kept=valid is None)
        stop = EarlyStopping("valid_loss", patience=patience, strict=valid is not None, verbose=False)
        every = [_Draws(seed, stop), best, stop, *callbacks, *([_Keep(kept)] if kept else [])]
        module = ScoreModule(network, loss, learning_rate, weight_decay, is_annealed)
        trainer = pl.Trainer(
            max_epochs=epochs,
            accelerator=plan.accelerator,
            devices=plan.devices,
            strategy=plan.strategy,
            precision=plan.precision,  # type: ignore[arg-type]
            accumulate_grad_batches=plan.accumulate,
            logger=False,
            enable_checkpointing=kept is not None,
            enable_progress_bar=False,
            enable_model_summary=False,
            num_sanity_val_steps=0,
            gradient_clip_val=1.0,
            deterministic=True if plan.accelerator == "cpu" else "warn",
            use_distributed_sampler=False,
            callbacks=every,
        )
        if (begun := kept.newest() if kept else None) is not None:
            LOGGER.info("Going on from %s", begun)
        trainer.fit(module, data, ckpt_path=begun, weights_only=True)
        reached = best.read()
        network.load_state_dict(reached["weights"])
        if kept:
            kept.clear()
    return Fitted(network.eval(), float(reached["loss"]), int(reached["epochs"]), unseen_inputs, int(reached["best"]))


class _KeepBest(Callback):
    """Remembers the weights of the epoch with the lowest validation loss, the untrained network's included.

    In a file: processes that are spawned for a fit take what they hold with them."""

    def __init__(self, path: Path, loss: float, network: nn.Module, is_last_kept: bool) -> None:
        self._path, self._is_last_kept = path, is_last_kept
        self._state: dict[str, Any] = {"loss": loss, "weights": _copied(network), "epochs": 0, "best": 0}

    def on_validation_end(self, trainer: pl.Trainer, pl_module: Any) -> None:
        loss = float(trainer.callback_metrics["valid_loss"])
        if loss < self._state["loss"]:
            self._state |= {"loss": loss, "weights": _copied(pl_module.network), "best": trainer.current_epoch + 1}
            self._write(trainer)

    def on_train_end(self, trainer: pl.Trainer, pl_module: Any) -> None:
        self._state["epochs"] = trainer.current_epoch
        if self._is_last_kept:
            self._state |= {"weights": _copied(pl_module.network), "best": trainer.current_epoch}
        self._write(trainer)

    def state_dict(self) -> dict[str, Any]:
        return dict(self._state)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self._state = dict(state_dict)

    def read(self) -> dict[str, Any]:
        """What was written last; what is held where nothing was."""
        return dict(torch.load(self._path, weights_only=True)) if self._path.is_file() else self._state

    def _write(self, trainer: pl.Trainer) -> None:
        if trainer.is_global_zero:
            torch.save(self._state, self._path)


def _copied(network: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().cpu().clone() for name, value in network.state_dict().items()}


def _loss_of(network: nn.Module, loss: Loss, batches: Iterable[Any]) -> float:
    """The validation loss as Lightning means it: over batches, by their rows."""
    network.eval()
    with torch.no_grad():
        each = [(float(loss(network, batch)), len(batch[1])) for batch in batches]
    network.train()
    return sum(value * rows for value, rows in each) / sum(rows for _, rows in each)


class _Draws(Callback):
    """Draws each batch's dropout from seed, epoch and place alone: what was drawn before it does not matter."""

    def __init__(self, seed: int, stop: EarlyStopping) -> None:
        self._seed, self._stop = seed, stop

    def on_train_start(self, trainer: pl.Trainer, pl_module: Any) -> None:
        if self._stop.wait_count >= self._stop.patience:  # killed between its last epoch and its end
            trainer.should_stop = True

        if trainer.strategy.root_device.type == "cpu":
            torch.set_num_threads(1)  # of a spawned process, too

    def on_train_batch_start(self, trainer: pl.Trainer, pl_module: Any, batch: Any, batch_idx: int) -> None:
        torch.manual_seed(_seed_of(self._seed, trainer.current_epoch, batch_idx, trainer.global_rank))


class _Keep(Checkpoint):
    """Writes a checkpoint after each epoch, and after what decides at its end whether to stop."""

    def __init__(self, checkpoints: Checkpoints) -> None:
        self._checkpoints = checkpoints

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: Any) -> None:
        # Every process takes part in saving; the first alone has a file to name.
        self._checkpoints.write(trainer.current_epoch, trainer.save_checkpoint, is_first=trainer.is_global_zero)


def _seed_of(*parts: int) -> int:
    """One seed of several numbers, far from the seeds of their neighbours."""
    return int(digest_value(parts)[:15], 16)


@contextlib.contextmanager
def _steady(seed: int) -> Iterator[None]:
    """Seed torch, and keep it to one thread: on batches this small several wait for each other (18.6 s against 2.9 s)."""
    threads, was_deterministic = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        torch.set_num_threads(1)
        try:
            yield
        finally:
            torch.set_num_threads(threads)
            torch.use_deterministic_algorithms(was_deterministic)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Lightning advises on workers and loggers; none of it applies to tensors that already lie in memory."""
    loggers = [logging.getLogger(name) for name in ("pytorch_lightning", "pytorch_lightning.utilities.rank_zero")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), open(os.devnull, "w") as nowhere, contextlib.redirect_stderr(nowhere):
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
