"""Accounts over Postgres: tokens are sealed for their own row, keys change without loss, and every change is in the books."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from pydantic import SecretStr
from sqlalchemy import Engine

from connectors.http import RetryPolicy
from connectors.youtube.accounts import Account, Accounts, Health, Lane, Profile, TokenCheck, check_token
from connectors.youtube.oauth import SCOPES, GoogleSignIn, Grant, OAuthClient
from core.errors import Damaged, InvalidInput, NotConfigured, UnknownName
from core.ids import ChannelId
from core.keys import KeyFile, Keyring
from tests.unit.connectors.scripted import Answer, ScriptedServer, json_answer

pytestmark = pytest.mark.postgres

NOW = datetime(2026, 6, 8, 12, tzinfo=UTC)
LANES = (Lane("evening", time(18)), Lane("noon", time(12), is_active=True))


def profile(name: str, **changes: Any) -> Profile:
    return replace(Profile(ChannelId(f"UC{name}"), name, name.title(), "gaming", 20, "UTC", lanes=LANES), **changes)


def grant(token: str = "1//s3cret") -> Grant:
    return Grant(SecretStr(token), SCOPES)


def query(database: Engine, sql: str) -> list[Any]:
    with database.connect() as connection:
        return list(connection.execute(sqlalchemy.text(sql)).all())


def audit(database: Engine) -> list[tuple[str, str]]:
    return [(row.action, row.subject) for row in query(database, "select action, subject from ops.audit_log order by audit_id")]


@pytest.fixture
def keys(tmp_path: Path) -> KeyFile:
    return KeyFile(tmp_path / "keys" / "test.keys")


@pytest.fixture
def accounts(database: Engine, keys: KeyFile) -> Accounts:
    return Accounts(database, Keyring(keys))


def test_a_channel_is_connected_with_a_sealed_token(database: Engine, accounts: Accounts) -> None:
    accounts.save(profile("one", baseline={"views_median": 7}, country="GB"), grant(), NOW)
    assert accounts.tokens() == {ChannelId("UCone"): SecretStr("1//s3cret")}
    (account,) = accounts.accounts()
    assert (account.handle, account.scopes, account.granted_at, account.health) == ("one", SCOPES, NOW, Health.HEALTHY)
    lanes = query(database, "select lane_id, is_active from ops.lanes order by lane_id")
    assert [tuple(row) for row in lanes] == [("one.evening", False), ("one.noon", True)]
    assert audit(database) == [("channel.connected", "UCone")]
    (stored,) = query(database, "select * from ops.channel_credentials")
    books = query(database, "select * from ops.audit_log") + query(database, "select * from ops.channels")
    assert b"s3cret" not in stored.refresh_token_ciphertext
    assert "s3cret" not in repr([stored, books, account, accounts.tokens()])


def test_connecting_again_replaces_the_token_and_keeps_handle_and_calendar(database: Engine, accounts: Accounts) -> None:
    accounts.save(profile("one"), grant(), NOW)
    later = NOW + timedelta(days=1)
    accounts.save(profile("renamed", channel_id=ChannelId("UCone"), title="New", lanes=()), grant("1//other"), later)
    (account,) = accounts.accounts()
    assert (account.handle, account.title, account.granted_at) == ("one", "New", later)
    assert accounts.tokens() == {ChannelId("UCone"): SecretStr("1//other")}
    assert len(query(database, "select from ops.lanes")) == 2


def test_two_channels_never_share_a_handle(accounts: Accounts) -> None:
    accounts.save(profile("one"), grant(), NOW)
    with pytest.raises(InvalidInput, match="'One' has the handle 'one' already"):
        accounts.save(profile("one", channel_id=ChannelId("UCtwo")), grant(), NOW)
    assert list(accounts.tokens()) == ["UCone"]


def test_a_token_that_is_moved_to_another_channel_does_not_open(database: Engine, accounts: Accounts) -> None:
    accounts.save(profile("one"), grant("1//one"), NOW)
    accounts.save(profile("two"), grant("1//two"), NOW)
    with database.begin() as connection:
        connection.execute(
            sqlalchemy.text(
                "update ops.channel_credentials as c set refresh_token_ciphertext = o.refresh_token_ciphertext"
                " from ops.channel_credentials as o where c.channel_id = 'UCone' and o.channel_id = 'UCtwo'"
            )
        )
    with pytest.raises(Damaged, match="UCone"):
        accounts.tokens()
    assert accounts.tokens(only=ChannelId("UCtwo")) == {ChannelId("UCtwo"): SecretStr("1//two")}


def test_channels_are_found_by_handle_and_id(accounts: Accounts) -> None:
    accounts.save(profile("one"), grant(), NOW)
    assert accounts.account("@one") == accounts.account("UCone")
    with pytest.raises(UnknownName, match="The channels are one"):
        accounts.account("two")


def test_a_disconnected_channel_has_no_token_and_an_erased_one_no_row(database: Engine, accounts: Accounts) -> None:
    for name in ("one", "two"):
        accounts.save(profile(name), grant(), NOW)
    accounts.forget(ChannelId("UCone"), NOW)
    assert list(accounts.tokens(ended=True)) == ["UCtwo"]
    assert not accounts.account("one").is_connected
    assert query(database, "select from ops.lanes where channel_id = 'UCone' and is_active") == []
    assert accounts.dismissed() == {ChannelId("UCone")}
    accounts.erase(ChannelId("UCone"), NOW)
    assert [account.handle for account in accounts.accounts()] == ["two"]
    assert query(database, "select from ops.lanes where channel_id = 'UCone'") == []
    assert accounts.dismissed() == {ChannelId("UCone")}
    accounts.save(profile("one"), grant(), NOW)
    assert accounts.dismissed() == set()


def test_keys_are_rotated(database: Engine, accounts: Accounts, keys: KeyFile) -> None:
    for name in ("one", "two"):
        accounts.save(profile(name), grant(f"1//{name}"), NOW)
    old, tokens = keys.newest(), accounts.tokens()
    key_id = accounts.rotate(NOW)
    assert accounts.tokens() == tokens
    assert [key.key_id for key in keys.read()] == [key_id] != [old.key_id]
    assert {row.key_id for row in query(database, "select key_id from ops.channel_credentials")} == {key_id}
    assert audit(database)[-1] == ("keys.rotated", key_id)


class CutOff(Exception):
    """The process ends here."""


@pytest.mark.parametrize("after", ["add", "first row", "transaction"])
def test_a_rotation_that_is_cut_off_loses_nothing(
    database: Engine, accounts: Accounts, keys: KeyFile, monkeypatch: pytest.MonkeyPatch, after: str
) -> None:
    for name in ("one", "two"):
        accounts.save(profile(name), grant(f"1//{name}"), NOW)
    tokens, seals = accounts.tokens(), 0
    seal = Keyring.seal

    def cut(*_: object) -> Any:
        raise CutOff

    def seal_once(self: Keyring, text: str, context: str) -> Any:
        nonlocal seals
        seals += 1
        return cut() if seals == 2 else seal(self, text, context)

    with monkeypatch.context() as patch:
        if after == "add":
            patch.setattr(accounts, "_seal_again", cut)
        elif after == "first row":
            patch.setattr(Keyring, "seal", seal_once)
        else:
            patch.setattr(keys, "keep", cut)
        with pytest.raises(CutOff):
            accounts.rotate(NOW)
    assert accounts.tokens() == tokens
    used = {row.key_id for row in query(database, "select key_id from ops.channel_credentials")}
    assert len(used) == 1  # one transaction
    accounts.rotate(NOW)
    assert accounts.tokens() == tokens
    assert len(keys.read()) == 1


def test_channels_connected_while_keys_change_lose_nothing(database: Engine, keys: KeyFile) -> None:
    def save(number: int) -> None:
        Accounts(database, Keyring(keys)).save(profile(f"n{number}"), grant(f"1//{number}"), NOW)

    def rotate(_: int) -> None:
        Accounts(database, Keyring(keys)).rotate(NOW)

    with ThreadPoolExecutor(4) as pool:
        work = [pool.submit(save if number % 4 else rotate, number) for number in range(32)]
        for done in work:
            done.result()
    tokens = Accounts(database, Keyring(keys)).tokens()
    assert tokens == {ChannelId(f"UCn{number}"): SecretStr(f"1//{number}") for number in range(32) if number % 4}


def test_a_lost_key_is_told_and_a_new_consent_mends_it(accounts: Accounts, keys: KeyFile) -> None:
    accounts.save(profile("one"), grant(), NOW)
    keys.path.unlink()
    with pytest.raises(NotConfigured, match="not at hand"):
        accounts.tokens()
    accounts.save(profile("one"), grant("1//new"), NOW)
    assert accounts.tokens() == {ChannelId("UCone"): SecretStr("1//new")}


def check_of(name: str, health: Health) -> TokenCheck:
    return TokenCheck(ChannelId(f"UC{name}"), name, health, "")


def test_an_ended_consent_stops_its_own_channel_alone(database: Engine, accounts: Accounts) -> None:
    for name in ("one", "two", "three"):
        accounts.save(profile(name), grant(), NOW)
    later = NOW + timedelta(days=1)
    found = (Health.REVOKED, Health.UNREACHABLE, Health.HEALTHY)
    checks = [check_of(name, health) for name, health in zip(("one", "two", "three"), found, strict=True)]
    accounts.record(checks, later)
    assert list(accounts.tokens()) == ["UCthree", "UCtwo"]
    assert list(accounts.tokens(ended=True)) == ["UCone", "UCthree", "UCtwo"]
    used = {account.handle: account.last_used_at for account in accounts.accounts()}
    assert used == {"one": NOW, "two": NOW, "three": later}
    accounts.record([check_of("one", Health.HEALTHY)], NOW)  # an older check
    assert accounts.account("one").health is Health.REVOKED
    changes = [entry for entry in audit(database) if entry[0].startswith("token.")]
    assert changes == [("token.revoked", "UCone"), ("token.unreachable", "UCtwo")]
    accounts.record([check_of("one", Health.REVOKED)], later + timedelta(days=1))
    assert len(audit(database)) == 5  # nothing new, no new line


INVALID = {"error": "invalid_grant", "error_description": "Token has been expired or revoked."}
WORKS = json_answer({"access_token": "A", "scope": " ".join(SCOPES)})


@pytest.mark.parametrize(
    ("answer", "granted", "used", "uploaded", "health", "says"),
    [
        (WORKS, 400, 1, None, Health.HEALTHY, "works"),
        (WORKS, 400, 1, 20, Health.HEALTHY, "works"),
        (WORKS, 400, 166, None, Health.IDLE, "not used for 166 days"),
        (WORKS, 400, None, None, Health.HEALTHY, "works"),
        (WORKS, 400, 1, 76, Health.IDLE, "Nothing was uploaded for 76 days"),
        (json_answer({"access_token": "A", "scope": SCOPES[0]}), 9, 1, None, Health.MISSING_SCOPE, "lacks youtube.upload"),
        (json_answer({"access_token": "A"}), 9, 1, None, Health.HEALTHY, "works"),
        (json_answer(INVALID, 400), 400, 1, None, Health.REVOKED, "took it back"),
        (json_answer(INVALID, 400), 400, None, None, Health.REVOKED, "took it back"),
        (json_answer(INVALID, 400), 8, 2, None, Health.EXPIRED, "Testing"),
        (json_answer(INVALID, 400), 6, 1, None, Health.REVOKED, "took it back"),
        (json_answer(INVALID, 400), 400, 181, None, Health.EXPIRED, "nobody used it for 181 days"),
        (json_answer({**INVALID, "error_description": "Token has been revoked."}, 400), 8, 2, None, Health.REVOKED, "took it"),
        (json_answer({**INVALID, "error_description": "Token expired."}, 400), 400, 1, None, Health.EXPIRED, "It expired."),
        (json_answer({"error": "invalid_client"}, 401), 400, 1, None, Health.UNREACHABLE, "refuses the OAuth client"),
        (Answer(500), 400, 1, None, Health.UNREACHABLE, "500"),
        (Answer(drop=True), 400, 300, None, Health.UNREACHABLE, "cannot be reached"),
    ],
)
def test_what_a_check_finds(
    answer: Answer, granted: int, used: int | None, uploaded: int | None, health: Health, says: str
) -> None:
    account = Account(
        ChannelId("UCone"),
        "one",
        "One",
        "gaming",
        "en",
        "UTC",
        is_connected=True,
        scopes=SCOPES,
        granted_at=NOW - timedelta(days=granted),
        last_used_at=None if used is None else NOW - timedelta(days=used),
        health=Health.HEALTHY,
        checked_at=None,
    )
    with ScriptedServer() as server:
        server.answers(answer)
        client = OAuthClient("client", SecretStr("CLIENTSECRET"), token_uri=f"{server.url}/token")
        sign_in = GoogleSignIn(client, RetryPolicy(attempts=1))
        last_upload_at = None if uploaded is None else NOW - timedelta(days=uploaded)
        found = check_token(sign_in, account, SecretStr("1//s3cret"), NOW, last_upload_at)
    assert found.health is health
    assert says in found.sentence
    assert "s3cret" not in repr(found)
    assert "CLIENTSECRET" not in repr(found)
