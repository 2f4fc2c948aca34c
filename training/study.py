"""The search for a network's size and learning rate: a few Optuna trials, resumable, none of which sees the test part."""

from __future__ import annotations

import logging
from dataclasses import asdict
from pathlib import Path
from typing import Any

import optuna
import pytorch_lightning as pl
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import Trial, TrialState
from pytorch_lightning.callbacks import Callback

from training.dataset import Dataset
from training.fit import Params, fit
from training.specs import ModelSpec

LOGGER = logging.getLogger(__name__)


class _Pruning(Callback):
    """Ends a trial whose validation loss is worse than the median of earlier ones at the same epoch."""

    def __init__(self, trial: Trial) -> None:
        self._trial = trial

    def on_validation_end(self, trainer: pl.Trainer, pl_module: Any) -> None:
        self._trial.report(float(trainer.callback_metrics["valid_loss"]), trainer.current_epoch)
        if self._trial.should_prune():
            raise optuna.TrialPruned


def search(dataset: Dataset, spec: ModelSpec, key: str, trials: int, seed: int, root: Path) -> Params:
    """Run trials until `trials` are finished, and return the parameters with the lowest validation loss.

    Trials are kept in `root/<key>.journal`: a search that was killed goes on where it was, one that is done is not repeated.
    The first trial is the default `Params`.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    root.mkdir(parents=True, exist_ok=True)
    study = optuna.create_study(
        study_name=key,
        storage=JournalStorage(JournalFileBackend(str(root / f"{key}.journal"))),
        sampler=optuna.samplers.TPESampler(seed=seed),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=1, n_warmup_steps=2),
        direction="minimize",
        load_if_exists=True,
    )
    if not study.trials:
        study.enqueue_trial(asdict(Params()))

    def objective(trial: Trial) -> float:
        params = Params(
            width=trial.suggest_categorical("width", [16, 64, 128]),
            depth=trial.suggest_int("depth", 1, 3),
            dropout=trial.suggest_float("dropout", 0.0, 0.3),
            learning_rate=trial.suggest_float("learning_rate", 5e-4, 1e-2, log=True),
            weight_decay=trial.suggest_float("weight_decay", 1e-3, 1.0, log=True),
        )
        fitted = fit(dataset, spec, params, seed, [_Pruning(trial)])
        LOGGER.info("%s: trial %d, validation loss %.4f", spec.name, trial.number + 1, fitted.valid_loss)
        return fitted.valid_loss

    finished = sum(trial.state in (TrialState.COMPLETE, TrialState.PRUNED) for trial in study.trials)
    if finished < trials:
        study.optimize(objective, n_trials=trials - finished)
    return Params(**study.best_params)
