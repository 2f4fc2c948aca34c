"""OpenAI's client, for every connector that calls it: opened for one call, with our errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from core.errors import (
    Damaged,
    NotFound,
    QuotaExhausted,
    RateLimited,
    Refused,
    ServiceFailed,
    Unreachable,
    YtempireError,
    billed,
)

if TYPE_CHECKING:
    import openai


_UNSENT = frozenset(
    ("ConnectError", "ConnectTimeout", "PoolTimeout", "ProxyError", "UnsupportedProtocol", "WriteError", "WriteTimeout")
)
"""Failures of HTTP clients, by name because vendors bundle clients of their own, after which no whole request was sent."""


def was_sent(failure: BaseException | None) -> bool:
    """Whether a call's request had been sent when its HTTP client failed, so that it may have been done, and be billed."""
    return failure is None or not any(kind.__name__ in _UNSENT for kind in type(failure).__mro__)


@contextmanager
def openai_client(api_key: str, base_url: str | None, timeout_seconds: float) -> Iterator[openai.OpenAI]:
    """An open client whose errors come out as ours. It does not try again by itself: that is the caller's RetryPolicy."""
    import openai

    client = openai.OpenAI(api_key=api_key, base_url=base_url, max_retries=0, timeout=timeout_seconds)
    try:
        with client:
            yield client
    except openai.APIError as error:
        raise _mapped(error) from None
    except ValueError:  # the client reads the body of a good answer, and does not wrap what JSON says of it
        raise Damaged("OpenAI answered something that is not JSON.", "Try again later.") from None


def _mapped(error: openai.APIError) -> YtempireError:
    import openai

    reason = error.message.splitlines()[0][:200] if error.message else type(error).__name__
    if isinstance(error, openai.APIConnectionError):  # includes timeouts
        unreachable = Unreachable(f"OpenAI did not answer: {reason}", "Check the network and OPENAI_BASE_URL.")
        return billed(unreachable) if was_sent(error.__cause__) else unreachable
    if not isinstance(error, openai.APIStatusError):
        return billed(ServiceFailed(f"OpenAI answered something unreadable: {reason}", "Try again later."))
    match error.status_code:
        case 429 if error.code == "insufficient_quota":
            mapped: YtempireError = QuotaExhausted(
                "The OpenAI account has no credit left.", "Add credit, or unset OPENAI_API_KEY."
            )
        case 429:
            header = error.response.headers.get("retry-after", "")
            seconds = float(header) if header.replace(".", "", 1).isdigit() else None
            mapped = RateLimited("OpenAI is limiting the rate of calls.", "Wait and try again.", seconds)
        case 401 | 403:
            mapped = Refused("OpenAI refused the key.", "Check OPENAI_API_KEY.")
        case 404:
            mapped = NotFound(f"OpenAI knows no such model or address: {reason}", "Check YTEMPIRE_OPENAI_MODEL.")
        case status if status >= 500:
            mapped = ServiceFailed(f"OpenAI failed with status {status}.", "Try again later.")
        case status:
            mapped = Refused(f"OpenAI refused the request ({status}): {reason}", "Change the request as it says.")
    return mapped
