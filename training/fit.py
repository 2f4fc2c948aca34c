"""Fits one network on the training part, stopping when the validation part no longer improves."""

from __future__ import annotations

import contextlib
import logging
import os
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Callback, EarlyStopping
from torch import nn

from features.codec import fit_codec
from training.datamodules import PartsModule
from training.dataset import Dataset
from training.modules import ScoreModule
from training.networks.baselines import fit_baseline
from training.networks.tabular import Shape, TabularNetwork
from training.specs import ModelSpec

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


@dataclass(frozen=True)
class Fitted:
    """A fitted network at its best epoch, ready to score."""

    network: nn.Module
    valid_loss: float
    epochs: int
    unseen_inputs: tuple[str, ...]


class _KeepBest(Callback):
    """Remembers the weights of the epoch with the lowest validation loss, the untrained network's included."""

    def __init__(self) -> None:
        self.loss = float("inf")
        self.weights: dict[str, Any] = {}

    def on_validation_end(self, trainer: pl.Trainer, pl_module: Any) -> None:
        loss = float(trainer.callback_metrics["valid_loss"])
        if loss < self.loss:
            self.loss = loss
            self.weights = {name: value.detach().clone() for name, value in pl_module.network.state_dict().items()}


def fit(dataset: Dataset, spec: ModelSpec, params: Params, seed: int, callbacks: Sequence[Callback] = ()) -> Fitted:
    """Fit one network. Equal arguments give equal weights on one machine.

    Only the training part is learnt from (the codec's statistics and the rule's rates included); the validation part decides
    when to stop. What the given callbacks raise is passed on.
    """
    train = dataset.part("train", spec)
    codec = fit_codec(train.raw, spec.inputs, common=min(20, 1 + len(train) // 50))
    best = _KeepBest()
    with _quiet(), _steady(seed):
        shape = Shape(params.width, params.depth, params.dropout)
        network = TabularNetwork(codec, shape, fit_baseline(spec, train.raw, train.target))
        module = ScoreModule(network, spec.task, params.learning_rate, params.weight_decay)
        data = PartsModule(dataset, spec, seed)
        trainer = pl.Trainer(
            max_epochs=spec.epochs,
            accelerator="cpu",  # these networks fit faster than a batch reaches a GPU
            devices=1,
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            num_sanity_val_steps=0,
            gradient_clip_val=1.0,
            deterministic=True,
            callbacks=[best, EarlyStopping("valid_loss", patience=_PATIENCE, verbose=False), *callbacks],
        )
        trainer.validate(module, data, verbose=False)
        trainer.fit(module, data)
    network.load_state_dict(best.weights)
    return Fitted(network.eval(), best.loss, trainer.current_epoch, tuple(codec.unseen_names()))


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
