"""A Dagster logger that tells a person at a terminal what is happening: one line per finished step, warnings and failures.

Everything else stays in the run's event log, which the UI shows."""

from __future__ import annotations

import logging

import dagster as dg
from rich.console import Console

CONSOLE = Console(stderr=True, highlight=False)


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
        elif kind is None and record.levelno >= logging.WARNING:
            CONSOLE.print(f"  [yellow]![/] {step} {meta.get('orig_message') or record.getMessage()}")


@dg.logger(description="One line per finished step.")
def progress_logger(_context: dg.InitLoggerContext) -> logging.Logger:
    logger = logging.Logger("ytempire.progress", level=logging.DEBUG)
    logger.addHandler(_StepLines())
    return logger


PROGRESS = {"loggers": {"progress": {}}}
"""Run config that selects this logger instead of Dagster's console."""
