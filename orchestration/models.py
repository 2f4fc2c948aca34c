"""The bodies of `ytempire train`, `promote`, `rollback`, `models` and `evaluate`.

Tasks learn from a folder of archives or from the warehouse; the models of the warehouse are trained by the job that Dagster runs,
too. Of the tasks, only the registry's database is started here, never a market."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from core.disk import make_folder, require_free_space
from core.errors import InvalidInput, NotReady, UnknownName, YtempireError
from core.settings import child_environment
from orchestration.stack import Stack
from training.specs import MODELS
from training.tasks import NAMES
from training.tasks import task as task_of

if TYPE_CHECKING:
    from training.sources import Source
    from training.tasks.task import Task
    from training.tracking import Tracker, Version
    from training.values import Verdict

ALL = "all"
_WIDE = 120
"""Width of tables in a file or a pipe, where there is no terminal to fit."""
_OF_A_TASK = "_task"
"""Behind the registered name of a task that a model of the warehouse shares its name with."""


@dataclass(frozen=True)
class Wanted:
    """What a name on the command line means: tasks, or one model of the warehouse."""

    tasks: tuple[str, ...]
    model: str | None = None


def what_to_train(name: str, has_data: bool) -> Wanted:
    """Tasks for a task's name, for `all`, and for a model's name with data; else the model of the warehouse.

    Raises UnknownName."""
    if name == ALL:
        return Wanted(NAMES)
    if name in MODELS and not has_data:
        return Wanted((), name)
    if (own := name.removesuffix(_OF_A_TASK)) in NAMES:
        return Wanted((own,))
    if name in MODELS:
        return Wanted(tuple(one for one in NAMES if task_of(one).model == name))
    raise UnknownName(
        f"There is no model {name!r}, and no task either.",
        f"The models are {', '.join(sorted(MODELS))}, the tasks {', '.join(NAMES)}; or all tasks: {ALL}.",
    )


@dataclass(frozen=True)
class Effort:
    """How tasks are trained: trials of a search and who makes them, seed (the default one where none is given), and cores."""

    trials: int = 0
    seed: int | None = None
    threads: int = 2
    workers: int = 1
    cluster: str | None = None


def train_tasks(stack: Stack, names: Sequence[str], data: Path | None, effort: Effort, console: Console) -> None:
    """Train tasks, put each to use where it passes the gate, and say what came of it.

    Several are trained in a process of their own each, so that none holds another's memory; one that fails does not stop the
    others. Raises what the one raises, or InvalidInput naming those that failed."""
    if data is not None and not data.is_dir():
        raise InvalidInput(f"There is no folder {data}.", "Give --data the folder that holds the archives.")
    if len(names) == 1:
        _train_task(stack, task_of(names[0]), data, effort, console)
        return
    begin = time.monotonic()
    failed = []
    for number, name in enumerate(names, start=1):
        console.print(f"[bold]{name}[/] ({number} of {len(names)})")
        if _train_apart(stack, name, data, effort):
            failed.append(name)
    show_models(stack, Console())
    console.print(f"{len(names) - len(failed)} of {len(names)} tasks in {(time.monotonic() - begin) / 60:.1f} min")
    if failed:
        raise NotReady(f"No version came out of {', '.join(failed)}.", "What is wrong stands above; the others are done.")


def _train_apart(stack: Stack, name: str, data: Path | None, effort: Effort) -> bool:
    """Train one task in a process of its own; whether it failed."""
    command = [str(Path(sys.executable).with_name("ytempire")), "train", f"{name}{_OF_A_TASK}"]
    command += ["--trials", str(effort.trials), "--threads", str(effort.threads), "--workers", str(effort.workers)]
    command += ["--cluster", effort.cluster] if effort.cluster is not None else []
    command += ["--data", str(data.resolve())] if data is not None else []
    command += ["--seed", str(effort.seed)] if effort.seed is not None else []
    environment = child_environment({"YTEMPIRE_HOME": str(stack.settings.home.resolve())})
    return subprocess.run(command, env=environment, check=False).returncode != 0  # noqa: S603 (our own program, no shell)


def _train_task(stack: Stack, task: Task, data: Path | None, effort: Effort, console: Console) -> None:
    from training.performance import record_promotion, record_task_performance
    from training.promotion import promote_task
    from training.tasks.pipeline import Search, prepare, train_task
    from training.tasks.task import FitOptions

    settings = stack.settings
    require_free_space(make_folder(settings.state))
    with _registry(stack), _steps(console, task.name) as report:
        tracker = open_tracker(stack)
        tracker.models()  # that the registry is away is better known before the work than after it
        report(f"reading {data or 'the warehouse'}")
        examples = prepare(task, task.read(_source(stack, data)))
        report(f"{examples.height:,} examples")
        seed = FitOptions.seed if effort.seed is None else effort.seed
        options = FitOptions(seed=seed, threads=effort.threads, report=report)
        storage = settings.studies_url.get_secret_value() if settings.studies_url is not None else None
        search = Search(effort.trials, effort.workers, storage, effort.cluster)

        def decided(verdict: Verdict) -> None:
            record_promotion(stack.engine, verdict, stack.clock.now())

        trained = train_task(task, examples, tracker, settings.state, settings.home, options, search, decided)
        verdict = promote_task(task, tracker, trained.version, settings.state, settings.home, trained.exam, report)
        decided(verdict)
        if trained.is_new:
            found = record_of(tracker, trained.version)
            record_task_performance(stack.engine, trained.version.model, trained.version.number, found, stack.clock.now())
    _say(verdict, console)


def _source(stack: Stack, data: Path | None) -> Source:
    if data is not None:
        from training.sources import ArchiveFolder

        return ArchiveFolder(data)
    from training.warehouse import WarehouseSource

    return WarehouseSource(stack.engine)


def train_model(stack: Stack, name: str, day: date | None) -> None:
    """Train a challenger of a model of the warehouse, as the job does, and promote it where it is better.

    As of a day, or of the last one that the warehouse holds."""
    from orchestration.runs import open_runner

    with open_runner(stack) as runner:
        runner.model(name, day or runner.last_day("marts", "fct_video_reading") or stack.settings.first_day)


def promote(stack: Stack, name: str, number: str | None, console: Console) -> bool:
    """Judge a version (the newest by default) and put it to use when it passes the gate; whether it is in use now."""
    from training.performance import record_promotion
    from training.promotion import promote_task

    with _registry(stack), _steps(console, name) as report:
        tracker = open_tracker(stack)
        registered = registered_name(tracker, name)
        version = tracker.version(registered, number) if number else _newest(tracker, registered)
        if (task := task_of_registered(registered)) is not None:
            verdict = promote_task(task, tracker, version, stack.settings.state, stack.settings.home, report=report)
        else:
            verdict = _promote_model(stack, tracker, version)
        record_promotion(stack.engine, verdict, stack.clock.now())
    _say(verdict, console)
    return verdict.champion == version.number


def _promote_model(stack: Stack, tracker: Tracker, version: Version) -> Verdict:
    from training.dataset import load_dataset
    from training.promotion import promote as promote_model
    from training.tracking import DATASET
    from training.values import Candidate

    logged = tracker.metrics(version)
    metrics, baseline = (
        {name.removeprefix(prefix): value for name, value in logged.items() if name.startswith(prefix)}
        for prefix in ("test.", "baseline.")
    )
    digest = version.tags.get(DATASET, "")
    dataset = load_dataset(stack.settings.state / "snapshots", digest)
    candidate = Candidate(version.model, digest, version.number, "Asked for by hand.", metrics, baseline, is_new=False)
    return promote_model(dataset, MODELS[version.model], tracker, candidate)


def rollback(stack: Stack, name: str, reason: str, console: Console) -> None:
    """Put the predecessor of the version in use back to use. Raises NotReady where there is none."""
    from training.performance import record_promotion
    from training.promotion import rollback_model, rollback_task

    with _registry(stack):
        tracker = open_tracker(stack)
        registered = registered_name(tracker, name)
        if (task := task_of_registered(registered)) is not None:
            verdict = rollback_task(task, tracker, stack.settings.home, reason)
        else:
            verdict = rollback_model(MODELS[registered], tracker, reason)
        record_promotion(stack.engine, verdict, stack.clock.now())
    console.print(f"{registered}: version {verdict.champion} ({verdict.champion_kind}) is in use again. {verdict.reason}")
    if task is None:
        console.print("Next       ytempire serve: the model server takes the version in use")


def show_models(stack: Stack, console: Console) -> None:
    """Print every version of every model: what it reached beside the rule, which is in use, and which answers on this machine."""
    from training.packs import find_pack
    from training.tracking import DELETED, SIZE

    with _registry(stack):
        tracker = open_tracker(stack)
        names = [name for name in tracker.models() if name in MODELS or task_of_registered(_without_niche(name)) is not None]
        if not names:
            console.print("No model has been trained yet.\nNext       make models DATA=FOLDER, or make run")
            return
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
        for column in ("Model", "No", "Kind", "Use", "Reached", "95 %", "Rule", "Trained", "MB"):
            is_number = column in ("No", "MB", "Rule")
            table.add_column(column, no_wrap=True, justify="right" if is_number else "left")
        notes = []
        for name in names:
            task, champion = task_of_registered(name), tracker.champion(name)
            for version in reversed(tracker.versions(name)):
                is_used = champion is not None and champion.number == version.number
                metric, value, ends, rule = _shown_figures(stack, tracker, version)
                size = (
                    "deleted" if DELETED in version.tags else f"{float(version.tags[SIZE]):.1f}" if SIZE in version.tags else "–"
                )
                table.add_row(
                    name,
                    version.number,
                    version.kind,
                    Text("✓" if is_used else "", style="green"),
                    Text(f"{metric} {value}", style="bold" if is_used else ""),
                    ends,
                    rule,
                    f"{version.created_at:%Y-%m-%d}" if version.created_at else "",
                    size,
                )
            if task is not None and champion is not None:
                try:
                    packed = find_pack(stack.settings.home, task.name).version
                except YtempireError:
                    packed = "none"
                if packed != champion.number:
                    notes.append(f"{name}: predictions are made by version {packed}; mend it with ytempire promote {name}")
    if not console.is_terminal:
        console = Console(file=console.file, width=_WIDE, highlight=False)
    console.print(table)
    for note in notes:
        console.print(Text(note, style="yellow"), soft_wrap=True)


def _shown_figures(stack: Stack, tracker: Tracker, version: Version) -> tuple[str, str, str, str]:
    from training.performance import recorded_interval

    logged = tracker.metrics(version)
    task = task_of_registered(_without_niche(version.model))
    if task is None:
        metric = MODELS[version.model].primary_metric
        rule = logged.get(f"baseline.{metric}")
        low, high = recorded_interval(stack.engine, version.model, version.number, metric)
    else:
        metric = task.primary
        rule = logged.get(f"baseline.{next(iter(task.rules))}.{metric}")
        low, high = logged.get(f"test.{metric}.low"), logged.get(f"test.{metric}.high")
    value = logged.get(f"test.{metric}")
    ends = f"[{low:.3g}, {high:.3g}]" if low is not None and high is not None else ""
    return metric, _short(value), ends, _short(rule)


def _short(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}"


def evaluate(stack: Stack, name: str, data: Path | None, console: Console) -> dict[str, Any]:
    """What the champion of a task reaches beside the rules: as it was measured at registration, or, with data, measured now by
    its twin on the test part of the data. Raises NotReady without a champion."""
    from training.judging import quick_baseline, record
    from training.packs import HELD_OUT, find_pack, load_champion

    task = task_of(name.removesuffix(_OF_A_TASK))
    pack = find_pack(stack.settings.home, task.name)
    figures = pack.record
    digest = figures["dataset_digest"]
    if data is not None:
        from training.performance import plain_json
        from training.tasks.pipeline import BASELINE, CANDIDATE, answer, freeze, prepare, sit_rules

        if not data.is_dir():
            raise InvalidInput(f"There is no folder {data}.", "Give --data the folder that holds the archives.")
        with _steps(console, task.name) as report:
            report(f"reading {data}")
            examples = prepare(task, task.read(_source(stack, data)))
            with TemporaryDirectory() as scratch:
                digest = freeze(task, examples, Path(scratch))
            exam = sit_rules(task, examples, report)
            who = next(iter(task.rules)) if pack.kind == BASELINE else CANDIDATE
            if who == CANDIDATE:
                _, twin = load_champion(stack.settings.home, task, HELD_OUT)
                exam.enter(CANDIDATE, answer(task, twin, exam.test), in_full=True, report=report)
        figures = plain_json(record(exam, who, list(task.rules)))
    quick = quick_baseline(figures)
    return {
        "task": task.name,
        "model": task.model,
        "version": pack.version,
        "kind": pack.kind,
        "metric": figures["metric"],
        "lower_is_better": figures["lower_is_better"],
        "value": figures["value"],
        "interval": [figures["low"], figures["high"]],
        "baselines": {
            rule: {
                "value": found["value"],
                "interval": [found["low"], found["high"]],
                "difference": found["difference"]["point"],
                "difference_interval": [found["difference"]["low"], found["difference"]["high"]],
                "metrics": found["metrics"],
            }
            for rule, found in figures["baselines"].items()
        },
        "quick_baseline": quick,
        "difference": figures["baselines"][quick]["difference"]["point"],
        "difference_interval": [figures["baselines"][quick]["difference"][end] for end in ("low", "high")],
        "base_rate": next(iter(figures["base_rates"].values()), None),
        "base_rates": figures["base_rates"],
        "metrics": {
            metric: {"value": found["value"], "interval": [found["low"], found["high"]]}
            for metric, found in figures["metrics"].items()
        },
        "slices": figures["slices"],
        "rows": figures["rows"],
        "dataset_digest": digest,
        "measured": "now" if data is not None else "at registration",
    }


@contextmanager
def _registry(stack: Stack) -> Iterator[None]:
    """Say in a sentence that the registry is away, and leave no connection open when the work is done."""
    from training.tracking import registry_failures

    try:
        with registry_failures():
            yield
    finally:
        if "engine" in stack.__dict__:
            stack.engine.dispose()


def open_tracker(stack: Stack) -> Tracker:
    """The registry of this market."""
    from training.tracking import Tracker

    return Tracker(stack.mlflow_url, stack.settings.state / "mlflow")


def record_of(tracker: Tracker, version: Version) -> dict[str, Any]:
    """What was measured of a task's version when it was registered."""
    from training.packs import RECORD

    found: dict[str, Any] = json.loads((tracker.beside(version) / RECORD).read_bytes())
    return found


def registered_name(tracker: Tracker, name: str) -> str:
    """The registered model that a name means. Raises UnknownName for a name that is none, NotReady for one without versions."""
    known = tracker.models()
    own = [name, f"{name}{_OF_A_TASK}"]
    if name not in MODELS and task_of_registered(name) is None and name not in NAMES:
        raise UnknownName(
            f"There is no model {name!r}, and no task either.",
            f"The models are {', '.join(sorted(MODELS))}, the tasks {', '.join(NAMES)}.",
        )
    found = next((one for one in own if one in known), None)
    if found is None:
        raise NotReady(f"{name} has no version yet.", f"Train it: ytempire train {name} --data FOLDER.")
    return found


def task_of_registered(name: str) -> Task | None:
    """The task that a registered name belongs to; None for a model of the warehouse."""
    if name in MODELS:
        return None
    own = name.removesuffix(_OF_A_TASK) if name.removesuffix(_OF_A_TASK) in MODELS else name
    return task_of(own) if own in NAMES else None


def _without_niche(registered: str) -> str:
    """The name of the task that answers for all: a niche's own is registered as `<task>.<niche>`."""
    return registered.partition(".")[0]


def _newest(tracker: Tracker, registered: str) -> Version:
    versions = tracker.versions(registered)
    if not versions:
        raise NotReady(f"{registered} has no version yet.", f"Train it: ytempire train {registered}.")
    return versions[-1]


def _say(verdict: Verdict, console: Console) -> None:
    words = f"{verdict.model}: version {verdict.champion} ({verdict.champion_kind}) is in use. {verdict.reason}"
    console.print(Text(words, style="green" if verdict.is_promoted else "yellow"), soft_wrap=True)


@contextmanager
def _steps(console: Console, name: str) -> Iterator[Callable[[str], None]]:
    """Tell of long work: what is done now, and how long each step took. At a terminal the clock runs."""
    last: list[tuple[str, float]] = []

    def close() -> None:
        if last:
            words, begin = last.pop()
            console.print(Text(f"  {name:<10} {words:<62} {time.monotonic() - begin:7.1f} s"), soft_wrap=True)

    if console.is_terminal:
        from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
        with Progress(*columns, console=console, transient=True) as bar:
            task = bar.add_task(name)

            def show(words: str) -> None:
                close()
                last.append((words, time.monotonic()))
                bar.reset(task, description=f"{name}  {words}")

            try:
                yield show
            finally:
                close()
        return

    def tell(words: str) -> None:
        close()
        last.append((words, time.monotonic()))

    try:
        yield tell
    finally:
        close()
