"""Work on several machines: Ray, and nobody else. An optional extra (`pip install 'ytempire[ray]'`); without it one machine does
all.

What workers share is not Ray's: a study lies in its journal or database, so that a worker, a machine or the whole cluster may go
and come back."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from core.errors import NotConfigured, Unreachable

_LOCAL_MEMORY = 300_000_000
"""Bytes of a local cluster's object store: a study's examples fit in a tenth of it."""
_ATTEMPTS = 3
"""Starts of a local cluster: Ray gives its agents fifteen seconds, which is not always enough beside a render."""


def spread(function: Callable[..., Any], arguments: Sequence[tuple[Any, ...]], cluster: str | None = None) -> list[Any]:
    """Call a function once for each of some arguments, each on a worker with one processor; return the answers in order.

    Args:
        cluster: address of a running cluster, such as `ray://head:10001`; None starts one on this machine, and stops it after.

    The workers import the function's module, so they need this project installed. Raises NotConfigured without Ray, Unreachable
    when the cluster does not answer, and what the function raises.
    """
    try:
        import ray
    except ImportError as error:
        raise NotConfigured("Ray is not installed.", "Run pip install 'ytempire[ray]', or leave the cluster out.") from error

    with _joined(ray, cluster, len(arguments)):
        remote = ray.remote(num_cpus=1, max_retries=2)(function)
        try:
            return list(ray.get([remote.remote(*each) for each in arguments]))
        except ray.exceptions.RayTaskError as error:
            raise error.cause if isinstance(error.cause, Exception) else error from None


@contextlib.contextmanager
def _joined(ray: Any, cluster: str | None, workers: int) -> Iterator[None]:
    """A connection to a cluster for as long as it is used; one that this process has already is left open."""
    if ray.is_initialized():
        yield
        return
    # A cluster on loopback that lives for one search has nobody to tell apart; a given one has its own token, which Ray finds.
    settings = {"RAY_AUTH_MODE": "disabled"} if cluster is None else {}
    with _environment({"RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0", "RAY_USAGE_STATS_ENABLED": "0", **settings}):
        try:
            _connect(ray, cluster, workers)
            yield
        finally:
            ray.shutdown()


def _connect(ray: Any, cluster: str | None, workers: int) -> None:
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            if cluster is not None:
                ray.init(cluster, log_to_driver=False, configure_logging=False)
            else:
                ray.init(
                    num_cpus=workers,
                    include_dashboard=False,
                    object_store_memory=_LOCAL_MEMORY,
                    _node_ip_address="127.0.0.1",
                    log_to_driver=False,
                    configure_logging=False,
                )
            return
        except Exception as error:  # Ray raises bare ones
            ray.shutdown()
            if cluster is not None or attempt == _ATTEMPTS:
                raise Unreachable(
                    f"The Ray cluster {cluster or 'on this machine'} does not answer ({type(error).__name__}).",
                    "Check its address and that it runs, or leave the cluster out.",
                ) from error


@contextlib.contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    """Ray and the processes that it starts read their settings from the environment alone. What is set there already stays."""
    added = {name: value for name, value in values.items() if name not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            del os.environ[name]
