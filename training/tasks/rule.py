"""A task's rule as a program: the rows it was learnt from, narrowed to what it reads. A task's first rule is its version 1."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from core.errors import Damaged
from training.tasks.task import Task

_RULE, _LEARNT = "rule.json", "learnt.parquet"
_PROBE = 3_000
"""Rows on which it is found out which columns a rule reads."""


class RuleProgram:
    """A rule of a task with what it was learnt from. Asking it is learning and answering at once: rules are quick."""

    def __init__(self, task: Task, rule: str, learnt: pl.DataFrame) -> None:
        self._task, self._rule, self._learnt = task, rule, learnt

    @classmethod
    def learn(cls, task: Task, rule: str, examples: pl.DataFrame) -> RuleProgram:
        """Keep of the examples what the rule reads."""
        from training.judging import columns_needed  # metrics, which answering needs none of

        probe = examples.sample(min(_PROBE, examples.height), seed=0, shuffle=True)
        asked = as_examples(task, task.requests(probe.head(_PROBE // 10)))
        likely = [name for name in examples.columns if name.startswith("label_")]
        needed = columns_needed(lambda frame: task.rules[rule](frame, asked), probe, likely)
        kept = cls(task, rule, examples.select(needed))
        if not kept.predict(task.requests(probe)).equals(task.rules[rule](examples, probe).select(*task.output)):
            kept = cls(task, rule, examples)
        return kept

    @property
    def tuned(self) -> Mapping[str, object]:
        return {}

    @property
    def importance(self) -> Mapping[str, float]:
        return {}

    def predict(self, frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
        return self._task.rules[self._rule](self._learnt, as_examples(self._task, frames)).select(*self._task.output)

    def save(self, folder: Path) -> None:
        self._learnt.write_parquet(folder / _LEARNT, compression="zstd", statistics=False)
        (folder / _RULE).write_text(json.dumps({"task": self._task.name, "rule": self._rule}), encoding="utf-8")

    @classmethod
    def load(cls, task: Task, folder: Path) -> RuleProgram:
        """Read a saved rule. Raises Damaged for anything else."""
        try:
            rule = json.loads((folder / _RULE).read_bytes())["rule"]
            learnt = pl.read_parquet(folder / _LEARNT)
        except (OSError, ValueError, KeyError, pl.exceptions.PolarsError):
            raise Damaged(f"{folder} holds no rule of {task.name}.", f"Train it again: ytempire train {task.name}.") from None
        if rule not in task.rules:
            raise Damaged(f"{task.name} has no rule {rule!r} any more.", f"Train it again: ytempire train {task.name}.")
        return cls(task, rule, learnt)

    @staticmethod
    def is_in(folder: Path) -> bool:
        """Whether a folder holds a rule, and not a fitted program."""
        return (folder / _RULE).is_file()


def as_examples(task: Task, frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """The frames of a request as one, each column once: what is known of an example before its outcome."""
    merged = frames[-1]
    for frame in frames[:-1]:
        new = [name for name in frame.columns if name not in merged.columns]
        merged = pl.concat([merged, frame.select(new)], how="horizontal") if new else merged
    names = {name: kind for columns in task.inputs for name, kind in columns.items()}
    return merged.select(*names)
