"""Starting the simulator as a background process, and steering it: what other packages use of this folder."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Literal

import httpx

from core.digest import digest_file, digest_value
from core.errors import Damaged, Environment, InvalidInput, OutsideMarket, Permanent, Refused, Unreachable
from core.process import LocalProcess, log_tail
from core.settings import ROOT, Market, Settings

_LOOK_SECONDS = 2.0
_ERRORS: dict[str, type[Permanent]] = {"Damaged": Damaged, "InvalidInput": InvalidInput}


class SimulatorProcess(LocalProcess):
    """A local process that, when it refuses to start, raises what its last line says."""

    def ensure(self) -> int:
        """Return the port. Raises Damaged or InvalidInput for data that can't be used, else as LocalProcess does."""
        try:
            return super().ensure()
        except Environment:
            name, _, message = log_tail(self.log, 1).partition(": ")
            if name in _ERRORS:
                raise _ERRORS[name](message) from None
            raise


def simulator_process(settings: Settings, channels: int | None = None, quota_profile: str | None = None) -> SimulatorProcess:
    """The simulator of the settings' market: its state lies under `settings.state`.

    With `channels` it has so many own channels in place of the scenario's six; `quota_profile` names other prices than today's.
    """
    market = Market.SYNTHETIC if settings.data is None else Market.REPLAY
    fixed = ["--state", str(settings.state / "simulator"), "--market", market.value, "--seed", str(settings.seed)]
    if settings.data is not None:
        fixed += ["--data", str(settings.data.resolve())]
    if channels is not None:
        fixed += ["--channels", str(channels)]
    if quota_profile is not None:
        fixed += ["--quota-profile", quota_profile]

    def command(port: int) -> list[str]:
        return [sys.executable, "-m", "connectors.simulator", "--port", str(port), *fixed]

    return SimulatorProcess(
        name="simulator",
        run_dir=settings.state / "run",
        command=command,
        healthy=_is_healthy,
        fingerprint=digest_value([fixed, _version()]),
    )


def _is_healthy(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/_simulator/health", timeout=_LOOK_SECONDS, trust_env=False).is_success
    except httpx.HTTPError:
        return False


def _version() -> list[str]:
    """Digests of the simulator's code and scenario, so that a changed one replaces what runs."""
    folder = ROOT / "connectors" / "simulator"
    return [digest_file(path) for path in sorted(folder.rglob("*")) if path.suffix in {".py", ".toml"}]


@dataclass(frozen=True)
class SimulatedSlot:
    """A time of day at which a simulated channel may publish."""

    slot: str
    publish_local_time: time
    is_active: bool


@dataclass(frozen=True)
class SimulatedChannel:
    """A channel of the operator in the simulated world."""

    channel_id: str
    handle: str
    title: str
    niche: str
    category_id: int
    timezone: str
    slots: tuple[SimulatedSlot, ...]
    is_active: bool


@dataclass(frozen=True)
class SimulatorCredentials:
    """What stands in for real credentials."""

    api_key: str
    client_id: str
    client_secret: str
    auth_uri: str
    token_uri: str
    revoke_uri: str
    refresh_tokens: dict[str, str]
    openai_api_key: str
    elevenlabs_api_key: str
    channels: tuple[SimulatedChannel, ...]


FaultKind = Literal[
    "status",
    "sever",
    "quota",
    "rate",
    "slow",
    "cut",
    "truncate",
    "missing",
    "empty",
    "garbage",
    "corrected",
    "looped",
    "doubtful",
    "mistimed",
]


class SimulatorControl:
    """Client of a running simulator's own endpoints.

    Raises Unreachable when it doesn't answer, OutsideMarket for a clock where the market has no data, Refused else.
    """

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url.rstrip("/")
        self._client = httpx.Client(base_url=self.base_url, timeout=30.0, trust_env=False)

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def set_clock(self, now: datetime) -> None:
        """Move the simulated clock, forward or back."""
        self._call("PUT", "/_simulator/clock", {"now": now.isoformat()})

    def now(self) -> datetime:
        """The simulated moment."""
        return datetime.fromisoformat(self._call("GET", "/_simulator/health")["now"])

    def range(self) -> tuple[date, date | None]:
        """First and last day that the clock can be set to; None for no end."""
        body = self._call("GET", "/_simulator/range")
        last = body["last_day"]
        return date.fromisoformat(body["first_day"]), None if last is None else date.fromisoformat(last)

    def credentials(self) -> SimulatorCredentials:
        """Credentials and own channels."""
        body = self._call("GET", "/_simulator/credentials")
        channels = tuple(_channel(table) for table in body["channels"])
        return SimulatorCredentials(**{**body, "channels": channels})

    def quota(self) -> dict[str, int]:
        """Units spent on the present Pacific day, by bucket."""
        return dict(self._call("GET", "/_simulator/quota"))

    def competitors(self, count: int = 10) -> list[str]:
        """Ids of the market's channels that chart most in the own channels' categories."""
        return list(self._call("GET", f"/_simulator/competitors?count={count}")["channel_ids"])

    def fail(self, path_prefix: str, status: int, count: int) -> None:
        """Let the next calls under a path fail; a count of 0 mends it."""
        self.fault(path_prefix, "status", count, status=status)

    def fault(
        self,
        path_prefix: str,
        kind: FaultKind = "status",
        count: int = 1,
        *,
        member: str | None = None,
        reason: str | None = None,
        **options: float,
    ) -> None:
        """Switch a fault on for the next calls under a path, about a member or any, in place of one there; options as in
        `faults.Fault`."""
        aimed = {name: value for name, value in (("member", member), ("reason", reason)) if value is not None}
        given = {"path_prefix": path_prefix, "kind": kind, "count": count, **aimed, **options}
        self._call("PUT", "/_simulator/faults", given)

    def faults(self) -> list[dict[str, Any]]:
        """The faults that are on; `count` says how many calls each will still hit."""
        return list(self._call("GET", "/_simulator/faults")["faults"])

    def mend(self) -> None:
        """Lift all faults."""
        self._call("DELETE", "/_simulator/faults")

    def spoil_reports(self, **faults: object) -> None:
        """Say what is wrong with bulk reports from now on, fields as of `bulk.ReportFaults` with days as ISO texts."""
        self._call("PUT", "/_simulator/reports", faults)

    def set_token(
        self,
        channel_id: str,
        state: Literal["healthy", "expired", "revoked", "idle"] = "healthy",
        withheld: Collection[str] = (),
    ) -> None:
        """Put the consents of an own channel into a state, without the scopes `withheld`."""
        self._call("PUT", f"/_simulator/channels/{channel_id}/token", {"state": state, "withheld": sorted(withheld)})

    def mark_video(
        self,
        video_id: str,
        state: Literal["available", "private", "deleted"] = "available",
        likes: Literal["shown", "hidden"] = "shown",
        comments: Literal["open", "closed"] = "open",
    ) -> None:
        """Do to a video what its owner can do: from the present moment on."""
        self._call("PUT", f"/_simulator/videos/{video_id}", {"state": state, "likes": likes, "comments": comments})

    def consent(self, auth_url: str, channel_id: str, scopes: Collection[str] | None = None) -> str:
        """Answer a consent page as a channel's owner: the address that the browser is sent back to.

        Gives all scopes that the page asks for, or `scopes` of them; none at all is a refusal.
        Raises Refused when there is no such page.
        """
        address = httpx.URL(auth_url)
        asked = address.params.get("scope", "").split()
        form = {"channel": channel_id, "scope": asked if scopes is None else list(scopes)}
        form["decision"] = "allow" if form["scope"] else "deny"
        try:
            response = self._client.post(address, data=form)
        except httpx.HTTPError as error:
            raise self._silent(error) from None
        if response.status_code != httpx.codes.SEE_OTHER:
            raise Refused(f"The consent page answered {response.status_code}.")
        return response.headers["location"]

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        try:
            response = self._client.request(method, path, json=body)
        except httpx.HTTPError as error:
            raise self._silent(error) from None
        if response.is_success:
            answer: dict[str, Any] = response.json()
            return answer
        table = response.json() if "json" in response.headers.get("content-type", "") else {}
        kind: Callable[[str], Permanent] = OutsideMarket if table.get("error") == "OutsideMarket" else Refused
        raise kind(str(table.get("message") or f"The simulator answered {response.status_code} to {method} {path}."))

    def _silent(self, error: httpx.HTTPError) -> Unreachable:
        return Unreachable(f"The simulator at {self.base_url} doesn't answer: {type(error).__name__}.", "Run `make run`.")


def _channel(table: dict[str, Any]) -> SimulatedChannel:
    slots = tuple(
        SimulatedSlot(slot["slot"], time.fromisoformat(slot["publish_local_time"]), slot["is_active"]) for slot in table["slots"]
    )
    return SimulatedChannel(**{**table, "slots": slots})
