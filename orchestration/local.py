"""The local servers behind `ytempire dev`, `serve`, `status`, `doctor` and `down`."""

from __future__ import annotations

import os
import shutil
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit

from dotenv import dotenv_values
from rich.console import Console
from rich.markup import escape

from connectors.youtube.accounts import Health
from core.clock import FrozenClock
from core.errors import Environment, NotConfigured, Refused, YtempireError
from core.postgres.address import DatabaseAddress
from core.settings import Market, Settings
from orchestration.day import check_disk
from orchestration.stack import Stack


def check_port(port: int) -> None:
    """Raise Environment when something already listens on a loopback port."""
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            raise Environment(f"Port {port} is taken by another program.", f"Stop it, or choose another: --port {port + 1}.")


def exec_dagster(stack: Stack, port: int) -> None:
    """Become `dagster dev` on this market's instance; the stack is up and migrated before."""
    from orchestration.runs import instance_environment

    # Dagster opens pages (of films) below its working folder alone; what a .env file of ours says goes with it.
    written = {name: value for name, value in dotenv_values(".env").items() if value}
    environment = {**written, **os.environ, **instance_environment(stack), "PYTHONWARNINGS": "ignore"}
    _ = stack.engine, stack.redis_url, stack.market_url
    Console(stderr=True).print(f"Dagster UI on http://127.0.0.1:{port}: Ctrl-C stops it, `ytempire down` stops its servers too")
    dagster = Path(sys.executable).with_name("dagster")
    arguments = ["dagster", "dev", "-m", "orchestration.definitions", "-h", "127.0.0.1", "-p", str(port)]
    os.chdir(stack.settings.home)
    os.execve(dagster, arguments, environment)  # noqa: S606 (our own interpreter's program, no shell)


def show_status(stack: Stack, console: Console) -> None:
    """Print which local servers run, and what the last day did."""
    console.print(f"{stack.settings.market.value} market, state in {stack.settings.state}")
    running = {name: server.where() for name, server in stack.servers().items()}
    for name, where in {**running, **_given(stack.settings)}.items():
        console.print(f"  {name:<14}{f'[green]running[/]  {escape(_shown(name, where))}' if where else '[dim]stopped[/]'}")
    console.print(f"  {'Dagster UI':<14}ytempire dev\n  {'SQL shell':<14}ytempire sql")
    if not running["postgres"] and stack.settings.database_url is None and not (stack.settings.state / "pg").exists():
        console.print("No day was run yet.\nNext       make run")
        return
    from connectors.absences import sentences
    from orchestration.connecting import named_absences
    from orchestration.summary import last_days

    for day in last_days(stack.engine):
        titles = ", ".join(escape(video["title"]) for video in day["summary"]["videos"])
        failed = ", ".join(day["summary"].get("failed", {}))
        console.print(f"{day['day']}  {day['seconds']:.0f} s  {titles}{f' [red]failed: {escape(failed)}[/]' if failed else ''}")
    from generation.outbox import PostgresOutbox

    outbox = PostgresOutbox(stack.engine, stack.clock)
    for sentence in (*outbox.waiting(), *outbox.troubled(), *sentences(named_absences(stack))):
        console.print(f"[yellow]![/] {escape(sentence)}", soft_wrap=True)


def _given(settings: Settings) -> dict[str, str]:
    """The servers that the settings name in place of ours: host and port, and no more of their URLs."""
    found = {}
    if settings.database_url is not None:
        found["postgres"] = str(DatabaseAddress.parse(settings.database_url.get_secret_value()))
    if settings.redis_url is not None:
        url = urlsplit(settings.redis_url.get_secret_value())
        found["redis"] = f"{url.hostname}:{url.port or 6379}"
    return found


def _shown(name: str, where: str) -> str:
    return f"http://{where}" if name in ("model-server", "simulator") else where


def open_sql(stack: Stack, arguments: Sequence[str]) -> NoReturn:
    """Replace this process by a SQL shell on the warehouse, starting the database where it is down."""
    from core.postgres.cluster import sql_shell

    command, secret = sql_shell(stack.database_address, arguments)
    os.execve(command[0], command, {**os.environ, **secret})  # noqa: S606 - a fixed program; arguments are the operator's own


def stop_all(settings: Settings, console: Console) -> None:
    """Stop every local server of every market that has state."""
    for market in _markets_with_state(settings):
        for name, server in Stack(market).servers().items():
            if server.stop():
                console.print(f"stopped {name} of the {market.market.value} market")


def _markets_with_state(settings: Settings) -> Iterator[Settings]:
    for market in (Market.SYNTHETIC, Market.REPLAY):
        data = settings.home if market is Market.REPLAY else None  # the folder decides the market; its files aren't read here
        candidate = settings.model_copy(update={"data": data, "live": False})
        if candidate.state.is_dir():
            yield candidate


def examine(stack: Stack, console: Console) -> int:
    """Run every check and print how to mend what is wrong. Returns the number of failed checks."""
    failures = 0
    for name, check in _checks(stack):
        try:
            console.print(f"[green]✓[/] {name}: {check()}")
        except YtempireError as error:
            failures += 1
            console.print(f"[red]✗[/] {name}: {error.message}\n    {error.remedy}")
    console.print("All is well. Next: make run" if not failures else f"{failures} to mend, then: ytempire doctor")
    return failures


def _checks(stack: Stack) -> list[tuple[str, Callable[[], str]]]:
    settings = stack.settings

    def python() -> str:
        return ".".join(map(str, sys.version_info[:3]))

    def disk() -> str:
        check_disk(stack)
        return f"{shutil.disk_usage(settings.home).free // 1_000_000:,} MB free"

    def postgres() -> str:
        with stack.engine.connect() as connection:
            version = connection.exec_driver_sql("show server_version").scalar()
        return f"{version} at {stack.database_address.host}:{stack.database_address.port}"

    def redis() -> str:
        import redis as client

        client.Redis.from_url(stack.redis_url).ping()
        return stack.redis_url.rpartition("@")[2]

    def market() -> str:
        if settings.market is Market.LIVE:
            return "the real YouTube"
        first, last = stack.simulator.range()
        return f"{settings.market.value}, {first} to {last or 'any day'}"

    def ffmpeg() -> str:
        import imageio_ffmpeg

        return str(imageio_ffmpeg.get_ffmpeg_version())

    def voice() -> str:
        from connectors.media.espeak import EspeakVoice

        spoken = EspeakVoice().speak("All is well.", language="en")
        return f"{spoken.voice}, {spoken.duration_seconds:.1f} s spoken"

    def hosted_voice() -> str:
        if stack.hosted_voice is None:
            return "no ELEVENLABS_API_KEY: the local voice speaks"
        stack.hosted_voice.check()
        return stack.hosted_voice.capabilities.name

    def hosted_writer() -> str:
        if stack.language is None:
            return "no OPENAI_API_KEY: the local writer writes"
        stack.language.check()
        return stack.language.name

    def quota() -> str:
        from connectors.youtube.quota import quota_profile

        return f"prices of {quota_profile(settings.youtube_quota_profile).name}"

    def youtube_key() -> str:
        stack.youtube.at(FrozenClock(stack.present)).data().chart("US", limit=1)
        return "Google takes it"

    def channels() -> str:
        from orchestration.connecting import check_tokens

        checks = check_tokens(stack, stack.present)
        if not checks:
            raise NotConfigured("No channel is connected.", "Connect one: ytempire connect")
        bad = [check for check in checks if check.health is not Health.HEALTHY]
        if bad:
            raise Refused(" ".join(f"{check.handle}: {check.sentence}" for check in bad), "See them all: ytempire channels")
        return f"{len(checks)} connected, and every consent works"

    def members() -> str:
        from connectors.absences import sentences, standing
        from orchestration.connecting import named_absences

        found = named_absences(stack)
        if chosen := standing(found):
            raise Refused(" ".join(sentences(chosen)), "`ytempire status` names everything that is left out.")
        return (
            f"every channel, country, subreddit and feed is read{f'; {len(found)} videos or articles are not' if found else ''}"
        )

    def bulk_reports() -> str:
        from orchestration.reporting import condition, summed_up

        missing, lost = condition(stack)
        if urgent := summed_up(missing, lost):
            raise Refused(
                " ".join(urgent),
                "`ytempire channels` says which consents work; `ytempire reland` lands files that were put back.",
            )
        return f"none is about to be lost{f', {len(missing)} are still to come' if missing else ''}"

    return [
        ("Python", python),
        ("disk", disk),
        ("Postgres", postgres),
        ("Redis", redis),
        ("market", market),
        ("ffmpeg", ffmpeg),
        ("voice", voice),
        ("hosted voice", hosted_voice),
        ("hosted writer", hosted_writer),
        ("quota", quota),
        ("YouTube key", youtube_key),
        ("channels", channels),
        ("languages", lambda: _languages(stack)),
        ("sources", members),
        ("bulk reports", bulk_reports),
    ]


def _languages(stack: Stack) -> str:
    """The languages of the channels that films are made for. Raises NotConfigured where one cannot be written or drawn."""
    from generation.warehouse import PostgresWarehouse
    from orchestration.connecting import film_obstacle

    made = {lane.channel.handle: lane.channel.language for lane in PostgresWarehouse(stack.engine).lanes()}
    told = [f"{handle}: {obstacle}" for handle, language in made.items() if (obstacle := film_obstacle(stack, handle, language))]
    if told:
        raise NotConfigured(" ".join(told), "`ytempire channels` shows the language of each.")
    return f"every film can be written in {', '.join(sorted(set(made.values())))}" if made else "no lane is on"


def serve_models(stack: Stack, console: Console) -> None:
    """Bring the model server up on the present champions and say how to ask it. Raises NotReady when there are none."""
    with stack.scorer as scorer:
        for card in scorer.models():
            console.print(f"{card.model:<8} {card.version} ({card.kind}), trained as of {card.trained_as_of}")
        console.print(
            f"serving on {scorer.base_url}, in the background\n"
            f"Next       curl {scorer.base_url}/v1/ai/models\n"
            f"           {scorer.base_url} in a browser: every operation, to try\n"
            f"           ytempire down stops it"
        )
