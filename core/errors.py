"""The exception tree. Every error a user may see is one of these, and says what is wrong, where, and how to mend it.

YtempireError(message, remedy)
├── Transient            may succeed if tried again: the caller may retry with a pause
│   ├── Unreachable          a service did not answer
│   ├── RateLimited          a per-minute limit was hit; `retry_after_seconds` when the service says so
│   └── ServiceFailed        the service answered with a 5xx
└── Permanent            will fail the same way again: never retried
    ├── InvalidInput         what the user or a file gave is wrong
    │   ├── UnknownName          no such channel, model, lane, asset
    │   └── OutsideMarket        a date the market has no data for
    ├── NotConfigured        a setting is missing or contradicts another
    ├── Refused              a service refused the credential or the request (401, 403, 400)
    │   └── Forbidden            the credential is good, and does not allow this (403)
    │       └── AccountRefused       one account, whatever is asked for it: its consent, its scopes, its channel
    ├── NotFound             a service has no such resource (404)
    ├── QuotaExhausted       the ledger or the service says the day's quota is spent; resumes at the next Pacific day
    │   └── UploadLimited        one channel may upload no more for about 24 hours
    ├── BudgetExceeded       a money cap would be passed
    ├── Damaged              a file, snapshot or artifact fails its check
    ├── NotReady             a needed earlier result does not exist yet
    └── Environment          the machine lacks something: disk, port, a program
"""

from __future__ import annotations

from typing import TypeVar

Raised = TypeVar("Raised", bound="YtempireError")


class YtempireError(Exception):
    """An error with a way out.

    Args:
        message: one sentence: what is wrong and where, without secrets.
        remedy: one sentence: what the user can do about it.

    Attributes:
        reason: the service's own code of it, for example `playlistNotFound`; empty where it gave none.
        is_of_account: whether it ends everything that is asked for one account.
        is_billed: whether a paid service may bill the call that it ended: the request was sent, and what came is no use.
    """

    reason = ""
    is_of_account = False
    is_billed = False

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".strip()


def billed(error: Raised) -> Raised:
    """Mark an error as the end of a call that may be billed; returns it."""
    error.is_billed = True
    return error


class Transient(YtempireError):
    """May succeed if tried again."""


class Unreachable(Transient):
    """A service did not answer in time, or its address refuses connections."""


class RateLimited(Transient):
    """A short-term rate limit was hit."""

    def __init__(self, message: str, remedy: str = "", retry_after_seconds: float | None = None) -> None:
        super().__init__(message, remedy)
        self.retry_after_seconds = retry_after_seconds


class ServiceFailed(Transient):
    """A service answered with a server error."""


class Permanent(YtempireError):
    """Will fail the same way when tried again."""


class InvalidInput(Permanent):
    """What the user or a file gave is wrong."""


class UnknownName(InvalidInput):
    """No channel, model, lane or asset has this name."""


class OutsideMarket(InvalidInput):
    """A date for which the market holds no data."""


class NotConfigured(Permanent):
    """A setting is missing, malformed, or contradicts another."""


class Refused(Permanent):
    """A service refused the credential or the request."""


class Forbidden(Refused):
    """A service knows the credential, which does not allow what was asked."""


class AccountRefused(Forbidden):
    """A service refuses one account, whatever is asked for it."""

    is_of_account = True


class NotFound(Permanent):
    """A service has no such resource."""


class QuotaExhausted(Permanent):
    """The day's quota is spent; work goes on at the next Pacific day."""


class UploadLimited(QuotaExhausted):
    """YouTube takes no more videos for one channel for about 24 hours; others are not concerned."""


class BudgetExceeded(Permanent):
    """A money cap would be passed by the step."""


class Damaged(Permanent):
    """A file, snapshot or artifact does not pass its check."""


class NotReady(Permanent):
    """An earlier result that this step needs does not exist yet."""


class Environment(Permanent):
    """The machine lacks something: disk space, a free port, a program."""
