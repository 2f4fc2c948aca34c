"""One running simulator: its world, its state and its clock, handed to every imitated API."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from datetime import date
from hashlib import blake2b
from pathlib import Path

from connectors.simulator.calendar import hours
from connectors.simulator.identity import token
from connectors.simulator.markets import Market
from connectors.simulator.markets.synthetic import SyntheticMarket
from connectors.simulator.scenario import load_scenario
from connectors.simulator.state import State
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


@dataclass
class Fault:
    """An error that the next `count` calls under a path get instead of an answer."""

    path_prefix: str
    status: int
    count: int


@dataclass
class Simulation:
    """Everything that a request may need. `wall` only times access tokens; the world runs on `now`."""

    world: World
    state: State
    wall: Clock = field(default_factory=SystemClock)
    faults: list[Fault] = field(default_factory=list)

    def __post_init__(self) -> None:
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
        """The refresh token that stands for a channel's consent."""
        return "1//" + token("refresh", channel_id, length=40)

    def access_token(self, channel_id: str) -> str:
        """A new access token for a channel."""
        expires = int(self.wall.now().timestamp()) + TOKEN_SECONDS
        return f"ya29.{channel_id}.{expires}.{_sign(channel_id, expires)}"

    def channel_of_token(self, access_token: str) -> str | None:
        """The channel that an access token speaks for; None when it is forged or has expired."""
        parts = access_token.split(".")
        if len(parts) != 4 or not parts[2].isdecimal():
            return None
        _, channel_id, expires, signature = parts
        if not hmac.compare_digest(signature, _sign(channel_id, int(expires))) or int(expires) <= self.wall.now().timestamp():
            return None
        return channel_id

    def _covers(self, now: float) -> bool:
        market = self.world.market
        day = date.fromordinal(date(1970, 1, 1).toordinal() + int(now // 24))
        return market.first_day <= day and (market.last_day is None or day <= market.last_day)


def _sign(channel_id: str, expires: int) -> str:
    return blake2b(f"{channel_id}.{expires}".encode(), key=CLIENT_SECRET.encode(), digest_size=12).hexdigest()


def open_simulation(state_folder: Path, data: Path | None, seed: int, wall: Clock | None = None) -> Simulation:
    """Build the world: the synthetic market, or the recorded one in `data`.

    Raises InvalidInput or Damaged for a data folder or state that can't be used.
    """
    scenario = load_scenario()
    topics = Topics(scenario, seed)
    market: Market
    if data is None:
        market = SyntheticMarket(scenario, topics, seed)
    else:
        # Polars is only needed, and only loaded, for a recorded market.
        from connectors.simulator.markets.replay import ReplayMarket

        market = ReplayMarket(data, scenario.countries)
    state = State(state_folder)
    return Simulation(World(scenario, topics, market, state, seed), state, wall or SystemClock())
