"""The prediction tasks, one module each, and how each is read, split, learnt and judged.

    trend     trend48  topic48  early7  i30
    quality   quality
    ctr       ctr_pairs  ctr_title

Their shape is `task.Task`. What a model may know of a row is defined in `features`, never here."""

from __future__ import annotations

from importlib import import_module

from core.errors import UnknownName
from training.tasks.task import Task

NAMES = ("trend48", "topic48", "early7", "i30", "ctr_pairs", "ctr_title", "quality")


def task(name: str) -> Task:
    """Look a task up. Raises UnknownName."""
    if name not in NAMES:
        raise UnknownName(f"There is no task {name!r}.", f"Known tasks: {', '.join(NAMES)}.")
    found: Task = import_module(f"training.tasks.{name}").TASK
    return found
