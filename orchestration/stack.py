"""The plain object behind the `platform` resource: every service and client of one market, started or made on first use.

Scripts, notebooks and tests use it without Dagster: `Stack(load_settings())`. Nothing happens on construction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from pydantic import SecretStr

from core.clock import Clock, FrozenClock, SystemClock, noon
from core.errors import NotConfigured
from core.ids import ChannelId, SlotId
from core.settings import Market, Settings

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from connectors.embeddings.encoder import Encoder
    from connectors.feeds.feed import Sources
    from connectors.ingest import Ingested
    from connectors.media.elevenlabs import ElevenLabsVoice
    from connectors.media.language import OpenAIWriter
    from connectors.media.voice import Voice
    from connectors.simulator.process import SimulatorControl, SimulatorCredentials
    from connectors.trends.source import TrendSource
    from connectors.youtube.accounts import Accounts
    from connectors.youtube.client import YouTube
    from connectors.youtube.credentials import YouTubeCredentials
    from connectors.youtube.oauth import GoogleSignIn
    from core.ledger.cost import CostLedger
    from core.postgres.engine import DatabaseAddress
    from generation.artifacts import ArtifactStore
    from serving.client import ScoringClient


SIMULATED_REPORTS_DAYS = 7
"""Of six channels, a month of bulk reports is two million lines: more than anybody wants to wait for on a first day."""


def hours_before(noon: datetime) -> tuple[datetime, ...]:
    """The twenty-four hours that end with a noon: when snapshots within a simulated day are taken."""
    return tuple(noon - timedelta(hours=back) for back in reversed(range(24)))


class LocalServer(Protocol):
    """A server of ours that can be stopped."""

    def stop(self) -> bool:
        """Stop it; returns whether it ran."""
        ...

    def where(self) -> str | None:
        """Its address, without secrets; None where it does not run."""
        ...


class Stack:
    """Lazily started services and clients of one market. Attributes start what they need, once per process."""

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        self.settings = settings
        self.clock = clock or SystemClock()

    # Storage

    @cached_property
    def database_address(self) -> DatabaseAddress:
        """Address of the platform's database; starts the embedded Postgres unless DATABASE_URL is given."""
        from core.postgres.cluster import resolve_database

        return resolve_database(self.settings)

    @property
    def database_url(self) -> str:
        return self.database_address.url()

    @cached_property
    def engine(self) -> Engine:
        """Engine on the migrated database."""
        from core.postgres.engine import create_engine
        from core.postgres.migrations import migrate

        engine = create_engine(self.database_url)
        migrate(engine)
        return engine

    def _sibling(self, suffix: str) -> str:
        from core.postgres.engine import DatabaseAddress, ensure_database

        url = ensure_database(self.database_url, f"{self.database_address.database}_{suffix}")
        return DatabaseAddress.parse(url).url("psycopg2")

    @cached_property
    def mlflow_url(self) -> str:
        """MLflow's tracking and registry store, a database beside the platform's own."""
        return self._sibling("mlflow")

    @cached_property
    def dagster_url(self) -> str:
        """Dagster's run and event storage, a database beside the platform's own.

        Its events are not waited for until they are on disk: thousands are written, one by one, and a power cut that loses the
        last half second of a log loses no work."""
        from core.postgres.engine import DatabaseAddress

        return f"{DatabaseAddress.parse(self._sibling('dagster')).url(driver='')}?options=-csynchronous_commit%3Doff"

    @cached_property
    def redis_url(self) -> str:
        """Redis of the online feature store; starts the embedded one unless REDIS_URL is given."""
        from core.redis import resolve_redis

        return resolve_redis(self.settings)

    @property
    def artifacts_root(self) -> Path:
        return self.settings.state / "artifacts"

    @cached_property
    def artifacts(self) -> ArtifactStore:
        from generation.artifacts import ArtifactStore

        return ArtifactStore(self.artifacts_root)

    # Market

    @cached_property
    def simulator(self) -> SimulatorControl:
        """Control of the running simulator; starts it. Raises NotConfigured in the live market, which has none."""
        from connectors.simulator.process import SimulatorControl, simulator_process

        if self.settings.market is Market.LIVE:
            raise NotConfigured("The live market has no simulator.", "Unset YTEMPIRE_LIVE to use one.")
        return SimulatorControl(f"http://127.0.0.1:{simulator_process(self.settings).ensure()}")

    @property
    def market_url(self) -> str | None:
        """Where the Google, Hacker News and Wikipedia clients go; None means the real services."""
        return None if self.settings.market is Market.LIVE else self.simulator.base_url

    def clock_for(self, day: date) -> Clock:
        """The clock of a daily partition: noon UTC of the day in a simulated market (which is moved there), else the present."""
        if self.settings.market is Market.LIVE:
            return self.clock
        return self.clock_at(noon(day))

    def clock_at(self, moment: datetime) -> Clock:
        """Move the simulated market to a moment, and give its clock."""
        self.simulator.set_clock(moment)
        return FrozenClock(moment)

    @property
    def present(self) -> datetime:
        """This moment: the wall clock's in the live market, else the simulated one."""
        return self.clock.now() if self.settings.market is Market.LIVE else self.simulator.now()

    def clock_for_slot(self, slot: SlotId) -> Clock:
        """The clock of a slot's making: noon UTC of the day before it is published."""
        return self.clock_for(slot.on - timedelta(days=1))

    # Outside systems

    @cached_property
    def simulated_operator(self) -> SimulatorCredentials:
        """What the simulator gives in place of real credentials, and its demonstration channels."""
        return self.simulator.credentials()

    @cached_property
    def operator(self) -> YouTubeCredentials:
        """The operator's API key and OAuth client, without any channel."""
        from connectors.youtube.credentials import YouTubeCredentials

        settings = self.settings
        if settings.market is Market.LIVE:
            return YouTubeCredentials(settings.youtube_api_key, settings.youtube_client_id, settings.youtube_client_secret)
        given = self.simulated_operator
        return YouTubeCredentials(
            SecretStr(given.api_key), given.client_id, SecretStr(given.client_secret), token_uri=given.token_uri
        )

    @cached_property
    def sign_in(self) -> GoogleSignIn:
        """Google's consent page and tokens, or the simulator's. Raises NotConfigured without an OAuth client."""
        from connectors.youtube.oauth import GoogleSignIn, OAuthClient

        operator = self.operator
        if operator.client_id is None or operator.client_secret is None:
            raise NotConfigured("No OAuth client is set.", "Set YOUTUBE_CLIENT_ID and YOUTUBE_CLIENT_SECRET.")
        client = OAuthClient(operator.client_id, operator.client_secret)
        if self.settings.market is not Market.LIVE:
            given = self.simulated_operator
            client = replace(client, auth_uri=given.auth_uri, token_uri=given.token_uri, revoke_uri=given.revoke_uri)
        return GoogleSignIn(client)

    @cached_property
    def accounts(self) -> Accounts:
        """The connected channels; those that the settings or the simulator give are connected on first use."""
        from connectors.youtube.accounts import Accounts
        from core.keys import open_keyring
        from orchestration.connecting import connect_given

        # In a simulated market nobody waits for a person, so that a first day ends with uploads.
        unreviewed = self.settings.market is not Market.LIVE
        accounts = Accounts(self.engine, open_keyring(self.settings), lanes_publish_unreviewed=unreviewed)
        connect_given(self, accounts)
        return accounts

    @cached_property
    def youtube(self) -> YouTube:
        """Clients of YouTube's services for every channel whose consent works; set them to a day with `.at(clock)`."""
        return self.youtube_for(self.accounts.tokens())

    def youtube_for(self, refresh_tokens: Mapping[ChannelId, SecretStr]) -> YouTube:
        """Clients that act for the owners of these tokens."""
        from connectors.youtube.client import YouTube
        from connectors.youtube.quota import Pace, QuotaGate, quota_profile
        from core.ledger.quota import QuotaLedger
        from core.ledger.store import PostgresLedgerStore

        profile = quota_profile(self.settings.youtube_quota_profile)
        ledger = QuotaLedger(PostgresLedgerStore(self.engine), lambda day: profile.on(day).limits)
        pace = Pace(self.settings.youtube_calls_per_minute) if self.settings.market is Market.LIVE else None
        gate = QuotaGate(ledger, profile, self.clock, pace=pace)
        return YouTube(self.market_url, replace(self.operator, refresh_tokens=refresh_tokens), gate)

    def forget_youtube(self) -> None:
        """Close the clients of `youtube`: made anew, they act for the channels that are connected then."""
        if "youtube" in self.__dict__:
            self.youtube.close()
            del self.youtube

    @cached_property
    def trends(self) -> dict[str, TrendSource]:
        """The sources of trends, by name."""
        from connectors.trends.sources import open_sources

        return open_sources(self.settings, self.engine, self.market_url)

    @property
    def sources(self) -> Sources:
        """What a day is ingested from."""
        from connectors.feeds.feed import Sources

        is_live = self.settings.market is Market.LIVE

        def watched() -> Sequence[str]:
            return self.settings.competitors or (() if is_live else self.simulator.competitors())

        before = timedelta(days=self.settings.youtube_reports_days if is_live else SIMULATED_REPORTS_DAYS)
        return Sources(self.engine, self.youtube, self.trends, self.settings.state / "reports", watched, before)

    def ingest(self, table: str, day: date) -> Ingested:
        """Fetch and land one raw table's partition of a day; see `connectors.ingest`."""
        from connectors.ingest import ingest_day

        clock = self.clock_for(day)
        if self.settings.market is Market.LIVE:
            return ingest_day(self.sources, table, day, clock)
        return ingest_day(self.sources, table, day, clock, hours_before(clock.now()), self.clock_at)

    @cached_property
    def sentences(self) -> Encoder:
        """The local sentence encoder: topics compare vectors of many days, so they always take this one."""
        from connectors.embeddings.minilm import MiniLmEncoder

        return MiniLmEncoder()

    @cached_property
    def encoder(self) -> Encoder:
        """The encoder of contents: the hosted one where a key is set."""
        from connectors.embeddings.encoder import open_encoder

        return open_encoder(self.settings, self.cost_ledger, self.clock)

    # Studio

    @cached_property
    def cost_ledger(self) -> CostLedger:
        from core.ledger.cost import CostLedger
        from core.ledger.store import PostgresLedgerStore

        return CostLedger(PostgresLedgerStore(self.engine))

    @cached_property
    def language(self) -> OpenAIWriter | None:
        """The hosted writer, where a key is set; the local one is generation's own."""
        from connectors.media.language import OpenAIWriter

        settings = self.settings
        if settings.openai_api_key is None:
            return None
        return OpenAIWriter(
            settings.openai_api_key.get_secret_value(), model=settings.openai_model, base_url=settings.openai_base_url
        )

    @cached_property
    def voice(self) -> Voice:
        """The hosted voice with the local one behind it, or the local one alone."""
        from connectors.media.espeak import EspeakVoice
        from connectors.media.voice import FallbackVoice

        return EspeakVoice() if self.hosted_voice is None else FallbackVoice([self.hosted_voice, EspeakVoice()])

    @cached_property
    def hosted_voice(self) -> ElevenLabsVoice | None:
        """The hosted voice, where a key is set."""
        from connectors.media.elevenlabs import ElevenLabsVoice

        settings = self.settings
        if settings.elevenlabs_api_key is None:
            return None
        return ElevenLabsVoice(
            settings.elevenlabs_api_key.get_secret_value(),
            voice_id=settings.elevenlabs_voice,
            base_url=settings.elevenlabs_base_url,
        )

    @property
    def scorer(self) -> ScoringClient:
        """A client of the given model server, or of a local one, which a promotion has started anew, perhaps on another port."""
        from serving.client import ScoringClient
        from serving.packaging import resolve_server

        return ScoringClient(resolve_server(self.settings, self.mlflow_url, self.database_url, self.redis_url))

    # Local servers

    def servers(self) -> dict[str, LocalServer]:
        """The local servers of this market by name, running or not. Starts none."""
        from core.postgres.cluster import EmbeddedPostgres
        from core.process import LocalProcess, accepts_connections
        from core.redis import EmbeddedRedis

        state = self.settings.state
        found: dict[str, LocalServer] = {
            name: LocalProcess(name, state / "run", command=lambda port: [], healthy=accepts_connections)
            for name in ("model-server", "simulator")
        }
        return {**found, "redis": EmbeddedRedis(state / "redis"), "postgres": EmbeddedPostgres(state / "pg")}
