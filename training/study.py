"""Searches for the parameters of a model's network or of a task: Optuna trials, resumable, shared by several workers, none of
which sees the test part.

The first trial is the defaults. A trial that is worse than earlier ones at the same point is cut short; one that fails is told of
and counted, and the others go on. Trials are kept in a journal file under the studies' folder, or in a database that all workers
reach. What a trial chooses depends on the seed, its number and the trials before it: with one worker, a search that was killed
finds what it would have found."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import optuna
import polars as pl
import pytorch_lightning as lightning
from optuna.storages import BaseStorage, JournalStorage
from optuna.storages.journal import JournalFileBackend, JournalFileSymlinkLock
from optuna.trial import FrozenTrial, Trial, TrialState
from pytorch_lightning.callbacks import Callback

from core.digest import digest_bytes, digest_value
from core.errors import Damaged, InvalidInput, NotReady, Unreachable, YtempireError
from training.dataset import Dataset
from training.fit import Params, fit
from training.specs import ModelSpec
from training.specs import Task as Kind
from training.tasks import NAMES, task
from training.tasks.task import TRAIN, VALID, FitOptions, Span, Task

LOGGER = logging.getLogger(__name__)

Space = Mapping[str, Span | tuple[Any, ...]]
Step = Callable[[float, int], None]
"""Told of a trial's figure so far and of how far that is; ends the trial when it is not worth going on."""

_NETWORK: Space = {
    "width": (16, 64, 128),
    "depth": Span(1, 3, whole=True),
    "dropout": Span(0.0, 0.3),
    "learning_rate": Span(5e-4, 1e-2, log=True),
    "weight_decay": Span(1e-3, 1.0, log=True),
}
_RANKING: Space = {"pairs": (0.0, 0.3, 1.0)}

_TASTE = 0.3
"""Share of the videos, or whatever else is never split, on which a task's trial is tried first."""
_ERROR, _PROCESS, _DEFAULTS = "error", "process", "defaults"
"""What is kept of a trial beside its parameters: why it failed, who runs it, and that it is the first."""


class Objective(Protocol):
    """What a study makes better. Sent to workers, so it holds data and no functions of its own."""

    @property
    def space(self) -> Space:
        """What may be chosen."""
        ...

    @property
    def is_error(self) -> bool:
        """Whether less is better."""
        ...

    def evaluate(self, params: Mapping[str, Any], step: Step) -> float:
        """The figure that these parameters, over the defaults, reach on the validation part."""
        ...


@dataclass(frozen=True)
class Study:
    """Where trials are kept, and how many are wanted.

    Attributes:
        storage: a database's URL, or the path of a journal file that every worker reaches.
    """

    name: str
    storage: str
    trials: int
    seed: int


def search(
    dataset: Dataset,
    spec: ModelSpec,
    key: str,
    trials: int,
    seed: int,
    root: Path,
    *,
    workers: int = 1,
    storage: str | None = None,
    cluster: str | None = None,
    report: Callable[[str], None] = LOGGER.info,
) -> Params:
    """Search the size and the learning rate of a model's network; return the parameters with the lowest validation loss.

    Takes, keeps and raises what `search_task` does. A trial that was killed goes on from its last epoch.
    """
    objective = NetworkObjective(dataset, spec, seed, root / "checkpoints")
    study = Study(key, storage or str(root / f"{key}.journal"), trials, seed)
    return replace(Params(), **_searched(study, objective, workers, cluster, report))


def search_task(
    searched: Task,
    examples: pl.DataFrame,
    trials: int,
    seed: int,
    root: Path,
    workers: int = 1,
    report: Callable[[str], None] = LOGGER.info,
    *,
    storage: str | None = None,
    cluster: str | None = None,
    threads: int = 2,
) -> dict[str, Any]:
    """Search a task's `space`; return what is best by its primary metric on the validation part, {} for the defaults.

    Args:
        examples: with or without a column `part`; test rows are left out.
        trials: to be finished in all, earlier runs and other workers included. A search that is done is not repeated.
        root: folder for the journal, named by the task, its space, the examples and the seed.
        workers: processes, which share the trials and the `threads`.
        storage: URL of a database instead of the journal, for workers on several machines.
        cluster: address of a Ray cluster to run the workers on, or "local"; None runs them on this machine without Ray.

    Raises:
        NotReady: not one trial has finished; the last one's reason is told.
        Damaged: the journal is none.
        Unreachable: the database does not answer.
    """
    if not searched.space:
        return {}
    if "part" not in examples.columns:
        examples = examples.with_columns(searched.split(examples).alias("part"))
    examples = examples.filter(pl.col("part").is_in([TRAIN, VALID]))
    objective = TaskObjective(
        searched.name if searched.name in NAMES else searched, examples, seed, max(1, threads // max(1, workers))
    )
    key = digest_value({"space": repr(sorted(searched.space.items())), "examples": _digest(examples), "seed": seed})
    name = f"{searched.name}-{key[:16]}"
    return _searched(Study(name, storage or str(root / f"{name}.journal"), trials, seed), objective, workers, cluster, report)


@dataclass(frozen=True)
class NetworkObjective:
    """The validation loss of a model's network."""

    dataset: Dataset
    spec: ModelSpec
    seed: int
    checkpoints: Path
    is_error: bool = True

    @property
    def space(self) -> Space:
        return {**_NETWORK, **_RANKING} if self.spec.task is Kind.RATE and self.spec.within else _NETWORK

    def evaluate(self, params: Mapping[str, Any], step: Step) -> float:
        chosen = replace(Params(), **params)
        return fit(self.dataset, self.spec, chosen, self.seed, [_Telling(step)], checkpoints=self.checkpoints).valid_loss


@dataclass(frozen=True)
class TaskObjective:
    """A task's primary metric on its validation part. Tried on a part of the rows first, where these are many."""

    task: str | Task
    examples: pl.DataFrame
    seed: int
    threads: int

    @property
    def _task(self) -> Task:
        return task(self.task) if isinstance(self.task, str) else self.task

    @property
    def space(self) -> Space:
        return self._task.space

    @property
    def is_error(self) -> bool:
        return self._task.primary in self._task.lower_is_better

    def evaluate(self, params: Mapping[str, Any], step: Step) -> float:
        taste = _share(self.examples, _TASTE, self.seed)
        if taste.filter(pl.col("part") == TRAIN).height >= self._task.fewest:
            step(self._reached(params, taste), 0)
        return self._reached(params, self.examples)

    def _reached(self, params: Mapping[str, Any], examples: pl.DataFrame) -> float:
        chosen = self._task
        program = chosen.fit(examples, FitOptions(seed=self.seed, threads=self.threads, params=params))
        valid = self.examples.filter(pl.col("part") == VALID)
        return float(chosen.metrics[chosen.primary](chosen.judged(valid, program.predict(chosen.requests(valid)))))


class _Telling(Callback):
    """Tells of the validation loss after each epoch."""

    def __init__(self, step: Step) -> None:
        self._step = step

    def on_validation_end(self, trainer: lightning.Trainer, pl_module: Any) -> None:
        self._step(float(trainer.callback_metrics["valid_loss"]), trainer.current_epoch)


def _searched(
    study: Study, objective: Objective, workers: int, cluster: str | None, report: Callable[[str], None]
) -> dict[str, Any]:
    if workers < 1 or study.trials < 1:
        raise InvalidInput(f"A search of {study.trials} trials by {workers} workers is none.", "Give at least 1 of each.")
    opened = _opened(study, objective)
    _give_up_abandoned(opened)
    if workers == 1 and cluster is None:
        work(study, objective, 0, report)
    elif cluster is None:
        _on_this_machine(study, objective, workers)
    else:
        from training.distributed import spread

        spread(work, [(study, objective, number) for number in range(workers)], None if cluster == "local" else cluster)
    opened = _opened(study, objective)
    best = _best(opened)
    if best is None:
        errors = [trial.user_attrs[_ERROR] for trial in opened.trials if _ERROR in trial.user_attrs]
        raise NotReady(
            f"No trial of the study {study.name} has finished." + (f" The last said: {errors[-1]}" if errors else ""),
            "Mend what it names, or train without a study.",
        )
    report(f"study {study.name}: {len(opened.trials)} trials, the best is number {best.number + 1} with {best.value:.5f}")
    return {} if best.user_attrs.get(_DEFAULTS) else _chosen(objective.space, best.params)


def work(study: Study, objective: Objective, number: int = 0, report: Callable[[str], None] = LOGGER.info) -> int:
    """Run trials of a study, one after the other, until all workers have run as many as are wanted; return how many here."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    opened, done = _opened(study, objective), 0
    while True:
        begun = [trial for trial in opened.get_trials(deepcopy=False) if not _is_abandoned(trial)]
        is_waiting = any(trial.state is TrialState.WAITING for trial in begun)
        if sum(trial.state is not TrialState.WAITING for trial in begun) >= study.trials and not is_waiting:
            return done
        # By the number of the trial, and apart from what other workers draw at the same moment.
        opened.sampler = optuna.samplers.TPESampler(seed=_seed(study.seed, len(begun), number), constant_liar=number > 0)
        trial = opened.ask()
        trial.set_user_attr(_PROCESS, _this_process())
        if not any(other.user_attrs.get(_DEFAULTS) for other in begun):
            trial.set_user_attr(_DEFAULTS, True)
        _run(opened, trial, objective, study.name, report)
        done += 1


def _run(opened: optuna.Study, trial: Trial, objective: Objective, name: str, report: Callable[[str], None]) -> None:
    def step(value: float, at: int) -> None:
        if not np.isfinite(value):
            raise ArithmeticError("its figure is not a number")
        trial.report(value, at)
        if trial.should_prune():
            raise optuna.TrialPruned

    said = f"study {name}, trial {trial.number + 1}"
    try:
        value = objective.evaluate({} if trial.user_attrs.get(_DEFAULTS) else _suggest(trial, objective.space), step)
        if not np.isfinite(value):
            raise ArithmeticError("its figure is not a number")
    except optuna.TrialPruned:
        opened.tell(trial, state=TrialState.PRUNED)
        report(f"{said}: cut short")
    except Exception as error:  # noqa: BLE001 - whatever a trial dies of, the next may live
        reason = str(error) if isinstance(error, YtempireError) else f"{type(error).__name__}: {error}"
        trial.set_user_attr(_ERROR, reason)
        opened.tell(trial, state=TrialState.FAIL)
        LOGGER.warning("%s failed: %s", said, reason)
    except BaseException:
        opened.tell(trial, state=TrialState.FAIL)
        raise
    else:
        opened.tell(trial, value)
        report(f"{said}: {value:.5f}")


def _on_this_machine(study: Study, objective: Objective, workers: int) -> None:
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        for running in [pool.submit(work, study, objective, number) for number in range(workers)]:
            running.result()


def _opened(study: Study, objective: Objective) -> optuna.Study:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return _guarded(
        study,
        lambda: optuna.create_study(
            study_name=study.name,
            storage=_storage(study.storage),
            pruner=optuna.pruners.MedianPruner(n_startup_trials=1, n_warmup_steps=2)
            if isinstance(objective, NetworkObjective)
            else optuna.pruners.MedianPruner(n_startup_trials=2),
            direction="minimize" if objective.is_error else "maximize",
            load_if_exists=True,
        ),
    )


def _guarded(study: Study, open_study: Callable[[], optuna.Study]) -> optuna.Study:
    from sqlalchemy.exc import SQLAlchemyError

    is_url = "://" in study.storage
    try:
        opened = open_study()
        opened.get_trials(deepcopy=False)
    except SQLAlchemyError as error:
        raise Unreachable(
            f"The database of the studies does not answer ({type(error).__name__}).",
            "Check YTEMPIRE_STUDIES_URL, or leave it out.",
        ) from error
    except (ValueError, KeyError, TypeError, AssertionError, AttributeError, optuna.exceptions.OptunaError) as error:
        if is_url:
            raise
        raise Damaged(f"{study.storage} is not the journal of a study.", "Remove the file: the study begins anew.") from error
    return opened


def _storage(where: str) -> BaseStorage:
    if "://" in where:
        return optuna.storages.RDBStorage(where)
    path = Path(where)
    path.parent.mkdir(parents=True, exist_ok=True)
    _mend(path)
    return JournalStorage(JournalFileBackend(where))


def _mend(path: Path) -> None:
    """Cut off half a line, which a worker that was killed while writing leaves; what is appended to it could not be read."""
    if not path.is_file() or not path.stat().st_size:
        return
    lock = JournalFileSymlinkLock(str(path))
    lock.acquire()
    try:
        content = path.read_bytes()
        whole = content.rfind(b"\n") + 1
        if 0 < whole < len(content):
            with path.open("r+b") as file:
                file.truncate(whole)
    finally:
        lock.release()


def _give_up_abandoned(opened: optuna.Study) -> None:
    """Trials whose process on this machine is no more are ended, and their parameters tried again."""
    for trial in opened.get_trials(deepcopy=False):
        if trial.state is TrialState.RUNNING and _is_gone(str(trial.user_attrs.get(_PROCESS, ""))):
            with contextlib.suppress(optuna.exceptions.UpdateFinishedTrialError):
                opened.tell(trial.number, state=TrialState.FAIL)
            if trial.params:
                opened.enqueue_trial(trial.params)


def _is_abandoned(trial: FrozenTrial) -> bool:
    return trial.state is TrialState.FAIL and _ERROR not in trial.user_attrs


def _this_process() -> str:
    import psutil

    return f"{socket.gethostname()} {os.getpid()} {psutil.Process().create_time():.0f}"


def _is_gone(process: str) -> bool:
    import psutil

    try:
        host, number, since = process.split()
        if host != socket.gethostname():
            return False
        return f"{psutil.Process(int(number)).create_time():.0f}" != since
    except psutil.NoSuchProcess:
        return True
    except ValueError:  # it has not said yet who it is
        return False


def _best(opened: optuna.Study) -> FrozenTrial | None:
    """The best finished trial, the first of equals."""
    finished = [trial for trial in opened.trials if trial.state is TrialState.COMPLETE]
    sign = 1 if opened.direction is optuna.study.StudyDirection.MINIMIZE else -1
    return min(finished, key=lambda trial: (sign * float(trial.value or 0.0), trial.number), default=None)


def _suggest(trial: Trial, space: Space) -> dict[str, Any]:
    for name, choice in space.items():
        if not isinstance(choice, Span):
            trial.suggest_int(name, 0, len(choice) - 1) if _is_list(choice) else trial.suggest_categorical(name, choice)
        elif choice.whole:
            trial.suggest_int(name, int(choice.low), int(choice.high), log=choice.log)
        else:
            trial.suggest_float(name, choice.low, choice.high, log=choice.log)
    return _chosen(space, trial.params)


def _chosen(space: Space, params: Mapping[str, Any]) -> dict[str, Any]:
    """What a trial's parameters stand for."""
    choices = {name: choice for name, choice in space.items() if not isinstance(choice, Span) and _is_list(choice)}
    return {name: choices[name][value] if name in choices else value for name, value in params.items()}


def _is_list(choice: Sequence[Any]) -> bool:
    """Whether a choice is among values that a journal cannot hold, and so is kept as its place."""
    return not all(value is None or isinstance(value, bool | int | float | str) for value in choice)


def _seed(*parts: int) -> int:
    return int(digest_value(parts)[:8], 16)


def _share(examples: pl.DataFrame, share: float, seed: int) -> pl.DataFrame:
    """The valid part and a share of the clusters of the train part."""
    clusters = examples.filter(pl.col("part") == TRAIN)["cluster"].unique(maintain_order=True)
    kept = clusters.sample(fraction=share, seed=seed) if len(clusters) else clusters
    return examples.filter((pl.col("part") == VALID) | pl.col("cluster").is_in(kept.implode()))


def _digest(examples: pl.DataFrame) -> str:
    named = [name for name in examples.columns if name in ("event_timestamp", "cluster", "part") or name.startswith("label_")]
    buffer = examples.select(named).write_ipc(None, compression="uncompressed").getvalue()
    return digest_value([list(examples.columns), digest_bytes(buffer)])
