"""Every setting of the platform, in one frozen tree, read from the environment (and `.env`) once: in the CLI and in
`orchestration/definitions`. Everything below is handed the values it needs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum
from io import StringIO
from pathlib import Path
from typing import Any

from dotenv.parser import parse_stream
from pydantic import AliasChoices, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from core.errors import NotConfigured

ROOT = Path(__file__).resolve().parent.parent
"""The project folder: where `dbt/` and `dagster.yaml` lie."""


_SEE = "See .env.example for its form."


class Market(StrEnum):
    """Where charts and views come from."""

    SYNTHETIC = "synthetic"
    REPLAY = "replay"
    LIVE = "live"


def _env(name: str) -> Any:
    return AliasChoices(name, name.lower())


class Settings(BaseSettings):
    """The settings tree. Own names carry the prefix `YTEMPIRE_`; names the world already knows keep theirs."""

    model_config = SettingsConfigDict(
        env_prefix="YTEMPIRE_", env_file=".env", frozen=True, extra="ignore", env_ignore_empty=True, populate_by_name=True
    )

    home: Path = Field(default=ROOT / "var", description="Folder of all local state, one sub-folder per market.")
    data: Path | None = Field(default=None, description="Folder with trending_2026/ and growth_2026/: replays that market.")
    live: bool = Field(default=False, description="Talk to the real services instead of the simulator.")
    seed: int = Field(default=20260608, description="Seed of the synthetic world, of training and of rendering.")
    first_day: date = Field(default=date(2026, 6, 8), description="The day that `ytempire run` takes when none is given.")
    history_days: int = Field(default=35, ge=7, le=365, description="Days ingested before the first day.")
    trials: int = Field(default=3, ge=1, description="Optuna trials per model and training run.")
    studies_url: SecretStr | None = Field(default=None, description="Database of the studies, for workers on several machines.")
    render_threads: int = Field(default=2, ge=1, description="Encoder threads per render.")

    database_url: SecretStr | None = Field(default=None, validation_alias=_env("DATABASE_URL"))
    redis_url: SecretStr | None = Field(default=None, validation_alias=_env("REDIS_URL"))
    serving_url: str | None = Field(default=None, description="A running model server; else one is started.")

    encryption_keys: SecretStr | None = Field(
        default=None,
        validation_alias=AliasChoices("YTEMPIRE_ENCRYPTION_KEYS", "YTEMPIRE_ENCRYPTION_KEY", "encryption_keys"),
        description="Keys of the channels' sealed tokens: 32 bytes in base64, newest first, comma between; else a file's.",
    )

    youtube_api_key: SecretStr | None = Field(default=None, validation_alias=_env("YOUTUBE_API_KEY"))
    youtube_client_id: str | None = Field(default=None, validation_alias=_env("YOUTUBE_CLIENT_ID"))
    youtube_client_secret: SecretStr | None = Field(default=None, validation_alias=_env("YOUTUBE_CLIENT_SECRET"))
    youtube_refresh_tokens: dict[str, SecretStr] = Field(default_factory=dict, description="JSON: channel id to refresh token.")
    youtube_quota_profile: str = Field(
        default="auto", description="Price table of the Data API, by the date it took effect; `auto` takes the one in force."
    )
    youtube_calls_per_minute: int = Field(default=300, ge=1, description="Calls a minute to each of YouTube's APIs, at most.")
    youtube_reports_days: int = Field(
        default=30, ge=0, le=30, description="Days before a channel was connected whose bulk reports are read."
    )
    youtube_project_audited: bool = Field(
        default=False, description="Whether the API project passed YouTube's audit; uploads of one that did not stay private."
    )

    competitors: tuple[str, ...] = Field(default=(), description="JSON list: ids or @handles of channels that are watched.")

    trend_geos: tuple[str, ...] = Field(default=("US", "GB", "CA", "AU", "IN"), description="Countries of Google Trends.")
    reddit_subreddits: tuple[str, ...] = Field(
        default=("gaming", "Music", "entertainment", "movies", "technology"),
        description="JSON: subreddits whose hot posts are read.",
    )
    reddit_client_id: str | None = Field(
        default=None, description="App of reddit.com/prefs/apps; without one the public JSON is read."
    )
    reddit_client_secret: SecretStr | None = None
    feeds: dict[str, str] = Field(
        default={
            "ars-technica": "https://feeds.arstechnica.com/arstechnica/index",
            "bbc-entertainment": "https://feeds.bbci.co.uk/news/entertainment_and_arts/rss.xml",
            "pitchfork": "https://pitchfork.com/feed/feed-news/rss",
            "polygon": "https://www.polygon.com/rss/index.xml",
            "variety": "https://variety.com/feed/",
        },
        description="JSON: name to address of RSS and Atom feeds, which must be on the public Internet.",
    )

    openai_api_key: SecretStr | None = Field(default=None, validation_alias=_env("OPENAI_API_KEY"))
    openai_base_url: str | None = Field(default=None, validation_alias=_env("OPENAI_BASE_URL"))
    openai_model: str = "gpt-4o-mini"
    embeddings_cap_per_day_usd: Decimal = Field(
        default=Decimal("0.50"), ge=0, description="The most that a day's embeddings at OpenAI may cost."
    )
    elevenlabs_api_key: SecretStr | None = Field(default=None, validation_alias=_env("ELEVENLABS_API_KEY"))
    elevenlabs_base_url: str | None = Field(default=None, validation_alias=_env("ELEVENLABS_BASE_URL"))
    elevenlabs_voice: str = "21m00Tcm4TlvDq8ikWAM"

    cost_cap_per_video_usd: Decimal = Field(
        default=Decimal("0.50"), ge=0, description="A slot stops before a paid step would pass this."
    )
    cpu_usd_per_hour: Decimal = Field(
        default=Decimal("0.04"), ge=0, description="What an hour of one processor core costs you; a rented one, by default."
    )
    storage_usd_per_gb_month: Decimal = Field(
        default=Decimal("0.023"),
        ge=0,
        description="What a gigabyte costs you to keep for a month; an object store's, by default.",
    )

    youtube_others_kept_days: int = Field(
        default=30, ge=1, description="How long data of others are kept; more needs YouTube's written consent."
    )

    @property
    def others_kept_days(self) -> int | None:
        """How long the data of others are kept; without limit in a simulated market, whose data are nobody's."""
        return self.youtube_others_kept_days if self.market is Market.LIVE else None

    @property
    def market(self) -> Market:
        """Live when asked for, replay when a data folder is given, else synthetic."""
        if self.live:
            return Market.LIVE
        return Market.REPLAY if self.data is not None else Market.SYNTHETIC

    @property
    def state(self) -> Path:
        """Folder of this market's state: pg/ redis/ simulator/ artifacts/ snapshots/ mlflow/ dagster_home/ run/."""
        return self.home.resolve() / self.market.value

    @property
    def key_file(self) -> Path:
        """Where this market's encryption keys are kept, unless the environment gives them."""
        return self.home.resolve() / "keys" / f"{self.market.value}.keys"


def load_settings(**overrides: Any) -> Settings:
    """Read the settings. Raises NotConfigured naming the variable or the line of `.env`, never a value."""
    _check_env_file(Path(".env"))
    try:
        return Settings(**overrides)
    except SettingsError as error:  # raised for text that should be JSON; names the field, not its value
        name = str(error).split('"')[1]
        raise NotConfigured(f"{_variable(name)} is not usable: it is no valid JSON.", _SEE) from None
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = _variable(*map(str, first["loc"]))
        raise NotConfigured(f"{name} is not usable: {first['msg']}.", _SEE) from None


def _variable(name: str, *parts: str) -> str:
    """The environment variable of a field, and the part of its value that is meant."""
    field = Settings.model_fields.get(name)
    own = field is not None and field.validation_alias is None
    return ".".join((f"YTEMPIRE_{name.upper()}" if own else name.upper(), *parts))


def _check_env_file(path: Path) -> None:
    """Raise NotConfigured for a line that is no assignment: the reader of `.env` would pass over it with a murmur."""
    if not path.is_file():
        return
    try:
        bindings = list(parse_stream(StringIO(path.read_text(encoding="utf-8"))))
    except (OSError, UnicodeDecodeError) as error:
        reason = "it is no UTF-8 text" if isinstance(error, UnicodeDecodeError) else error.strerror
        raise NotConfigured(f"The file {path.absolute()} cannot be read: {reason}.", "Mend it, or remove it.") from None
    for binding in bindings:
        if binding.error:
            text = binding.original.string
            line = binding.original.line + text[: len(text) - len(text.lstrip())].count("\n")
            raise NotConfigured(f"Line {line} of {path.absolute()} is no NAME=value.", _SEE)


def child_environment(variables: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment for a child process: this process's own, with `variables` laid over it."""
    return {**os.environ, **(variables or {})}
