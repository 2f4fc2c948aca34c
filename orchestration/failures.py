"""How a step fails: an error of ours becomes one clear sentence with its way out, and only a transient one is tried again.

A `RetryPolicy` would try every exception again, a wrong key and a bug included; so retries are asked for here, case by case."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from core.errors import Transient, YtempireError

MAX_RETRIES = 3
FIRST_PAUSE_SECONDS = 2.0


@contextmanager
def plain_failures(context: dg.OpExecutionContext | dg.AssetExecutionContext | dg.AssetCheckExecutionContext) -> Iterator[None]:
    """Turn a YtempireError of the body into a Dagster failure whose description is the error's sentence and remedy.

    A Transient error is first tried again, up to MAX_RETRIES times with doubling pauses; a Permanent one never is. Other
    exceptions are bugs: they pass through with their stack trace."""
    try:
        yield
    except YtempireError as error:
        tried = context.retry_number if isinstance(context, dg.OpExecutionContext) else context.op_execution_context.retry_number
        if isinstance(error, Transient) and tried < MAX_RETRIES:
            raise dg.RetryRequested(MAX_RETRIES, seconds_to_wait=FIRST_PAUSE_SECONDS * 2**tried) from error
        raise dg.Failure(description=str(error), metadata={"error": type(error).__name__}, allow_retries=False) from error
