"""From examples to a registered version of a task: refuse, freeze, learn, judge beside the rules, learn from everything.

A version holds two programs. The one in use has learnt from every row; its twin has not seen the test part, and all that is said
of a version was measured with the twin. Which version is used is decided by `training.promotion`."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from core.digest import digest_file, digest_value
from core.errors import Damaged, NotReady, YtempireError
from core.settings import ROOT
from training.cards import calibration_pairs, card, pictures
from training.dataset import write_snapshot
from training.judging import Exam, record, require_answers
from training.packs import CARD, HELD_OUT, RECORD, Pack, load_program, pack_champion
from training.performance import plain_json
from training.specs import MODELS
from training.tasks.rule import RuleProgram
from training.tasks.task import TEST, TRAIN, VALID, FitOptions, Program, Task
from training.tracking import AS_OF, DATASET, KEY, KIND, PROMOTION, Entry, Tracker, Version
from training.values import Costs, Verdict

LOGGER = logging.getLogger(__name__)

BASELINE, LEARNT = "baseline", "learnt"
CANDIDATE, CHAMPION = "candidate", "champion"
"""Names under which a new program and the one in use answer an exam; rules answer under their own."""

SNAPSHOTS, STUDIES = "snapshots", "studies"
CODE, SEED, TRIALS = "code_digest", "seed", "trials"
_PROBE_ROWS = 1_000
_SINGLE_ASKS = 5


@dataclass(frozen=True)
class Search:
    """How much is searched for better parameters, and by whom.

    Attributes:
        trials: none takes the parameters that were found before.
        workers: processes, of this machine or of the cluster, that share the study.
        storage: URL of a database that every worker reaches, in place of a journal file.
        cluster: address of a Ray cluster that the workers run on.
    """

    trials: int = 0
    workers: int = 1
    storage: str | None = None
    cluster: str | None = None


@dataclass(frozen=True)
class Trained:
    """A version that came out of training. `exam` is None where the same training had been done before."""

    version: Version
    is_new: bool
    exam: Exam | None


def entry_of(task: Task) -> Entry:
    """The task's name in the registry: its own, or with `_task` behind it where a model of the warehouse has that name."""
    return Entry(f"{task.name}_task" if task.name in MODELS else task.name, task.question)


def train_task(
    task: Task,
    examples: pl.DataFrame,
    tracker: Tracker,
    state: Path,
    home: Path,
    options: FitOptions = FitOptions(),  # noqa: B008 (frozen)
    search: Search = Search(),
    decided: Callable[[Verdict], None] = lambda _: None,
) -> Trained:
    """Train a version on prepared examples and register it; the task's first rule is registered, and in use, before it.

    `decided` is told when the rule is put to use.
    The same examples, seed, parameters, trials and code give the version that is already there. Raises Damaged for a program that
    gives no finite answers; nothing is registered then."""
    report = options.report
    digest = freeze(task, examples, state / SNAPSHOTS)
    code = code_digest()
    wanted = {"dataset": digest, "code": code, "seed": options.seed, "params": dict(options.params), "trials": search.trials}
    key = digest_value(wanted)
    known = tracker.find(entry_of(task).name, KEY, key)
    has_known = known is not None and tracker.is_intact(known)
    if known is not None and has_known and has_sound_champion(task, tracker):
        report(f"version {known.number} was trained before on the same rows with the same code")
        return Trained(known, False, None)

    exam = sit_rules(task, examples, report)
    ensure_rule(task, examples, digest, tracker, home, exam, decided)
    if known is not None and has_known:
        return Trained(known, False, exam)

    if search.trials > 0:
        from training.study import search_task

        report(f"searching: {search.trials} trials")
        found = search_task(
            task,
            examples.filter(pl.col("part") != TEST),
            search.trials,
            options.seed,
            state / STUDIES,
            search.workers,
            storage=search.storage,
            cluster=search.cluster,
            threads=options.threads,
        )
        options = replace(options, params={**found, **options.params})
    begin = time.monotonic()
    learnt = examples.filter(pl.col("part").is_in([TRAIN, VALID]))
    report(f"learning from {learnt.height:,} of {examples.height:,} rows, to be judged on the others")
    twin = task.fit(learnt, options)
    exam.enter(CANDIDATE, answer(task, twin, exam.test), in_full=True, report=report)
    champion = tracker.champion(entry_of(task).name)
    has_champion = champion is not None and enter_champion(task, tracker, champion, exam, report)
    report(f"learning from all {examples.height:,} rows")
    final = task.fit(examples.with_columns(pl.lit(TRAIN).alias("part")), replace(options, tuned=twin.tuned))
    params = {**options.params, **{f"tuned.{name}": json.dumps(value) for name, value in twin.tuned.items()}}
    extra = {"seconds": round(time.monotonic() - begin, 1), TRIALS: search.trials, "threads": options.threads}
    version = _register(
        task, tracker, LEARNT, key, digest, examples, final, twin, exam, CANDIDATE, params, options.seed, extra, has_champion
    )
    report(f"registered as version {version.number}")
    return Trained(version, True, exam)


def prepare(task: Task, examples: pl.DataFrame) -> pl.DataFrame:
    """The examples with their `part`. Raises NotReady, with the counts, where there are too few or a label is always the same."""
    examples = examples.with_columns(task.split(examples).alias("part"))
    counts = dict(examples.group_by("part").len().rows())
    needed = {TRAIN: task.fewest, TEST: max(task.fewest // 10, 1)}
    if any(counts.get(name, 0) < fewest for name, fewest in needed.items()):
        asked = f"{needed[TRAIN]} rows to learn from and {needed[TEST]} to be judged on"
        raise NotReady(
            f"Too little data to train {task.name}: it needs {asked}, and has {counts.get(TRAIN, 0)} and {counts.get(TEST, 0)}.",
            "The version in use stays; bring in more data.",
        )
    for part in needed:
        rows = examples.filter(pl.col("part") == part)
        for label in (name for name in examples.columns if name.startswith("label_")):
            values = rows[label].drop_nulls()
            if values.n_unique() < 2:
                said = f"is {values[0]} in all {len(values)} rows" if len(values) else "is unknown in all rows"
                raise NotReady(
                    f"Nothing can be learnt for {task.name}: {label.removeprefix('label_')} {said} of the {part} part.",
                    "The version in use stays; bring in data with more than one outcome.",
                )
    return examples


def freeze(task: Task, examples: pl.DataFrame, root: Path) -> str:
    """Freeze examples as a snapshot with a manifest of what is in it and what was kept apart; return the digest."""
    test = examples.filter(pl.col("part") == TEST)
    learnt = examples.filter(pl.col("part").is_in([TRAIN, VALID]))
    begins = _moment(test, "event_timestamp", "min")
    late = learnt.filter(pl.col("known_at") > begins).height if begins is not None and "known_at" in learnt.columns else 0
    shared = learnt["cluster"].is_in(test["cluster"].unique().implode()).sum() if "cluster" in learnt.columns else 0
    fields = {
        "task": task.name,
        "columns": {name: str(kind) for name, kind in examples.schema.items()},
        "parts": {name: _summary(examples.filter(pl.col("part") == name)) for name in (TRAIN, VALID, TEST)},
        "leakage": {
            "rows_between_parts": examples["part"].null_count(),
            "learnt_rows_known_after_test_began": late,
            "learnt_rows_of_a_test_cluster": int(shared),
        },
    }
    return write_snapshot(examples, fields, root)


def sit_rules(task: Task, examples: pl.DataFrame, report: Callable[[str], None] = lambda _: None) -> Exam:
    """An exam on the test part, answered by every rule, each having learnt from train and valid."""
    learnt = examples.filter(pl.col("part").is_in([TRAIN, VALID]))
    exam = Exam(task, examples.filter(pl.col("part") == TEST))
    for name, rule in task.rules.items():
        report(f"the rule {name!r} learns")
        is_first = name == next(iter(task.rules))
        exam.enter(name, rule(learnt, exam.test).select(*task.output), in_slices=is_first, report=report)
    return exam


def ensure_rule(
    task: Task,
    examples: pl.DataFrame,
    digest: str,
    tracker: Tracker,
    home: Path,
    exam: Exam,
    decided: Callable[[Verdict], None] = lambda _: None,
) -> Version:
    """Register the task's first rule as its first version, in use until it is beaten; find it again later.

    Takes the place of a champion whose files are damaged."""
    name = entry_of(task).name
    version = tracker.find(name, KIND, BASELINE)
    rule = next(iter(task.rules))
    if version is None or not tracker.is_intact(version):
        learnt = examples.filter(pl.col("part").is_in([TRAIN, VALID]))
        final, twin = RuleProgram.learn(task, rule, examples), RuleProgram.learn(task, rule, learnt)
        version = _register(
            task, tracker, BASELINE, BASELINE, digest, examples, final, twin, exam, rule, {"rule": rule}, None, {}, False
        )
    if not has_sound_champion(task, tracker):
        before = tracker.champion(name)
        damaged = f" The files of version {before.number} are damaged." if before is not None else ""
        reason = f"In use: the rule serves until it is beaten.{damaged}"
        put_to_use(task, tracker, version, home, {PROMOTION: reason})
        previous = before.number if before is not None else None
        decided(Verdict(name, True, version.number, version.kind, reason, None, None, version.number, previous))
    return version


def has_sound_champion(task: Task, tracker: Tracker) -> bool:
    """Whether a version is in use and its files are whole."""
    champion = tracker.champion(entry_of(task).name)
    return champion is not None and tracker.is_intact(champion)


def put_to_use(task: Task, tracker: Tracker, version: Version, home: Path, tags: Mapping[str, str]) -> Pack:
    """Bring a version's files to where predictions are made, and give it the champion's alias.

    The files are checked first; when the alias cannot be moved, the champion before it is packed again. Raises Damaged."""
    before = tracker.champion(version.model)
    pack = pack_version(task, tracker, version, home)
    try:
        tracker.crown(version, tags)
    except BaseException:
        if before is not None and before.number != version.number:
            pack_version(task, tracker, before, home)
        raise
    return pack


def pack_version(task: Task, tracker: Tracker, version: Version, home: Path) -> Pack:
    """Copy a version's checked files to where predictions are made."""
    tracker.files(version)
    return pack_champion(home, task.name, version.number, version.kind, tracker.beside(version))


def enter_champion(
    task: Task, tracker: Tracker, champion: Version, exam: Exam, report: Callable[[str], None] = lambda _: None
) -> bool:
    """Let the twin of the version in use answer the exam; whether it could. The rule answers under its own name already."""
    if champion.kind == BASELINE or exam.has(CHAMPION):
        return exam.has(CHAMPION)
    try:
        tracker.files(champion)
        twin = load_program(task, tracker.beside(champion) / HELD_OUT)
        exam.enter(CHAMPION, answer(task, twin, exam.test), report=report)
    except YtempireError as error:
        LOGGER.warning("%s: version %s cannot be compared with: %s", task.name, champion.number, error.message)
    except (pl.exceptions.PolarsError, KeyError, ValueError, TypeError) as error:  # made by an older code for other inputs
        LOGGER.warning("%s: version %s cannot answer today's rows: %s", task.name, champion.number, error)
    return exam.has(CHAMPION)


def answer(task: Task, program: Program, examples: pl.DataFrame) -> pl.DataFrame:
    """A program's answers to examples. Raises Damaged for answers that are not finite."""
    predictions = program.predict(task.requests(examples))
    require_answers(task, f"The program of {task.name}", predictions, examples.height)
    return predictions


def measure(task: Task, program: Program, examples: pl.DataFrame, folder: Path) -> Costs:
    """What answering takes: milliseconds of this process per row of a batch and of one row alone, and megabytes on disk.

    The smaller of wall and processor time, so that a busy machine tells the same as an idle one."""
    probe = task.requests(examples.head(_PROBE_ROWS))
    single = tuple(frame.head(1) for frame in probe)
    program.predict(single)  # what is done once, such as waking an encoder, belongs to neither
    batch_ms = _milliseconds(lambda: program.predict(probe)) / max(probe[0].height, 1)
    single_ms = min(_milliseconds(lambda: program.predict(single)) for _ in range(_SINGLE_ASKS))
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return Costs(round(batch_ms, 4), round(single_ms, 3), round(size / 1e6, 3))


def code_digest() -> str:
    """Digest of the sources that make a program: features and training."""
    files = sorted(path for package in ("features", "training") for path in (ROOT / package).rglob("*.py"))
    return digest_value({path.relative_to(ROOT).as_posix(): digest_file(path) for path in files})


def _register(
    task: Task,
    tracker: Tracker,
    kind: str,
    key: str,
    digest: str,
    examples: pl.DataFrame,
    final: Program,
    twin: Program,
    exam: Exam,
    name: str,
    params: Mapping[str, Any],
    seed: int | None,
    extra: Mapping[str, Any],
    has_champion: bool,
) -> Version:
    """Register two programs with everything that was measured of them."""
    as_of = _moment(examples, "known_at", "max") or _moment(examples, "event_timestamp", "max")
    figures = record(exam, name, list(task.rules))
    content: dict[str, Any] = {
        "task": task.name,
        "model": task.model,
        "question": task.question,
        "kind": kind,
        "trained_as_of": f"{as_of:%Y-%m-%d}" if as_of is not None else "undated",
        "dataset_digest": digest,
        CODE: code_digest(),
        SEED: seed,
        "params": dict(params),
        "parts": {part: _summary(examples.filter(pl.col("part") == part)) for part in (TRAIN, VALID, TEST)},
        **figures,
        "against_champion": asdict(exam.difference(name, CHAMPION)) if has_champion else None,
        "importance": dict(final.importance),
        **extra,
    }

    def write_model(folder: Path) -> None:
        final.save(folder)
        saved = load_program(task, folder)
        probe = examples.filter(pl.col("part") == TEST).head(_PROBE_ROWS)
        if not answer(task, saved, probe).equals(answer(task, final, probe)):
            raise Damaged(f"The saved program of {task.name} does not answer as the one it was made of.", "The champion stays.")
        content["costs"] = asdict(measure(task, saved, probe, folder))

    def write_beside(folder: Path) -> None:
        (folder / HELD_OUT).mkdir()
        twin.save(folder / HELD_OUT)
        (folder / RECORD).write_text(json.dumps(plain_json(content), indent=2), encoding="utf-8")
        (folder / CARD).write_text(card(content), encoding="utf-8")

    flat = {f"test.{metric}{end}": value for metric, found in figures["metrics"].items() for end, value in _ends(found)}
    flat |= {f"baseline.{rule}.{m}": v for rule, found in figures["baselines"].items() for m, v in found["metrics"].items()}
    flat |= {f"slice.{part['name']}.{part['group']}": part["value"] for part in figures["slices"]}
    pairs = calibration_pairs(task, exam.test, exam.answers[name])
    return tracker.register(
        entry_of(task),
        tags={KIND: kind, KEY: key, AS_OF: content["trained_as_of"], DATASET: digest, CODE: content[CODE]},
        params={"dataset_digest": digest, CODE: content[CODE], SEED: seed, **params, **extra},
        metrics=flat,
        plots=pictures(content, pairs),
        write_model=write_model,
        write_beside=write_beside,
    )


def _ends(figure: Mapping[str, float]) -> list[tuple[str, float]]:
    return [("", figure["value"]), (".low", figure["low"]), (".high", figure["high"])]


def _summary(rows: pl.DataFrame) -> dict[str, Any]:
    moments = {end: _moment(rows, "event_timestamp", how) for end, how in (("first_at", "min"), ("last_at", "max"))}
    return {"rows": rows.height, **{name: moment.isoformat() if moment else None for name, moment in moments.items()}}


def _moment(rows: pl.DataFrame, column: str, how: str) -> datetime | None:
    if column not in rows.columns or rows.schema[column] == pl.Null:
        return None
    found = rows[column].min() if how == "min" else rows[column].max()
    return found if isinstance(found, datetime) else None


def _milliseconds(ask: Callable[[], object]) -> float:
    wall, processor = time.monotonic(), time.process_time()
    ask()
    return 1000 * min(time.monotonic() - wall, time.process_time() - processor)
