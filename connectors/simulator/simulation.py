"""One running simulator: its world, its state and its clock, handed to every imitated API."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from datetime import date
from hashlib import blake2b
from pathlib import Path

from connectors.simulator.bulk import ReportFaults
from connectors.simulator.calendar import hours
from connectors.simulator.faults import Fault
from connectors.simulator.identity import token
from connectors.simulator.markets import Market
from connectors.simulator.markets.synthetic import SyntheticMarket
from connectors.simulator.scenario import load_scenario
from connectors.simulator.state import Grant, State
from connectors.simulator.topics import Topics
from connectors.simulator.world import World
from core.clock import Clock, SystemClock, noon
from core.errors import OutsideMarket

PROJECT = "simulator-project"
API_KEY = "simulator-api-key"
CLIENT_ID = "simulator-client.apps.googleusercontent.com"
CLIENT_SECRET = "simulator-client-secret"  # noqa: S105 - opens nothing but this imitation
OPENAI_KEY = "sk-simulator"
ELEVENLABS_KEY = "simulator"
TOKEN_SECONDS = 3599
IDLE_HOURS = 183 * 24.0
"""A refresh token of the consent page that nobody uses for so long (simulated hours) is refused: Google's six months."""
QUOTA_PROFILE = "2026-06"
_SCOPE = "https://www.googleapis.com/auth/"
_SCOPES = ("youtube", "youtube.readonly", "youtube.force-ssl", "youtube.upload", "youtubepartner")
SCOPES = frozenset(_SCOPE + name for name in (*_SCOPES, "yt-analytics.readonly", "yt-analytics-monetary.readonly"))
"""Everything that an owner can consent to; the refresh tokens that are handed out have it all."""
TOKEN_STATES = ("healthy", "expired", "revoked", "idle")


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whom an access token speaks for, and what it may do."""

    grant_id: int
    channel_id: str
    scopes: frozenset[str]


@dataclass
class Simulation:
    """Everything that a request may need. `wall` only times codes and access tokens; the world runs on `now`.

    `quota_profile` names the prices and limits in force, see `apis.google.PRICES`.
    """

    world: World
    state: State
    wall: Clock = field(default_factory=SystemClock)
    quota_profile: str = QUOTA_PROFILE
    faults: list[Fault] = field(default_factory=list)
    report_faults: ReportFaults = field(default_factory=ReportFaults)

    def __post_init__(self) -> None:
        self._handed_out = {
            self.refresh_token(channel.channel_id): channel.channel_id for channel in self.world.scenario.channels
        }
        kept = self.state.fact("clock")
        self._now = hours(noon(self.world.market.first_day)) if kept is None else float(kept)
        if not self._covers(self._now):
            self._now = hours(noon(self.world.market.first_day))

    @property
    def now(self) -> float:
        """The simulated moment, hours since 1970."""
        return self._now

    def set_clock(self, now: float) -> None:
        """Move the clock, forward or back. Raises OutsideMarket where the market has no data."""
        if not self._covers(now):
            market = self.world.market
            end = "without end" if market.last_day is None else f"to {market.last_day}"
            raise OutsideMarket(f"The market has data from {market.first_day} {end}.", "Choose a day within.")
        self._now = now
        self.state.remember("clock", repr(now))

    def refresh_token(self, channel_id: str) -> str:
        """The refresh token that is handed out for a channel, as if its owner had consented to everything."""
        return "1//" + token("refresh", channel_id, length=40)

    def grant_of(self, refresh_token: str) -> Grant | None:
        """The consent behind a refresh token, in whatever state. Handed-out tokens have theirs from the first use on."""
        grant, channel_id = self.state.grant_of(refresh_token), self._handed_out.get(refresh_token)
        if grant is None and channel_id is not None:
            return self.state.add_grant(refresh_token, channel_id, SCOPES, self.now)
        return grant

    def usable_grant(self, refresh_token: str) -> Grant | None:
        """The consent behind a refresh token, noted as used now; None when it is unknown, withdrawn, expired or idle."""
        grant = self.grant_of(refresh_token)
        if grant is None or grant.state != "healthy":
            return None
        if refresh_token not in self._handed_out and self.now - grant.used > IDLE_HOURS:
            return None
        self.state.use_grant(grant.grant_id, self.now)
        return grant

    def set_token_state(self, channel_id: str, state: str, withheld: frozenset[str]) -> None:
        """Put all consents of an own channel into one of TOKEN_STATES, with some scopes taken back."""
        self.grant_of(self.refresh_token(channel_id))
        self.state.set_grants(channel_id, state, withheld)

    def access_token(self, grant: Grant) -> str:
        """A new access token for a consent."""
        expires = int(self.wall.now().timestamp()) + TOKEN_SECONDS
        return f"ya29.{grant.grant_id}.{expires}.{_sign(grant.grant_id, expires)}"

    def bearer(self, access_token: str) -> Bearer | None:
        """Whom an access token speaks for; None when it is forged, has expired, or its consent is not healthy any more."""
        parts = access_token.split(".")
        if len(parts) != 4 or not (parts[1].isdecimal() and parts[2].isdecimal()):
            return None
        grant_id, expires, signature = int(parts[1]), int(parts[2]), parts[3]
        if not hmac.compare_digest(signature.encode(), _sign(grant_id, expires).encode()):
            return None
        grant = self.state.grant(grant_id)
        if expires <= self.wall.now().timestamp() or grant is None or grant.state != "healthy":
            return None
        return Bearer(grant_id, grant.channel_id, grant.scopes)

    def _covers(self, now: float) -> bool:
        market = self.world.market
        day = date.fromordinal(date(1970, 1, 1).toordinal() + int(now // 24))
        return market.first_day <= day and (market.last_day is None or day <= market.last_day)


def _sign(grant_id: int, expires: int) -> str:
    return blake2b(f"{grant_id}.{expires}".encode(), key=CLIENT_SECRET.encode(), digest_size=12).hexdigest()


def open_simulation(
    state_folder: Path,
    data: Path | None,
    seed: int,
    wall: Clock | None = None,
    channels: int | None = None,
    quota_profile: str = QUOTA_PROFILE,
) -> Simulation:
    """Build the world: the synthetic market, or the recorded one in `data`, with the scenario's own channels or so many.

    Raises InvalidInput or Damaged for a data folder or state that can't be used.
    """
    scenario = load_scenario(channels=channels)
    topics = Topics(scenario, seed)
    market: Market
    if data is None:
        market = SyntheticMarket(scenario, topics, seed)
    else:
        # Polars is only needed, and only loaded, for a recorded market.
        from connectors.simulator.markets.replay import ReplayMarket

        market = ReplayMarket(data, scenario.countries)
    state = State(state_folder)
    return Simulation(World(scenario, topics, market, state, seed), state, wall or SystemClock(), quota_profile)
