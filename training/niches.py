"""A challenger per niche beside the champion of all: the same task learnt from one niche's rows alone.

A niche is a group of the task's slicing by category. Where it has enough rows of each outcome, a challenger is fitted on it and
judged on the niche's test rows beside the champion's held-out twin. It is put to use for its niche only while it is surely
better: the interval of the difference, widened for the number of niches looked at, lies above zero, and so does the one against
the task's first rule. Each look decides anew; a niche whose challenger does not pass goes back to the champion of all."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from core.errors import InvalidInput, NotReady
from training.packs import HELD_OUT, find_pack, load_champion
from training.tasks.task import TEST, TRAIN, VALID, FitOptions, Program, Task
from training.values import Comparison

if TYPE_CHECKING:  # predictions need none of it
    from training.judging import Exam
    from training.tracking import Tracker

LOGGER = logging.getLogger(__name__)

SLICING = "category"
"""Name of the slicing whose groups are the niches."""
NO_NICHE = frozenset({"other", "unknown"})
FEWEST_OF_CLASS = 20
"""Fewest rows of each outcome, in what is learnt from and in what is judged."""


@dataclass(frozen=True)
class NicheVerdict:
    """What came of one niche."""

    niche: str
    learnt_rows: int
    judged_rows: int
    difference: Comparison | None
    """To the champion, above zero where the challenger is better; the interval holds for all niches at once."""
    version: str | None
    """Put to use for the niche; None where the champion of all answers."""
    reason: str


def niche_task(task: Task, niche: str) -> Task:
    """The task of one niche, under a name of its own: `trend48.music`."""
    return replace(task, name=f"{task.name}.{niche}", slices={})


def niches_of(task: Task, rows: pl.DataFrame) -> pl.Series:
    """The niche of each row, of examples or of a request. Raises InvalidInput for a task without niches."""
    if SLICING not in task.slices:
        raise InvalidInput(f"{task.name} knows no niches.", "Take a task whose rows have a category, such as trend48.")
    return task.slices[SLICING](rows).cast(pl.String).fill_null("unknown").alias("niche")


def train_niches(
    task: Task,
    examples: pl.DataFrame,
    tracker: Tracker,
    state: Path,
    home: Path,
    options: FitOptions = FitOptions(),  # noqa: B008 (frozen)
) -> list[NicheVerdict]:
    """Train a challenger for each niche of prepared examples that has enough rows, and put to use those that are surely better.

    Raises NotReady without a champion of the task on this machine. A niche that is left out or refused says why."""
    from training.tasks.pipeline import CHAMPION, put_to_use, train_task
    from training.tracking import PROMOTION

    _, champion = load_champion(home, task, HELD_OUT)
    niche = niches_of(task, examples)
    names = [name for name in niche.drop_nulls().unique().sort() if name not in NO_NICHE]
    parts = {name: examples.filter(niche == name) for name in names}
    lacking = {name: _lacking(task, rows) for name, rows in parts.items()}
    judged = sum(not reason for reason in lacking.values())
    verdicts = []
    for name, rows in parts.items():
        learnt, test = rows.filter(pl.col("part").is_in([TRAIN, VALID])), rows.filter(pl.col("part") == TEST)
        if lacking[name]:
            retire(home, task, name)
            verdicts.append(NicheVerdict(name, learnt.height, test.height, None, None, lacking[name]))
            continue
        options.report(f"{name}: learning from {learnt.height:,} rows")
        exam = _examine(task, learnt, test, champion, options)
        difference = _widened(exam, CHAMPION, judged)
        against_rule = _widened(exam, next(iter(task.rules)), judged)
        figures = f"{task.primary} against the champion {_figure(difference)}, the rule {_figure(against_rule)}"
        if difference.low > 0 and against_rule.low > 0:
            own = niche_task(task, name)
            trained = train_task(own, rows, tracker, state, home, options)
            put_to_use(own, tracker, trained.version, home, {PROMOTION: f"In use for {name}: {figures}."})
            version, reason = trained.version.number, f"In use: {figures}."
        else:
            retire(home, task, name)
            version, reason = None, f"Not surely better: {figures}."
        LOGGER.info("%s, %s: %s", task.name, name, reason)
        verdicts.append(NicheVerdict(name, learnt.height, test.height, difference, version, reason))
    return verdicts


def _lacking(task: Task, rows: pl.DataFrame) -> str:
    """Why a niche has too little to learn from or to be judged on, with the counts; empty where it has enough."""
    needed = {TRAIN: task.fewest, TEST: max(task.fewest // 10, 1)}
    for part, fewest in needed.items():
        found = rows.filter(pl.col("part") == part)
        if found.height < fewest:
            return f"Too little data: {found.height:,} of {fewest:,} rows in the {part} part."
        for name in (column for column in found.columns if column.startswith("label_")):
            counts = found[name].drop_nulls().value_counts()
            is_class = found.schema[name] == pl.Boolean or set(counts[name]) <= {0, 1}
            if is_class and (len(counts) < 2 or counts["count"].min() < FEWEST_OF_CLASS):  # type: ignore[operator]
                fewest_found = 0 if len(counts) < 2 else counts["count"].min()
                rare = f"{fewest_found} of {FEWEST_OF_CLASS} rows of one outcome"
                return f"Too little data: {rare} ({name.removeprefix('label_')}) in the {part} part."
    return ""


def _examine(task: Task, learnt: pl.DataFrame, test: pl.DataFrame, champion: Program, options: FitOptions) -> Exam:
    from training.judging import Exam
    from training.tasks.pipeline import CANDIDATE, CHAMPION, answer

    exam = Exam(replace(task, slices={}), test)
    first = next(iter(task.rules))
    exam.enter(first, task.rules[first](learnt, test).select(*task.output))
    exam.enter(CHAMPION, answer(task, champion, test))
    exam.enter(CANDIDATE, answer(task, task.fit(learnt, options), test))
    return exam


def _widened(exam: Exam, other: str, groups: int) -> Comparison:
    from training.promotion import simultaneous
    from training.tasks.pipeline import CANDIDATE

    point = exam.difference(CANDIDATE, other).point
    return Comparison(point, *simultaneous(exam.spread(CANDIDATE, other), point, groups))


def _figure(found: Comparison) -> str:
    return f"{found.point:+.4f} [{found.low:+.4f}, {found.high:+.4f}]"


def retire(home: Path, task: Task, niche: str) -> bool:
    """Give a niche back to the champion of all; whether it had one of its own. What was registered stays registered."""
    folder = home.resolve() / "champions" / niche_task(task, niche).name
    if not folder.is_dir():
        return False
    shutil.rmtree(folder)
    return True


@dataclass(frozen=True)
class Routed:
    """The champion of all, with niches that have their own. A program like any other, but none to be saved."""

    task: Task
    program: Program
    by_niche: Mapping[str, Program]

    @property
    def tuned(self) -> Mapping[str, Any]:
        return self.program.tuned

    @property
    def importance(self) -> Mapping[str, float]:
        return self.program.importance

    def predict(self, frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
        """Answer each row by its niche's program, or by the champion of all."""
        niche = niches_of(self.task, frames[0])
        owned = niche.is_in(list(self.by_niche))
        pieces = [(owned.not_(), self.program)] + [(niche == name, program) for name, program in self.by_niche.items()]
        asked = [(rows, program) for rows, program in pieces if rows.any()]
        if not asked:
            return self.program.predict(frames)
        answers = [program.predict([frame.filter(rows) for frame in frames]) for rows, program in asked]
        order = pl.concat([rows.arg_true() for rows, _ in asked]).arg_sort()
        return pl.concat(answers)[order]

    def save(self, folder: Path) -> None:
        raise NotImplementedError("each of its programs is saved by itself")


def with_niches(home: Path, task: Task, program: Program) -> Program:
    """The champion of a task with those niches that have one of their own on this machine; without any, as it is.

    Raises Damaged for changed files of a niche's champion."""
    root = home.resolve() / "champions"
    names = sorted(path.name.partition(".")[2] for path in root.glob(f"{task.name}.*") if path.is_dir())
    found: dict[str, Program] = {}
    for name in names:
        own = niche_task(task, name)
        try:
            find_pack(home, own.name)
        except NotReady:
            continue
        found[name] = load_champion(home, own)[1]
    return Routed(task, program, found) if found else program
