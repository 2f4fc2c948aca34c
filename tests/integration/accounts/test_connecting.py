"""Connecting and disconnecting channels against the simulator's own consent page, APIs and revocation."""

from __future__ import annotations

import logging
import webbrowser
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine, text

from connectors.landing import asset_key, landed
from connectors.youtube.accounts import Health
from connectors.youtube.erasure import OWN_TABLES
from connectors.youtube.oauth import PARTNER_SCOPE, SCOPES
from core.clock import noon
from core.errors import InvalidInput, NotConfigured, NotFound, Refused, UnknownName, YtempireError
from core.ids import ChannelId
from core.settings import Settings
from generation.warehouse import PostgresWarehouse
from orchestration.connecting import (
    change_language,
    change_uploads,
    check_tokens,
    connect_channel,
    disconnect_channel,
    rotate_keys,
    show_channels,
)
from orchestration.day import connect_channels
from orchestration.lanes import switch_lane
from orchestration.local import _checks, examine, show_status
from orchestration.stack import Stack
from orchestration.summary import store
from tests.integration.accounts.conftest import Scene
from tests.integration.ingestion.conftest import DAY

pytestmark = pytest.mark.postgres


def connect(scene: Scene, monkeypatch: pytest.MonkeyPatch, owner_of: str, **choices: Any) -> None:
    given = {"handle": None, "niche": None, "timezone": None, **choices}
    scopes = given.pop("scopes", None)
    monkeypatch.setattr(webbrowser, "open", scene.owner(owner_of, scopes))
    connect_channel(scene.stack, scene.console, **given)


def disconnect(scene: Scene, name: str, *, erases: bool = False) -> None:
    disconnect_channel(scene.stack, scene.console, name, erases=erases, confirms=lambda question: True)


def columns(engine: Engine, query: str) -> list[Any]:
    with engine.connect() as connection:
        return list(connection.execute(text(query)).all())


def test_the_simulators_channels_are_accounts_like_any_other(scene: Scene) -> None:
    lanes = connect_channels(scene.stack)
    given = scene.simulator.credentials()
    assert {account.channel_id for account in scene.stack.accounts.accounts()} == set(given.refresh_tokens)
    assert "pixel-pulse.evening" in lanes
    assert {channel: token.get_secret_value() for channel, token in scene.stack.accounts.tokens().items()} == given.refresh_tokens
    before = columns(scene.stack.engine, "select * from ops.channel_credentials order by channel_id")
    again = Stack(scene.stack.settings)
    again.__dict__.update(simulator=scene.simulator, engine=scene.stack.engine)
    assert connect_channels(again) == lanes
    assert columns(scene.stack.engine, "select * from ops.channel_credentials order by channel_id") == before


def test_a_channel_is_connected(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    with scene.stack.engine.begin() as connection:  # as in a market that gives no channels
        connection.execute(
            text("insert into ops.audit_log (occurred_at, actor, action, subject) values (now(), 'o', :a, :s)"),
            [{"a": "channel.erased", "s": channel} for channel in scene.simulator.credentials().refresh_tokens],
        )
    connect(scene, monkeypatch, "chart-compass", handle="@chart-compass", timezone="Europe/London")
    (account,) = scene.stack.accounts.accounts()
    assert (account.handle, account.niche, account.timezone) == ("chart-compass", "music", "Europe/London")
    assert (account.granted_at, account.health, set(account.scopes)) == (noon(DAY), Health.HEALTHY, set(SCOPES))
    (row,) = columns(scene.stack.engine, "select * from ops.channels")
    assert row.baseline["videos_count"] == 50
    assert row.baseline["views_median"] > 0
    assert 0 < row.baseline["engagement_median"] < 1
    assert row.subscribers_count > 0
    lanes = columns(scene.stack.engine, "select lane_id, is_active from ops.lanes")
    assert [tuple(lane) for lane in lanes] == [("chart-compass.daily", False)]
    jobs = scene.stack.youtube.reporting(account.channel_id).ensure_jobs(["channel_reach_basic_a1"])
    assert len(jobs) == 1
    for said in (
        "Connected",
        "music (suggested",
        "types asked for",
        "Next       ytempire lanes on chart-compass.daily",
        "chart-compass.daily at 18:00",
    ):
        assert said in scene.printed
    assert scene.stack.youtube.data(account.channel_id).own_channel()["id"] == account.channel_id


def test_the_operators_choices_outlive_another_consent(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    connect(scene, monkeypatch, "pixel-pulse", niche="chess", timezone="Asia/Tokyo", is_partner=True)
    assert PARTNER_SCOPE in scene.stack.accounts.account("pixel-pulse").scopes
    before = scene.stack.accounts.tokens()
    connect(scene, monkeypatch, "pixel-pulse")
    account = scene.stack.accounts.account("pixel-pulse")
    assert (account.niche, account.timezone) == ("chess", "Asia/Tokyo")
    assert scene.stack.accounts.tokens()[account.channel_id] != before[account.channel_id]
    lanes = columns(scene.stack.engine, f"select slot from ops.lanes where channel_id = '{account.channel_id}' order by slot")
    assert [lane.slot for lane in lanes] == ["evening", "noon"]


def test_the_language_of_a_channel_is_chosen_and_changed(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    def known() -> tuple[str, str]:
        told = columns(scene.stack.engine, "select channel_id, language from ops.channels where handle = 'pixel-pulse'")
        return scene.stack.accounts.account("pixel-pulse").language, told[0].language

    for written in ("klingonese", "hi"):
        with pytest.raises(InvalidInput):
            connect(scene, monkeypatch, "pixel-pulse", language=written)
    connect(scene, monkeypatch, "pixel-pulse", language="DE_at")
    assert known() == ("de-AT", "de-AT")
    assert "language   German (de-AT; --language sets another)" in scene.printed
    assert "The local writer writes English only: set OPENAI_API_KEY for films in German" in scene.printed
    connect(scene, monkeypatch, "pixel-pulse")
    assert known() == ("de-AT", "de-AT")
    change_language(scene.stack, scene.console, "@pixel-pulse", "pt-br")
    change_language(scene.stack, scene.console, "pixel-pulse", "pt-BR")
    assert known() == ("pt-BR", "pt-BR")
    for said in ("pixel-pulse has its films in Portuguese (pt-BR), from the next one on", "is in Portuguese (pt-BR) already"):
        assert said in scene.printed
    with pytest.raises(InvalidInput, match="cannot be made in Japanese"):
        change_language(scene.stack, scene.console, "pixel-pulse", "ja")
    with pytest.raises(UnknownName):
        change_language(scene.stack, scene.console, "nobody", "en")
    switch_lane(scene.stack, scene.console, "pixel-pulse.evening", on=False)
    switch_lane(scene.stack, scene.console, "pixel-pulse.evening", on=True)
    assert "set OPENAI_API_KEY for films in Portuguese" in scene.printed.partition("Switched on")[2]
    audited = columns(scene.stack.engine, "select detail from ops.audit_log where action = 'channel.language' order by audit_id")
    assert [row.detail for row in audited] == [{"was": "en", "language": "de-AT"}, {"was": "de-AT", "language": "pt-BR"}]
    assert ChannelId(scene.id_of("pixel-pulse")) not in scene.stack.accounts.dismissed()
    with pytest.raises(NotConfigured, match=r"pixel-pulse: .*OPENAI_API_KEY"):
        dict(_checks(scene.stack))["languages"]()


def test_another_channel_than_the_wanted_one_is_refused(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    before = scene.stack.accounts.tokens()
    with pytest.raises(Refused, match="given for chart-compass, and pixel-pulse was to be connected"):
        connect(scene, monkeypatch, "chart-compass", handle="pixel-pulse")
    assert scene.stack.accounts.tokens() == before


@pytest.mark.parametrize(("scopes", "says"), [((), "Consent was refused"), (SCOPES[:1], "leaves out .* youtube.upload")])
def test_no_consent_and_half_a_consent(scene: Scene, monkeypatch: pytest.MonkeyPatch, scopes: tuple[str, ...], says: str) -> None:
    with pytest.raises(Refused, match=says):
        connect(scene, monkeypatch, "pixel-pulse", scopes=scopes)


def test_an_account_without_a_channel(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: object) -> Any:
        raise NotFound("The signed-in account has no YouTube channel.", "Connect an account that owns one.")

    monkeypatch.setattr("connectors.youtube.data.DataClient.own_channel", none)
    with pytest.raises(NotFound, match="has no YouTube channel"):
        connect(scene, monkeypatch, "pixel-pulse")


def test_reports_that_cannot_be_asked_for_do_not_undo_the_rest(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.simulator.fail("/v1/jobs", 403, 99)
    connect(scene, monkeypatch, "pixel-pulse")
    assert "not asked for yet" in scene.printed
    assert scene.stack.accounts.account("pixel-pulse").granted_at == noon(DAY)


def test_a_time_zone_that_is_none_is_refused_before_anybody_is_asked(scene: Scene) -> None:
    for zone in ("Mars/Base", "../etc/passwd", ""):
        with pytest.raises(InvalidInput, match="no time zone"):
            connect_channel(scene.stack, scene.console, None, None, zone, opens_browser=True)


def test_keys_that_others_can_read_are_refused_before_anybody_is_asked(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    _ = scene.stack.accounts
    scene.stack.settings.key_file.chmod(0o644)
    monkeypatch.setattr(webbrowser, "open", lambda address: pytest.fail("the owner was asked"))
    with pytest.raises(NotConfigured, match="chmod 600"):
        connect_channel(scene.stack, scene.console, None, None, None)


def test_without_a_browser_the_address_is_printed_whole(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    printed: list[str] = []
    monkeypatch.setattr(webbrowser, "open", lambda address: pytest.fail("no browser was wanted"))
    real = scene.console.print

    def print_and_answer(*parts: Any, **options: Any) -> None:
        real(*parts, **options)
        if parts and str(parts[0]).startswith("http"):
            printed.append(str(parts[0]))
            scene.owner("pixel-pulse")(printed[0])

    monkeypatch.setattr(scene.console, "print", print_and_answer)
    connect_channel(scene.stack, scene.console, None, None, None, opens_browser=False)
    assert printed[0] in scene.printed.splitlines()


def test_a_disconnected_channel_is_revoked_and_stays_so(scene: Scene) -> None:
    channel = ChannelId(scene.id_of("pixel-pulse"))
    token = scene.stack.accounts.tokens()[channel]
    disconnect(scene, "pixel-pulse")
    assert "taken back at Google" in scene.printed
    with pytest.raises(YtempireError):
        scene.stack.sign_in.refresh(token)
    again = Stack(scene.stack.settings)
    again.__dict__.update(simulator=scene.simulator, engine=scene.stack.engine)
    assert channel not in again.accounts.tokens()
    assert not [lane for lane in connect_channels(again) if lane.startswith("pixel-pulse.")]
    disconnect(scene, "pixel-pulse")
    assert "pixel-pulse is not connected" in scene.printed
    with pytest.raises(UnknownName):
        disconnect(scene, "no-such")


def test_disconnecting_asks_first(scene: Scene) -> None:
    before = scene.stack.accounts.tokens()
    disconnect_channel(scene.stack, scene.console, "pixel-pulse", erases=True, confirms=lambda question: False)
    assert "Nothing was changed" in scene.printed
    assert scene.stack.accounts.tokens() == before


def test_a_consent_that_google_cannot_take_back_now_is_kept(scene: Scene) -> None:
    before = scene.stack.accounts.tokens()
    scene.simulator.fail("/oauth2/revoke", 503, 99)
    scene.stack.sign_in._retry = scene.stack.sign_in._retry.__class__(attempts=1)
    with pytest.raises(YtempireError, match="503"):
        disconnect(scene, "pixel-pulse")
    assert scene.stack.accounts.tokens() == before


def test_a_token_that_cannot_be_opened_is_the_owners_to_revoke(scene: Scene) -> None:
    _ = scene.stack.accounts
    scene.stack.settings.key_file.unlink()
    disconnect(scene, "pixel-pulse")
    assert "myaccount.google.com/connections" in scene.printed
    assert not scene.stack.accounts.account("pixel-pulse").is_connected


def test_an_erased_channel_leaves_nothing_but_the_books(scene: Scene) -> None:
    stack, channel = scene.stack, ChannelId(scene.id_of("pixel-pulse"))
    found = ("channels", "videos", "thumbnails", "playlists", "playlist_items")
    tables = [f"raw_youtube.{name}" for name in (*found, "comments", "captions", "snapshots", "charts", "analytics_daily")]
    for table in tables:
        stack.ingest(table, DAY)
    videos = {row.row_key for row in landed(stack.engine, "raw_youtube.videos", DAY, DAY) if channel in str(row.payload)}
    before = {table: len(landed(stack.engine, table, DAY, DAY)) for table in tables}
    (stack.sources.archive / channel / "channel_basic_a3").mkdir(parents=True)
    assert videos
    disconnect(scene, "pixel-pulse", erases=True)
    for table in OWN_TABLES:
        rows = landed(stack.engine, table, DAY, DAY)
        told = " ".join(f"{row.row_key} {row.payload}" for row in rows)
        assert channel not in told, table
        assert not [video for video in videos if video in told], table
        newest = f"select row_count from ops.landings where asset_key = '{asset_key(table)}' order by landing_id desc limit 1"
        assert [landing.row_count for landing in columns(stack.engine, newest)] in ([], [len(rows)])
    left = {table: len(landed(stack.engine, table, DAY, DAY)) for table in tables}
    assert [table for table in tables if left[table] == before[table]] == ["raw_youtube.charts"]
    assert all(left.values())
    assert not (stack.sources.archive / channel).exists()
    assert columns(stack.engine, f"select from ops.channels where channel_id = '{channel}'") == []


def test_channels_and_keys_are_shown(scene: Scene) -> None:
    scene.simulator.set_token(scene.id_of("pixel-pulse"), "revoked")
    check_tokens(scene.stack, noon(DAY))
    show_channels(scene.stack, scene.console)
    assert "revoked" in next(line for line in scene.printed.splitlines() if "pixel-pulse" in line)
    tokens = scene.stack.accounts.tokens()
    rotate_keys(scene.stack, scene.console)
    assert scene.stack.accounts.tokens() == tokens
    assert "Rotated" in scene.printed


def test_ended_consents_are_left_out_until_they_are_mended(scene: Scene) -> None:
    channel = ChannelId(scene.id_of("pixel-pulse"))
    assert channel in scene.stack.youtube.channel_ids
    scene.simulator.set_token(channel, "expired")
    found = {check.handle: check.health for check in check_tokens(scene.stack, noon(DAY))}
    assert found.pop("pixel-pulse").is_ended
    assert set(found.values()) == {Health.HEALTHY}
    assert channel not in scene.stack.youtube.channel_ids
    assert scene.stack.ingest("raw_youtube.channels", DAY).landing.row_count == len(found)
    scene.simulator.set_token(channel)
    check_tokens(scene.stack, noon(DAY) + timedelta(hours=1))
    assert channel in scene.stack.youtube.channel_ids


def test_the_commands_name_who_is_left_out_of_what(scene: Scene) -> None:
    channel = scene.id_of("pixel-pulse")
    scene.simulator.fault("/youtube/v3/channels", "empty", count=100, member=channel)
    scene.simulator.fault("/youtube/v3/videos", count=100, member="GB", reason="videoChartNotFound")
    for table in ("raw_youtube.channels", "raw_youtube.charts"):
        assert len(scene.stack.ingest(table, DAY).landing.left_out) == 1
    show_channels(scene.stack, scene.console)
    of_channels = scene.printed
    told = f"! channel pixel-pulse is left out of raw_youtube.channels since {DAY}: "
    assert told in of_channels
    assert "GB" not in of_channels
    show_status(scene.stack, scene.console)
    of_status = scene.printed.removeprefix(of_channels)
    assert told in of_status
    assert f"! region GB is left out of raw_youtube.charts since {DAY}: " in of_status


def test_the_status_names_the_slots_that_failed(scene: Scene) -> None:
    video, slot = {"title": "Chess [/red] in a day"}, f"{DAY}|pixel-pulse.noon"
    for day, failed in ((DAY, {slot: "The voice answered 500."}), (DAY + timedelta(days=1), {})):
        summary = {"day": str(day), "market": "synthetic", "videos": [video], "failed": failed, "seconds": {"Services": 3.0}}
        store(scene.stack.engine, summary)
    show_status(scene.stack, scene.console)
    days = [line for line in scene.printed.splitlines() if line.startswith("2026-")]
    assert days == [f"{DAY + timedelta(days=1)}  3 s  {video['title']}", f"{DAY}  3 s  {video['title']} failed: {slot}"]


def test_the_doctor_tells_of_keys_and_consents(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    from orchestration import local

    real = local._checks
    monkeypatch.setattr(
        local, "_checks", lambda stack: [entry for entry in real(stack) if entry[0] in {"YouTube key", "channels"}]
    )
    assert examine(scene.stack, scene.console) == 0
    assert "6 connected, and every consent works" in scene.printed
    scene.simulator.set_token(scene.id_of("pixel-pulse"), withheld=[SCOPES[1]])
    scene.simulator.set_token(scene.id_of("beat-atlas"), "revoked")
    assert examine(scene.stack, scene.console) == 1
    assert "pixel-pulse: The consent lacks youtube.upload" in scene.printed
    assert "beat-atlas: The owner" in scene.printed


def test_a_live_market_without_channels(tmp_path: Path, database: Engine) -> None:
    url = SecretStr(database.url.render_as_string(hide_password=False))
    stack = Stack(Settings(home=tmp_path, live=True, database_url=url))
    assert stack.accounts.accounts() == []
    assert stack.youtube.channel_ids == ()
    with pytest.raises(YtempireError, match="No OAuth client is set"):
        _ = stack.sign_in
    stack.engine.dispose()


def test_no_secret_is_printed_logged_or_kept_in_the_clear(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    """After a whole life of a consent, from the question to the revocation, with failures on the way."""
    caplog.set_level(logging.DEBUG)
    given = scene.simulator.credentials()
    connect(scene, monkeypatch, "pixel-pulse")
    secrets = {token.get_secret_value() for token in scene.stack.accounts.tokens().values()}
    secrets |= {given.client_secret, given.api_key, scene.stack.settings.key_file.read_text().split()[-1]}
    scene.stack.ingest("raw_youtube.channels", DAY)
    scene.simulator.set_token(scene.id_of("beat-atlas"), "revoked")
    checks = check_tokens(scene.stack, noon(DAY))
    told = [scene.stack, scene.stack.accounts, scene.stack.accounts.accounts(), checks, scene.stack.operator, scene.stack.sign_in]
    with pytest.raises(YtempireError) as refused:
        scene.stack.sign_in.refresh(SecretStr(given.refresh_tokens[scene.id_of("beat-atlas")]))
    rotate_keys(scene.stack, scene.console)
    disconnect(scene, "pixel-pulse")
    tables = columns(
        scene.stack.engine,
        "select table_schema, table_name from information_schema.tables"
        " where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')",
    )
    kept = [str(columns(scene.stack.engine, f"select t::text from {row.table_schema}.{row.table_name} as t")) for row in tables]
    files = [path.read_text(errors="replace") for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".keys"]
    shown = [repr(value) for value in told] + [repr(refused.value), str(refused.value), scene.printed, caplog.text, *kept, *files]
    assert len(secrets) >= 8
    for secret in secrets:
        assert not [text for text in shown if secret in text]


def test_what_is_said_of_uploads_is_shown_and_changed(scene: Scene) -> None:
    connect_channels(scene.stack)
    change_uploads(scene.stack, scene.console, "pixel-pulse", None, None, None)
    assert "  category       20\n  subscribers    are told\n  made for kids  no" in scene.printed
    change_uploads(scene.stack, scene.console, "pixel-pulse", 24, False, True)
    assert "  category       24\n  subscribers    are not told\n  made for kids  yes" in scene.printed
    change_uploads(scene.stack, scene.console, "pixel-pulse", 24, None, None)
    with pytest.raises(InvalidInput, match="Category 44 cannot be given to a video"):
        change_uploads(scene.stack, scene.console, "pixel-pulse", 44, None, None)
    channel = PostgresWarehouse(scene.stack.engine).lane(connect_channels(scene.stack)[-1]).channel
    assert (channel.upload_category_id, channel.notifies_subscribers, channel.is_made_for_kids) == (24, False, True)
    with scene.stack.engine.connect() as connection:
        assert connection.exec_driver_sql("select count(*) from ops.audit_log where action = 'channel.uploads'").scalar() == 1
