"""A Dagster logger that tells a person at a terminal what is happening: one line per finished step, what steps tell, failures.

Everything else stays in the run's event log, which the UI shows."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

import dagster as dg
from rich.console import Console
from rich.markup import escape

CONSOLE = Console(stderr=True, highlight=False)

PARTS = 5
"""How often a render tells how far it is."""


class _StepLines(logging.Handler):
    """Prints a line when a step ends."""

    def emit(self, record: logging.LogRecord) -> None:
        meta = getattr(record, "dagster_meta", {}) or {}
        event = meta.get("dagster_event")
        kind = getattr(event, "event_type_value", None)
        step = (meta.get("step_key") or "").replace("__", "/")
        if kind == "STEP_SUCCESS":
            seconds = event.step_success_data.duration_ms / 1000  # type: ignore[union-attr]
            CONSOLE.print(f"  [green]✓[/] {step:<44} {seconds:6.1f} s")
        elif kind == "STEP_FAILURE":
            CONSOLE.print(f"  [red]✗[/] {step}")
        elif kind is None and record.levelno >= logging.INFO:
            mark = "[yellow]![/]" if record.levelno >= logging.WARNING else "[dim]·[/]"
            CONSOLE.print(f"  {mark} {step} {escape(meta.get('orig_message') or record.getMessage())}")


@dg.logger(description="One line per finished step.")
def progress_logger(_context: dg.InitLoggerContext) -> logging.Logger:
    logger = logging.Logger("ytempire.progress", level=logging.DEBUG)
    logger.addHandler(_StepLines())
    return logger


def frames_teller(tell: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> Callable[[int, int], None]:
    """A function of the frames done, and in all, that tells PARTS times how far a render is and how long it will take."""
    begun, told = clock(), 0

    def on_progress(done: int, frames: int) -> None:
        nonlocal told
        part = PARTS * done // frames
        if part > told:
            told = part
            left = (clock() - begun) * (frames - done) / done
            tell(f"{done:,} of {frames:,} frames" + (f", about {left:.0f} s left" if done < frames else ""))

    return on_progress


PROGRESS = {"loggers": {"progress": {}}}
"""Run config that selects this logger instead of Dagster's console."""
