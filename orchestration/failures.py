"""How a step fails: an error of ours becomes one clear sentence with its way out, and only a transient one is tried again.

A `RetryPolicy` would try every exception again, a wrong key and a bug included; so retries are asked for here, case by case."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg
import psycopg
import sqlalchemy.exc
from dagster_postgres.utils import DagsterPostgresException

from core.errors import Environment, Transient, Unreachable, YtempireError

MAX_RETRIES = 3
FIRST_PAUSE_SECONDS = 2.0

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT}


@contextmanager
def plain_failures(context: dg.OpExecutionContext | dg.AssetExecutionContext | dg.AssetCheckExecutionContext) -> Iterator[None]:
    """Turn an expected error of the body into a Dagster failure whose description is its sentence and remedy.

    Expected are YtempireErrors, a full disk, and a database that fails or goes away. A Transient one is first tried again, up
    to MAX_RETRIES times with doubling pauses; a Permanent one never is. Other exceptions are bugs: they pass with their stack
    trace."""
    try:
        yield
    except YtempireError as error:
        raise _failure(context, error) from error
    except (OSError, sqlalchemy.exc.OperationalError, psycopg.OperationalError) as error:
        expected = explain(error)
        if expected is None:
            raise
        raise _failure(context, expected) from error


def explain(error: BaseException) -> YtempireError | None:
    """The sentence for a full disk or a database that failed or went away; None for what nobody foresaw."""
    cause = getattr(error, "orig", error)
    if isinstance(cause, psycopg.errors.DiskFull) or (isinstance(cause, OSError) and cause.errno in _NO_ROOM):
        return Environment("The disk is full.", "Free some space and run the same command again: it goes on where it was.")
    if isinstance(error, sqlalchemy.exc.OperationalError | psycopg.OperationalError | DagsterPostgresException):
        reason = str(cause).strip().partition("\n")[0].rstrip(".")
        return Unreachable(f"The database failed: {reason}.", "Run the same command again; `ytempire doctor` looks closer.")
    return None


def _failure(
    context: dg.OpExecutionContext | dg.AssetExecutionContext | dg.AssetCheckExecutionContext, error: YtempireError
) -> dg.RetryRequested | dg.Failure:
    op = context if isinstance(context, dg.OpExecutionContext) else context.op_execution_context
    if isinstance(error, Transient) and op.retry_number < MAX_RETRIES:
        return dg.RetryRequested(MAX_RETRIES, seconds_to_wait=FIRST_PAUSE_SECONDS * 2**op.retry_number)
    return dg.Failure(description=str(error), metadata={"error": type(error).__name__}, allow_retries=False)


def concluded(check: dg.AssetCheckResult) -> Iterator[dg.AssetCheckResult]:
    """Record a check. A failed one of severity ERROR ends the step with its own sentence, where Dagster would name the check."""
    yield check
    if not check.passed and check.severity is dg.AssetCheckSeverity.ERROR:
        raise dg.Failure(description=check.description, allow_retries=False)
