"""Trying a hosted service again: only Transient failures, a bounded number of times, with a growing random pause."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from core.errors import Transient

T = TypeVar("T")


@dataclass(frozen=True)
class Retry:
    """How often and how patiently a call is tried again.

    Attributes:
        attempts: calls in all.
        longest_seconds: upper end of one pause.
        sleep: what waits; tests give one that does not.
    """

    attempts: int = 3
    longest_seconds: float = 20.0
    sleep: Callable[[float], None] = time.sleep

    def call(self, function: Callable[[], T]) -> T:
        """Call until it succeeds; raises the last error when attempts run out, and any Permanent one at once."""
        retrying = Retrying(
            retry=retry_if_exception_type(Transient),
            stop=stop_after_attempt(self.attempts),
            wait=wait_random_exponential(multiplier=1, max=self.longest_seconds),
            sleep=self.sleep,
            reraise=True,
        )
        return retrying(function)
