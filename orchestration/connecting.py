"""Connecting channels: what `ytempire connect`, `disconnect`, `channels` and `keys rotate` do, and how the channels that settings
or the simulator give become accounts like any other."""

from __future__ import annotations

import logging
import webbrowser
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import SecretStr
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table
from sqlalchemy import text

from core.clock import FrozenClock
from core.errors import Damaged, InvalidInput, NotConfigured, Refused, YtempireError
from core.ids import ChannelId
from core.keys import open_keyring
from core.languages import checked_tag, is_english, language_name
from core.settings import Market
from orchestration.stack import Stack

if TYPE_CHECKING:
    from connectors.absences import Absence
    from connectors.youtube.accounts import Account, Accounts, Profile, TokenCheck

LOGGER = logging.getLogger(__name__)

_NEW = ChannelId("new")
"""Stands for a channel until it has told its id."""


def connect_channel(
    stack: Stack,
    console: Console,
    handle: str | None,
    niche: str | None,
    timezone: str | None,
    *,
    language: str | None = None,
    is_partner: bool = False,
    opens_browser: bool = True,
) -> None:
    """Ask a channel's owner for consent, read the channel, save it, and have YouTube write its reports from now on.

    Args:
        handle: the channel that must be the one connected; None for whichever the owner chooses.
        niche, timezone, language: the operator's choice; None keeps the earlier one, or what is suggested.
        is_partner: whether to ask for a content owner's scope too.
    """
    from connectors.youtube.oauth import PARTNER_SCOPE, SCOPES
    from connectors.youtube.profiles import read_profile

    if timezone is not None:
        _check_timezone(timezone)
    if language is not None:
        language = _film_language(language)
    _ = stack.accounts, open_keyring(stack.settings).source.newest()  # what is not ready is told before anybody is asked
    wanted = handle.removeprefix("@") if handle else None
    grant = stack.sign_in.consent(
        lambda address: _show(console, address, opens_browser),
        (*SCOPES, PARTNER_SCOPE) if is_partner else SCOPES,
        hint=None if stack.settings.market is Market.LIVE else wanted,  # Google knows people by e-mail address alone
    )
    now = stack.present
    with closing(stack.youtube_for({_NEW: grant.refresh_token})) as youtube:
        profile = read_profile(youtube.at(FrozenClock(now)), _NEW, now)
    known = {account.channel_id: account for account in stack.accounts.accounts()}.get(profile.channel_id)
    names = {profile.handle, profile.channel_id, *([known.handle] if known else [])}
    if wanted is not None and wanted not in names:
        raise Refused(
            f"Consent was given for {profile.handle}, and {wanted} was to be connected.", "Run it again and choose that channel."
        )
    kept = _with_choices(profile, known)
    kept = replace(kept, niche=niche or kept.niche, timezone=timezone or kept.timezone)
    if known is None:
        kept = replace(kept, language=language or kept.language)
    stack.accounts.save(kept, grant, now)
    if known is not None and language is not None:
        stack.accounts.set_language(profile.channel_id, language, now)
    stack.forget_youtube()
    reports = _ensure_reports(stack, profile.channel_id, grant.refresh_token, now)
    account = stack.accounts.account(profile.channel_id)
    obstacle = film_obstacle(stack, account.handle, account.language)
    _show_connected(console, account, kept, is_suggested=not (niche or known), reports=reports, obstacle=obstacle)


def change_language(stack: Stack, console: Console, name: str, written: str) -> None:
    """Give a channel the language of its films, from the next one that is written."""
    language = _film_language(written)
    account = stack.accounts.account(name)
    changed = stack.accounts.set_language(account.channel_id, language, stack.present)
    said = f"{escape(account.handle)} {{}} in {language_name(language)} ({language})"
    console.print(
        f"[green]Changed[/]    {said.format('has its films')}, from the next one on"
        if changed
        else f"{said.format('is')} already."
    )
    if obstacle := film_obstacle(stack, account.handle, language):
        console.print(f"[yellow]![/] {escape(obstacle)}", soft_wrap=True)


def change_uploads(
    stack: Stack, console: Console, name: str, category: int | None, notifies: bool | None, for_kids: bool | None
) -> None:
    """Show what is said of a channel's uploads, after changing what is given, from the next upload on."""
    changes = {"category_id": category, "notifies_subscribers": notifies, "is_made_for_kids": for_kids}
    settings = stack.accounts.upload_settings(name, stack.present, **changes)
    console.print(
        f"Uploads of {escape(stack.accounts.account(name).handle)}\n"
        f"  category       {settings.category_id}\n"
        f"  subscribers    {'are told' if settings.notifies_subscribers else 'are not told'}\n"
        f"  made for kids  {'yes' if settings.is_made_for_kids else 'no'}"
    )


def film_obstacle(stack: Stack, handle: str, language: str) -> str:
    """Why no film can be made in a channel's language as things stand, and what to do; empty where it can."""
    from generation.writing.tongue import require_writable

    try:
        require_writable(language)
    except InvalidInput as error:
        return f"{error.message} Have the channel's films in another: ytempire language {handle} en"
    if is_english(language) or stack.settings.openai_api_key is not None:
        return ""
    return (
        f"The local writer writes English only: set OPENAI_API_KEY for films in {language_name(language)},"
        f" or have them in English: ytempire language {handle} en"
    )


def disconnect_channel(stack: Stack, console: Console, name: str, *, erases: bool, confirms: Callable[[str], bool]) -> None:
    """Take a channel's consent back at Google and delete its token; with `erases`, everything that is known of it too."""
    accounts = stack.accounts
    account = accounts.account(name)
    if not account.is_connected and not erases:
        console.print(f"{escape(account.handle)} is not connected.")
        return
    loss = "and erase everything that is known of it" if erases else "and keep what was learned of it"
    if not confirms(f"Disconnect {account.title} ({account.handle}) {loss}?"):
        console.print("Nothing was changed.")
        return
    if account.is_connected:
        console.print(f"  consent    {_take_back(stack, account)}")
        accounts.forget(account.channel_id, stack.present)
    if erases:
        from connectors.youtube.erasure import erase_rows

        rows = erase_rows(stack.engine, account.channel_id, stack.sources.archive)
        accounts.erase(account.channel_id, stack.present)
        console.print(f"  erased     {rows:,} raw rows; the warehouse forgets them at its next build")
    stack.forget_youtube()
    console.print(f"[green]Disconnected[/] {escape(account.title)} ({escape(account.handle)})")


def show_channels(stack: Stack, console: Console) -> None:
    """Print the channels, whether their consents work, and which tables they are left out of."""
    accounts = stack.accounts.accounts()
    if not accounts:
        console.print("No channel is connected.\nNext       ytempire connect")
        return
    columns = ("channel", "title", "niche", "language", "consent", "last used")
    table = Table(*(Column(name, no_wrap=True) for name in columns), box=None)
    for account in accounts:
        health = account.health.value.replace("_", " ") if account.health else "[dim]disconnected[/]"
        colour = "red" if account.health and account.health.is_ended else "default"
        table.add_row(
            escape(account.handle),
            escape(account.title),
            escape(account.niche),
            escape(account.language),
            f"[{colour}]{health}[/]",
            f"{account.last_used_at:%Y-%m-%d}" if account.last_used_at else "",
        )
    console.print(table)
    from connectors.absences import sentences

    own = {account.handle for account in accounts}
    for sentence in sentences(one for one in named_absences(stack) if one.kind == "channel" and one.member in own):
        console.print(f"[yellow]![/] {escape(sentence)}", soft_wrap=True)


def named_absences(stack: Stack) -> list[Absence]:
    """Who was left out of the last landing of each table; own channels by handle."""
    from connectors.absences import absences

    handles = {account.channel_id: account.handle for account in stack.accounts.accounts()}
    found = absences(stack.engine, stack.present.date())
    return [replace(absence, member=handles.get(absence.member, absence.member)) for absence in found]


def rotate_keys(stack: Stack, console: Console) -> None:
    """Seal every token anew under a new key."""
    key_id = stack.accounts.rotate(stack.present)
    console.print(f"[green]Rotated[/]    every token is sealed under the key {key_id}")
    if stack.settings.encryption_keys is not None:
        console.print("Next       remove the older keys from YTEMPIRE_ENCRYPTION_KEYS")


def check_tokens(stack: Stack, now: datetime) -> list[TokenCheck]:
    """Use every connected channel's token once, write down what was found, and return it by handle.

    From then on `stack.youtube` acts for the channels whose consent works."""
    from connectors.http import in_parallel
    from connectors.youtube.accounts import check_token

    accounts, sign_in = stack.accounts, stack.sign_in
    tokens, uploads = accounts.tokens(ended=True), _last_uploads(stack)
    connected = [account for account in accounts.accounts() if account.channel_id in tokens]

    def check(account: Account) -> TokenCheck:
        return check_token(sign_in, account, tokens[account.channel_id], now, uploads.get(account.channel_id))

    checks = in_parallel(check, connected)
    accounts.record(checks, now)
    stack.forget_youtube()
    return checks


def connect_given(stack: Stack, accounts: Accounts) -> None:
    """Connect the channels whose tokens the simulator or the settings give, where that was not done yet.

    A channel that the operator disconnected stays so, and a newer consent is not replaced by the given token. A token of the
    settings that does not work is a warning: the other channels go on."""
    known = {account.channel_id: account for account in accounts.accounts()}
    given = _given_tokens(stack)
    ended = {channel for channel, account in known.items() if account.health and account.health.is_ended}
    connected = {channel for channel, account in known.items() if account.is_connected} - ended
    missing = {channel: token for channel, token in given.items() if channel not in connected}
    if missing:
        held = accounts.tokens(ended=True) if ended else {}
        dismissed = accounts.dismissed()
        for channel, token in missing.items():
            if channel not in dismissed and held.get(channel) != token:
                _connect_given(stack, accounts, channel, token, known.get(channel))


def _given_tokens(stack: Stack) -> dict[ChannelId, SecretStr]:
    if stack.settings.market is Market.LIVE:
        return {ChannelId(channel): token for channel, token in stack.settings.youtube_refresh_tokens.items()}
    return {ChannelId(channel): SecretStr(token) for channel, token in stack.simulated_operator.refresh_tokens.items()}


def _connect_given(stack: Stack, accounts: Accounts, channel: ChannelId, token: SecretStr, known: Account | None) -> None:
    from connectors.youtube.oauth import SCOPES, Grant

    now = stack.present
    if stack.settings.market is not Market.LIVE:
        accounts.save(_with_choices(_simulated_profile(stack, channel), known), Grant(token, SCOPES), now, is_fresh=False)
        return
    from connectors.youtube.profiles import read_profile

    try:
        scopes = stack.sign_in.refresh(token) or SCOPES
        with closing(stack.youtube_for({channel: token})) as youtube:
            profile = read_profile(youtube, channel, now)
        if profile.channel_id != channel:
            raise InvalidInput(
                f"The token given for {channel} is of {profile.channel_id}.", "Mend YTEMPIRE_YOUTUBE_REFRESH_TOKENS."
            )
        accounts.save(_with_choices(profile, known), Grant(token, scopes), now, is_fresh=False)
    except YtempireError as error:
        LOGGER.warning("Channel %s of YTEMPIRE_YOUTUBE_REFRESH_TOKENS is not connected: %s", channel, error)


def _simulated_profile(stack: Stack, channel_id: ChannelId) -> Profile:
    from connectors.youtube.accounts import Lane, Profile

    channel = next(found for found in stack.simulated_operator.channels if found.channel_id == channel_id)
    lanes = tuple(Lane(slot.slot, slot.publish_local_time, slot.is_active and channel.is_active) for slot in channel.slots)
    return Profile(channel_id, channel.handle, channel.title, channel.niche, channel.category_id, channel.timezone, lanes=lanes)


def _with_choices(profile: Profile, known: Account | None) -> Profile:
    """A profile with what the operator chose for the channel before, and no second calendar."""
    if known is None:
        return profile
    return replace(profile, niche=known.niche, timezone=known.timezone, language=known.language, lanes=())


def _ensure_reports(stack: Stack, channel_id: ChannelId, token: SecretStr, now: datetime) -> str:
    """Have every type of report written from now on, and say so; what fails here is made up for by the next ingestion."""
    from connectors.youtube.report_types import REPORT_TYPES

    try:
        with closing(stack.youtube_for({channel_id: token})) as youtube:
            jobs = youtube.at(FrozenClock(now)).reporting(channel_id).ensure_jobs(tuple(REPORT_TYPES))
    except YtempireError as error:
        return f"[yellow]not asked for yet[/]: {escape(str(error))} The next day's run asks again."
    return f"{len(jobs)} of {len(REPORT_TYPES)} types asked for; the first come within two days, with thirty days before"


def _take_back(stack: Stack, account: Account) -> str:
    """Revoke a channel's consent at Google; a token that cannot be opened any more is the owner's to revoke."""
    try:
        token = stack.accounts.tokens(ended=True, only=account.channel_id)[account.channel_id]
    except (NotConfigured, Damaged) as error:
        return f"cannot be taken back ({escape(error.message)}): remove it at https://myaccount.google.com/connections"
    return "taken back at Google" if stack.sign_in.revoke(token) else "was at its end already"


def _last_uploads(stack: Stack) -> dict[ChannelId, datetime]:
    query = text(
        "select channel_id, max(publish_at) as last_at from ops.publications"
        " where state in ('uploaded', 'published') and publish_at is not null group by channel_id"
    )
    with stack.engine.connect() as connection:
        return {ChannelId(row.channel_id): row.last_at for row in connection.execute(query)}


def _show(console: Console, address: str, opens_browser: bool) -> None:
    """Bring the owner to Google's page, or say where it is."""
    if opens_browser and webbrowser.open(address):
        console.print("Your browser shows Google's page: choose the channel, and leave every box ticked.")
        return
    console.print("Open this address in a browser on this machine, choose the channel, and leave every box ticked:\n")
    console.print(address, soft_wrap=True, markup=False, highlight=False)
    console.print()


def _show_connected(
    console: Console, account: Account, profile: Profile, *, is_suggested: bool, reports: str, obstacle: str
) -> None:
    figures = profile.baseline
    told = [f"{profile.subscribers_count:,} subscribers"] if profile.subscribers_count is not None else []
    if figures.get("views_median") is not None:
        told.append(f"median of {figures['views_median']:,.0f} views over the last {figures['videos_count']} videos")
    if figures.get("engagement_median") is not None:
        told.append(f"engagement {figures['engagement_median']:.1%}")
    if figures.get("uploads_per_week"):
        told.append(f"{figures['uploads_per_week']:.1f} uploads a week")
    lanes = ", ".join(f"{account.handle}.{lane.slot} at {lane.publish_local_time:%H:%M}, off" for lane in profile.lanes)
    niche = f"{account.niche} (suggested; --niche sets another)" if is_suggested else account.niche
    for line in (
        f"[green]Connected[/]  {escape(account.title)} ({escape(account.handle)}), {account.channel_id}",
        f"  niche      {escape(niche)}",
        f"  language   {language_name(account.language)} ({account.language}; --language sets another)",
        *([f"             [yellow]{escape(obstacle)}[/]"] if obstacle else []),
        f"  baseline   {', '.join(told) or 'no videos yet'}",
        f"  calendar   {escape(lanes) or 'as before'}; in {account.timezone} (--timezone sets another zone)",
        f"  reports    {reports}",
    ):
        console.print(line, soft_wrap=True)
    if profile.lanes:  # they begin switched off, and a run without lanes makes no video
        console.print(f"Next       ytempire lanes on {escape(account.handle)}.{profile.lanes[0].slot}", soft_wrap=True)
        console.print("           ytempire run   its data, models, and tomorrow's video")
    else:
        console.print("Next       ytempire run")


def _film_language(written: str) -> str:
    """A language that films can be made in, as BCP 47 spells it. Raises InvalidInput for any other."""
    from generation.writing.tongue import require_writable

    language = checked_tag(written)
    require_writable(language)
    return language


def _check_timezone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidInput(f"{name!r} is no time zone.", "Write it as Europe/London.") from None
