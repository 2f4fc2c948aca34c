"""The operator's connected channels: what is known of them, their owners' consents (sealed), and whether those still work.

A channel that is disconnected loses its token and stays as a name in the books; one that is erased leaves nothing but lines in
the audit log. A consent that has ended stops its own channel alone: `tokens()` leaves it out. How consent is asked for is
said in `oauth`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr
from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from connectors.youtube.oauth import ConsentEnded, EndOfConsent, GoogleSignIn, Grant, missing_scopes
from connectors.youtube.upload import ASSIGNABLE_CATEGORIES
from core.audit import OPERATOR, write_audit
from core.errors import InvalidInput, Refused, Transient, UnknownName
from core.ids import ChannelId
from core.keys import Keyring, Sealed

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

TESTING_LIFE = timedelta(days=7)
"""How long refresh tokens live that were given while the project's consent screen was in Testing."""
IDLE_LIMIT = timedelta(days=180)
"""Google lets a refresh token expire that was not used for six months."""
UPLOAD_LIMIT = timedelta(days=90)
"""A project that uploads nothing for about this long may lose its access to uploads."""
WARNED_BEFORE = timedelta(days=15)


_PROFILE_COLUMNS = (
    "channel_id",
    "handle",
    "title",
    "niche",
    "category_id",
    "timezone",
    "language",
    "description",
    "country",
    "subscribers_count",
    "views_count",
    "videos_count",
    "baseline",
)
_SAVE_CHANNEL = text(
    f"insert into ops.channels ({', '.join(_PROFILE_COLUMNS)}, connected_at)"  # noqa: S608 (names from above)
    f" values ({', '.join(f':{name}' for name in _PROFILE_COLUMNS)}, :now) on conflict (channel_id) do update set "
    + ", ".join(f"{name} = excluded.{name}" for name in _PROFILE_COLUMNS[2:])
    + ", is_active = true, disconnected_at = null, connected_at = excluded.connected_at returning handle"
).bindparams(bindparam("baseline", type_=JSONB))
_SAVE_LANE = text(
    "insert into ops.lanes (lane_id, channel_id, slot, publish_local_time, is_active, publishes_unreviewed)"
    " values (:lane, :channel, :slot, :publish_local_time, :is_active, :unreviewed) on conflict do nothing"
)
_SAVE_CREDENTIAL = text("""
    insert into ops.channel_credentials
    (channel_id, refresh_token_ciphertext, key_id, scopes, granted_at, last_used_at, health, checked_at)
    values (:channel, :content, :key, :scopes, :now, :used_at, 'healthy', :used_at)
    on conflict (channel_id) do update
    set refresh_token_ciphertext = excluded.refresh_token_ciphertext, key_id = excluded.key_id, scopes = excluded.scopes,
        granted_at = excluded.granted_at, last_used_at = excluded.last_used_at, health = excluded.health,
        checked_at = excluded.checked_at
""")
_ACCOUNTS = text("""
    select channels.*, scopes, granted_at, last_used_at, health, checked_at
    from ops.channels
    left join ops.channel_credentials using (channel_id)
    order by handle
""")
_TOKENS = text("""
    select channel_id, refresh_token_ciphertext, key_id
    from ops.channel_credentials
    where (:ended or health not in ('expired', 'revoked')) and channel_id = coalesce(:only, channel_id)
    order by channel_id
""")
_LAST_ACTIONS = text("""
    select distinct on (subject) subject, action
    from ops.audit_log
    where action in ('channel.connected', 'channel.disconnected', 'channel.erased')
    order by subject, audit_id desc
""")
_RECORD = text("""
    with before as (
        select health from ops.channel_credentials
        where channel_id = :channel and (checked_at is null or checked_at <= :now)
    )

    update ops.channel_credentials
    set health = cast(:health as ops.token_health), checked_at = :now,
        last_used_at = case when :used then :now else last_used_at end
    from before
    where channel_id = :channel
    returning before.health::text
""")
_FORGET = (
    text("delete from ops.channel_credentials where channel_id = :channel"),
    text("update ops.lanes set is_active = false where channel_id = :channel"),
    text("update ops.channels set is_active = false, disconnected_at = :now where channel_id = :channel"),
)
_ERASE = (
    text("delete from ops.report_files where channel_id = :channel"),
    text("delete from ops.report_jobs where channel_id = :channel"),
    text("delete from ops.publications where channel_id = :channel"),
    text("delete from ops.channels where channel_id = :channel"),
)
_SEALED = text("select channel_id, refresh_token_ciphertext, key_id from ops.channel_credentials order by channel_id for update")
_RESEAL = text(
    "update ops.channel_credentials set refresh_token_ciphertext = :content, key_id = :key where channel_id = :channel"
)
_LANGUAGE = text("select language from ops.channels where channel_id = :channel for update")
_SET_LANGUAGE = text("update ops.channels set language = :language where channel_id = :channel")
_UPLOADS = text("""
    select coalesce(upload_category_id, category_id) as category_id, notifies_subscribers, is_made_for_kids
    from ops.channels where channel_id = :channel for update
""")
_SET_UPLOADS = text("""
    update ops.channels
    set upload_category_id = :category_id, notifies_subscribers = :notifies_subscribers, is_made_for_kids = :is_made_for_kids
    where channel_id = :channel
""")
_NOTE_MONETISED = text(
    "update ops.channels set is_monetized = :known where channel_id = :channel and is_monetized is distinct from :known"
)


@dataclass(frozen=True)
class UploadSettings:
    """What is said of each upload of a channel: its category, whether subscribers are told, and that it is made for kids."""

    category_id: int
    notifies_subscribers: bool
    is_made_for_kids: bool


class Health(StrEnum):
    """Whether a channel's consent works, from best to worst."""

    HEALTHY = "healthy"
    UNREACHABLE = "unreachable"
    IDLE = "idle"
    MISSING_SCOPE = "missing_scope"
    EXPIRED = "expired"
    REVOKED = "revoked"

    @property
    def is_ended(self) -> bool:
        """Whether only the owner's new consent helps."""
        return self in {Health.EXPIRED, Health.REVOKED}


@dataclass(frozen=True)
class Lane:
    """A daily place in the calendar, in the channel's own time."""

    slot: str
    publish_local_time: time
    is_active: bool = False


@dataclass(frozen=True)
class Profile:
    """What is known of a channel when it is connected.

    Attributes:
        handle: without the at sign; a channel keeps the one it was first connected under, for its lanes are named by it.
        category_id: YouTube's number of the category of most of its videos.
        baseline: figures of its last videos, to measure later ones by.
    """

    channel_id: ChannelId
    handle: str
    title: str
    niche: str
    category_id: int
    timezone: str
    language: str = "en"
    description: str | None = None
    country: str | None = None
    subscribers_count: int | None = None
    views_count: int | None = None
    videos_count: int | None = None
    baseline: Mapping[str, Any] = field(default_factory=dict)
    lanes: tuple[Lane, ...] = ()


@dataclass(frozen=True)
class Account:
    """A channel of the operator's, and its consent where it is connected."""

    channel_id: ChannelId
    handle: str
    title: str
    niche: str
    language: str
    timezone: str
    is_connected: bool
    scopes: tuple[str, ...]
    granted_at: datetime | None
    last_used_at: datetime | None
    health: Health | None
    checked_at: datetime | None


@dataclass(frozen=True)
class TokenCheck:
    """What a check of a channel's consent found; the sentence says what to do about it."""

    channel_id: ChannelId
    handle: str
    health: Health
    sentence: str


def note_monetised(engine: Engine, known: Mapping[ChannelId, bool | None]) -> None:
    """Write down of channels whether YouTube says that they are monetised; None where it does not say."""
    if known:
        with engine.begin() as connection:
            connection.execute(_NOTE_MONETISED, [{"channel": channel, "known": told} for channel, told in sorted(known.items())])


class Accounts:
    """The connected channels in `ops.channels`, `ops.channel_credentials` and `ops.audit_log`. Safe to share among processes.

    Args:
        actor: who is written into the audit log.
    """

    def __init__(
        self, engine: Engine, keyring: Keyring, actor: str = OPERATOR, *, lanes_publish_unreviewed: bool = False
    ) -> None:
        self._engine = engine
        self._keyring = keyring
        self._actor = actor
        self._unreviewed = lanes_publish_unreviewed

    def save(self, profile: Profile, grant: Grant, now: datetime, *, is_fresh: bool = True) -> None:
        """Connect a channel, or connect it again.

        Args:
            is_fresh: whether the owner consented just now; of an older token it is not known when it was last used.

        Raises InvalidInput where another channel has its handle.
        """
        with self._alone() as connection:
            values = {name: getattr(profile, name) for name in _PROFILE_COLUMNS}
            taken = connection.execute(
                text("select title from ops.channels where handle = :handle and channel_id <> :channel_id"), values
            ).scalar()
            if taken is not None:
                raise InvalidInput(
                    f"The channel {taken!r} has the handle {profile.handle!r} already.", "Disconnect and erase it."
                )
            handle = connection.execute(_SAVE_CHANNEL, {**values, "now": now}).scalar_one()
            for lane in profile.lanes:
                names = {"lane": f"{handle}.{lane.slot}", "channel": profile.channel_id}
                connection.execute(_SAVE_LANE, {**vars(lane), **names, "unreviewed": self._unreviewed})
            sealed = self._keyring.seal(grant.refresh_token.get_secret_value(), profile.channel_id)
            connection.execute(
                _SAVE_CREDENTIAL,
                {
                    "channel": profile.channel_id,
                    "content": sealed.content,
                    "key": sealed.key_id,
                    "scopes": list(grant.scopes),
                    "now": now,
                    "used_at": now if is_fresh else None,
                },
            )
            self._audit(connection, now, "channel.connected", profile.channel_id, {"scopes": list(grant.scopes)})

    def accounts(self) -> list[Account]:
        """All channels, connected or not, by handle."""
        with self._engine.connect() as connection:
            return [_account(row) for row in connection.execute(_ACCOUNTS)]

    def account(self, name: str) -> Account:
        """A channel by handle or id. Raises UnknownName."""
        known = self.accounts()
        wanted = name.removeprefix("@")
        for account in known:
            if wanted in {account.handle, account.channel_id}:
                return account
        names = ", ".join(account.handle for account in known) or "none yet"
        raise UnknownName(f"There is no channel {name!r}.", f"The channels are {names}.")

    def set_language(self, name: str, language: str, now: datetime) -> bool:
        """Give a channel, by handle or id, the language (BCP 47) of its videos from now on; returns whether that changed it.

        Raises UnknownName."""
        channel_id = self.account(name).channel_id
        with self._engine.begin() as connection:
            was = connection.execute(_LANGUAGE, {"channel": channel_id}).scalar_one()
            if was == language:
                return False
            connection.execute(_SET_LANGUAGE, {"channel": channel_id, "language": language})
            self._audit(connection, now, "channel.language", channel_id, {"was": was, "language": language})
            return True

    def upload_settings(self, name: str, now: datetime, **changes: Any) -> UploadSettings:
        """What is said of a channel's uploads, by handle or id, after these changes: names of UploadSettings; None changes none.

        Raises UnknownName, InvalidInput for a category that no video may be given."""
        channel_id = self.account(name).channel_id
        with self._engine.begin() as connection:
            was = UploadSettings(**connection.execute(_UPLOADS, {"channel": channel_id}).mappings().one())
            wanted = replace(was, **{key: value for key, value in changes.items() if value is not None})
            if wanted == was:
                return was
            if wanted.category_id not in ASSIGNABLE_CATEGORIES:
                numbers = ", ".join(map(str, sorted(ASSIGNABLE_CATEGORIES)))
                raise InvalidInput(f"Category {wanted.category_id} cannot be given to a video.", f"Choose one of {numbers}.")
            connection.execute(_SET_UPLOADS, {**vars(wanted), "channel": channel_id})
            self._audit(connection, now, "channel.uploads", channel_id, {"was": vars(was), "is": vars(wanted)})
            return wanted

    def tokens(self, *, ended: bool = False, only: ChannelId | None = None) -> dict[ChannelId, SecretStr]:
        """The refresh tokens of connected channels, or of one; with `ended`, those that Google no longer takes too.

        Raises NotConfigured where a key is not at hand, Damaged for a token that was changed or moved."""
        with self._engine.connect() as connection:
            rows = connection.execute(_TOKENS, {"ended": ended, "only": only}).all()
        return {
            ChannelId(row.channel_id): SecretStr(
                self._keyring.open(Sealed(row.refresh_token_ciphertext, row.key_id), row.channel_id)
            )
            for row in rows
        }

    def dismissed(self) -> set[ChannelId]:
        """Channels that the operator disconnected or erased, and did not connect again."""
        with self._engine.connect() as connection:
            rows = connection.execute(_LAST_ACTIONS).all()
        return {ChannelId(row.subject) for row in rows if row.action != "channel.connected"}

    def record(self, checks: Iterable[TokenCheck], now: datetime) -> None:
        """Write down what checks found, and that a token that worked was used. An older check changes nothing."""
        with self._alone() as connection:
            for check in checks:
                is_used = check.health in {Health.HEALTHY, Health.IDLE, Health.MISSING_SCOPE}
                values = {"channel": check.channel_id, "health": check.health.value, "now": now, "used": is_used}
                before = connection.execute(_RECORD, values).scalar()
                if before is not None and before != check.health:
                    self._audit(connection, now, f"token.{check.health}", check.channel_id, {"was": before})

    def forget(self, channel_id: ChannelId, now: datetime) -> None:
        """Delete a channel's token and switch its lanes off; what was learned of it stays."""
        with self._alone() as connection:
            for statement in _FORGET:
                connection.execute(statement, {"channel": channel_id, "now": now})
            self._audit(connection, now, "channel.disconnected", channel_id, {})

    def erase(self, channel_id: ChannelId, now: datetime) -> None:
        """Delete a channel and, by cascade, everything that the operational tables hold of it. Raw rows: see `erasure`."""
        with self._alone() as connection:
            for statement in _ERASE:
                connection.execute(statement, {"channel": channel_id})
            self._audit(connection, now, "channel.erased", channel_id, {})

    def rotate(self, now: datetime) -> str:
        """Seal every token anew under a new key, and forget the old ones; return the new key's id."""
        key_id = self._keyring.rotate(self._seal_again).key_id
        with self._alone() as connection:
            self._audit(connection, now, "keys.rotated", key_id, {})
        return key_id

    def _seal_again(self) -> Collection[str]:
        with self._alone() as connection:
            used = set()
            for row in connection.execute(_SEALED).all():
                token = self._keyring.open(Sealed(row.refresh_token_ciphertext, row.key_id), row.channel_id)
                sealed = self._keyring.seal(token, row.channel_id)
                values = {"channel": row.channel_id, "content": sealed.content, "key": sealed.key_id}
                connection.execute(_RESEAL, values)
                used.add(sealed.key_id)
        return used

    @contextmanager
    def _alone(self) -> Iterator[Connection]:
        """A transaction that no other writer of credentials shares: none may seal under a key that is being forgotten."""
        with self._engine.begin() as connection:
            connection.execute(text("select pg_advisory_xact_lock(hashtext('ops.channel_credentials'))"))
            yield connection

    def _audit(self, connection: Connection, now: datetime, action: str, subject: str, detail: Mapping[str, Any]) -> None:
        write_audit(connection, now, self._actor, action, subject, detail)


def check_token(
    sign_in: GoogleSignIn, account: Account, token: SecretStr, now: datetime, last_upload_at: datetime | None = None
) -> TokenCheck:
    """Use a refresh token once, and say whether it works and what is about to end. Raises nothing: a failure is the finding.

    Args:
        last_upload_at: the platform's last upload to the channel; None for a channel that it never uploaded to.
    """

    def found(health: Health, sentence: str) -> TokenCheck:
        return TokenCheck(account.channel_id, account.handle, health, sentence)

    used_at = account.last_used_at
    try:
        scopes = sign_in.refresh(token) or account.scopes
    except ConsentEnded as error:
        return found(*_ended(error.end, account.granted_at, used_at, now))
    except (Transient, Refused) as error:
        return found(Health.UNREACHABLE, str(error))
    if missing := missing_scopes(scopes):
        again = f"`ytempire connect --channel {account.handle}` asks for it"
        return found(Health.MISSING_SCOPE, f"The consent lacks {', '.join(missing)}; {again}.")
    if used_at is not None and now - used_at >= IDLE_LIMIT - WARNED_BEFORE:
        return found(Health.IDLE, f"It was not used for {(now - used_at).days} days; Google ends it after {IDLE_LIMIT.days}.")
    if last_upload_at is not None and now - last_upload_at >= UPLOAD_LIMIT - WARNED_BEFORE:
        days = (now - last_upload_at).days
        return found(
            Health.IDLE, f"Nothing was uploaded for {days} days; after about {UPLOAD_LIMIT.days} uploads may be refused."
        )
    return found(Health.HEALTHY, "It works.")


def _ended(end: EndOfConsent, granted_at: datetime | None, used_at: datetime | None, now: datetime) -> tuple[Health, str]:
    """Why a consent ended. Google mostly says "expired or revoked"; then the token's life tells them apart."""
    if end is not EndOfConsent.REVOKED and granted_at is not None and used_at is not None:
        if now - used_at >= IDLE_LIMIT:
            return Health.EXPIRED, f"It expired: nobody used it for {(now - used_at).days} days. Connect the channel again."
        if now >= granted_at + TESTING_LIFE >= used_at:
            return Health.EXPIRED, (
                "It expired after seven days, as consents do while the project's consent screen is in Testing."
                " Publish the app in the Google Cloud console, then connect the channel again."
            )
    if end is EndOfConsent.EXPIRED:
        return Health.EXPIRED, "It expired. Connect the channel again."
    return Health.REVOKED, "The owner, or a change of password, took it back. Connect the channel again."


def _account(row: Any) -> Account:
    return Account(
        ChannelId(row.channel_id),
        row.handle,
        row.title,
        row.niche,
        row.language,
        row.timezone,
        row.health is not None,
        tuple(row.scopes or ()),
        row.granted_at,
        row.last_used_at,
        Health(row.health) if row.health else None,
        row.checked_at,
    )
