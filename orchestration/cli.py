"""The `ytempire` command. It reads the settings, makes the Stack, and turns errors into one clear sentence and an exit code."""

from __future__ import annotations

import json
import logging
import os
import sys
import traceback
import warnings
from datetime import date
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console

from core.clock import SystemClock
from core.errors import InvalidInput, YtempireError
from core.settings import ROOT, Market, Settings, load_settings
from orchestration.stack import Stack

app = typer.Typer(
    name="ytempire",
    help="From YouTube analytics to decisions, and from decisions to videos.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
keys = typer.Typer(help="The keys that channels' tokens are sealed under.", no_args_is_help=True)
app.add_typer(keys, name="keys")
lanes = typer.Typer(help="The calendar's daily places: list them, add one, switch them on or off.", no_args_is_help=True)
app.add_typer(lanes, name="lanes")
review = typer.Typer(help="Films that wait for a person: list them, look at one, approve or reject it.", no_args_is_help=True)
app.add_typer(review, name="review")
Lane = Annotated[str, typer.Argument(metavar="LANE", help="<channel>.<slot>, as pixel-pulse.evening.")]
At = Annotated[str, typer.Argument(metavar="HH:MM", help="Time of day, in the channel's time zone.")]
Slot = Annotated[str, typer.Argument(metavar="SLOT", help="As '2026-06-08|pixel-pulse.evening', quoted for the shell's sake.")]
Why = Annotated[str, typer.Option("--why", help="For the audit log.")]
Data = Annotated[Path | None, typer.Option("--data", help="Folder with real charts to replay; default: the synthetic market.")]


def _settings(data: Path | None, **overrides: Any) -> Settings:
    if data is not None and not data.is_dir():
        raise InvalidInput(f"There is no folder {data}.", "Give --data the folder that holds trending_2026/ and growth_2026/.")
    return load_settings(**({"data": data.resolve()} if data else {}), **overrides)


def _day(value: str | None, settings: Settings) -> date:
    if not value:
        return SystemClock().now().date() if settings.market is Market.LIVE else settings.first_day
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise InvalidInput(f"{value!r} is not a day.", "Write it as 2026-06-08.") from None


@app.command()
def run(
    day: Annotated[str | None, typer.Option(help="Day to run, as 2026-06-08; default: the market's first day.")] = None,
    data: Data = None,
) -> None:
    """Run one whole calendar day: data, warehouse, features, models, and tomorrow's videos. Exit 1 where a video failed."""
    from orchestration.day import run_day
    from orchestration.summary import show

    settings = _settings(data)
    summary = run_day(Stack(settings), _day(day, settings))
    show(summary, Console(), settings.data)
    if summary["failed"]:
        raise typer.Exit(1)


Archives = Annotated[
    Path | None,
    typer.Option("--data", metavar="SET", help="Folder of archives to learn from; default: the warehouse."),
]


@app.command()
def train(
    model: Annotated[str, typer.Argument(help="A task, a model, or all: every task.")],
    trials: Annotated[int, typer.Option(help="Trials of a search; none: the parameters that were found before.", min=0)] = 0,
    data: Archives = None,
    seed: Annotated[int | None, typer.Option(help="Seed of everything that draws.")] = None,
    threads: Annotated[int, typer.Option(help="Cores that a task may use; the result does not depend on them.", min=1)] = 2,
    workers: Annotated[int, typer.Option(help="Processes that share a search.", min=1)] = 1,
    cluster: Annotated[str | None, typer.Option(help="Ray cluster that the workers run on, as ray://head:10001.")] = None,
    day: Annotated[str | None, typer.Option(help="As-of day of a warehouse model; default: the last one there.")] = None,
) -> None:
    """Train tasks on archives or the warehouse, or a model as of a day; put each to use where it passes the gate."""
    from orchestration import models

    wanted = models.what_to_train(model, data is not None)
    settings = _settings(None, **({"trials": trials} if trials else {}), **({} if seed is None else {"seed": seed}))
    stack = Stack(settings)
    if wanted.model is not None:
        models.train_model(stack, wanted.model, _day(day, settings) if day else None)
    else:
        effort = models.Effort(trials, seed, threads, workers, cluster)
        models.train_tasks(stack, wanted.tasks, data, effort, Console(stderr=True, highlight=False))


@app.command()
def promote(
    model: Annotated[str, typer.Argument(help="A task or a model.")],
    version: Annotated[str | None, typer.Argument(help="Its version; default: the newest.")] = None,
) -> None:
    """Judge a version again and put it to use when it passes the gate."""
    from orchestration import models

    is_used = models.promote(Stack(_settings(None)), model, version, Console(stderr=True, highlight=False))
    sys.exit(int(not is_used))


@app.command()
def rollback(
    model: Annotated[str, typer.Argument(help="A task or a model.")],
    reason: Annotated[str, typer.Option(help="Why; it is kept with the version.")] = "by hand",
) -> None:
    """Put the version before the one in use back to use."""
    from orchestration import models

    models.rollback(Stack(_settings(None)), model, reason, Console(highlight=False))


@app.command("models")
def list_models() -> None:
    """List the versions of every model, what each reached beside the rule, and which is in use."""
    from orchestration import models

    models.show_models(Stack(_settings(None)), Console(highlight=False))


@app.command()
def evaluate(task: Annotated[str, typer.Argument(help="The task.")], data: Archives = None) -> None:
    """Print, as one JSON object, what a task's champion reaches beside the rules; with --data, measured anew on its test part."""
    from orchestration import models

    found = models.evaluate(Stack(_settings(None)), task, data, Console(stderr=True, highlight=False))
    typer.echo(json.dumps(found, indent=2, ensure_ascii=False, allow_nan=False))


@app.command()
def predict(
    task: Annotated[str, typer.Argument(help="trend48, topic48, early7, i30, ctr_pairs, ctr_title or quality.")],
    inputs: Annotated[
        list[Path], typer.Option("--input", help="CSV or CSV.gz with the task's columns; for i30 three: up to day 1, 3 and 7.")
    ],
    output: Annotated[Path, typer.Option("--output", help="CSV to write.")],
) -> None:
    """Answer the rows of a file with a task's champion. Needs no server and no network."""
    from orchestration.predicting import predict as answer

    answer(_settings(None), task, inputs, output, Console(stderr=True, highlight=False))


@app.command()
def video(channel: str, day: Annotated[str | None, typer.Option(help="Day it is published.")] = None, data: Data = None) -> None:
    """Make the videos of one channel's lanes for a day."""
    from orchestration.day import Timings, lanes_of, make_videos
    from orchestration.runs import open_runner

    settings = _settings(data)
    stack = Stack(settings)
    slots = lanes_of(stack, channel, _day(day, settings))
    with open_runner(stack) as runner:
        failed = make_videos(runner, slots, Timings())
    if failed:
        raise typer.Exit(1)


@app.command()
def connect(
    channel: Annotated[str | None, typer.Option(help="Handle of the channel that must be the one connected.")] = None,
    niche: Annotated[str | None, typer.Option(help="Its niche; default: what its last videos look like.")] = None,
    timezone: Annotated[str | None, typer.Option(help="Time zone of its calendar, as Europe/London; default: UTC.")] = None,
    language: Annotated[str | None, typer.Option(help="Of its films, as de or pt-BR; default: that of its last videos.")] = None,
    partner: Annotated[bool, typer.Option("--partner", help="Ask for a content owner's scope, too.")] = False,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Print the address of Google's page.")] = False,
    data: Data = None,
) -> None:
    """Connect a YouTube channel: its owner consents on Google's page, and its reports are asked for at once."""
    from orchestration.connecting import connect_channel

    options = {"language": language, "is_partner": partner, "opens_browser": not no_browser}
    connect_channel(Stack(_settings(data)), Console(), channel, niche, timezone, **options)


@app.command("language")
def change_language(
    channel: Annotated[str, typer.Argument(help="The channel's handle.")],
    code: Annotated[str, typer.Argument(metavar="LANGUAGE", help="Of its films, as en, de or pt-BR.")],
    data: Data = None,
) -> None:
    """Have a channel's films in another language, from the next one on."""
    from orchestration.connecting import change_language as change

    change(Stack(_settings(data)), Console(), channel, code)


@app.command()
def uploads(
    channel: Annotated[str, typer.Argument(help="The channel's handle.")],
    category: Annotated[int | None, typer.Option(help="YouTube's number of the category, as 20 for gaming.")] = None,
    notify: Annotated[bool | None, typer.Option("--notify/--quiet", help="Whether subscribers are told.")] = None,
    kids: Annotated[bool | None, typer.Option("--for-kids/--not-for-kids", help="What you declare (COPPA).")] = None,
    data: Data = None,
) -> None:
    """Show, or change, what is said of each upload of a channel."""
    from orchestration.connecting import change_uploads

    change_uploads(Stack(_settings(data)), Console(), channel, category, notify, kids)


@app.command()
def disconnect(
    channel: str,
    erase: Annotated[bool, typer.Option("--erase", help="Erase everything that is known of it, too.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    data: Data = None,
) -> None:
    """Take a channel's consent back at Google and delete its token."""
    from orchestration.connecting import disconnect_channel

    disconnect_channel(
        Stack(_settings(data)), Console(), channel, erases=erase, confirms=lambda question: yes or typer.confirm(question)
    )


@app.command()
def channels(data: Data = None) -> None:
    """List the channels, and whether their owners' consents work."""
    from orchestration.connecting import show_channels

    show_channels(Stack(_settings(data)), Console())


@lanes.command("list")
def lanes_list(data: Data = None) -> None:
    """List every lane, when it publishes, and whether it is on."""
    from orchestration.lanes import show_lanes

    show_lanes(Stack(_settings(data)), Console())


@lanes.command("add")
def lanes_add(lane: Lane, at: At, data: Data = None) -> None:
    """Add a lane, switched off."""
    from orchestration.lanes import add_lane

    add_lane(Stack(_settings(data)), Console(), lane, at)


@lanes.command("on")
def lanes_on(lane: Lane, data: Data = None) -> None:
    """Switch a lane on: each day's run makes its next video."""
    from orchestration.lanes import switch_lane

    switch_lane(Stack(_settings(data)), Console(), lane, on=True)


@lanes.command("off")
def lanes_off(lane: Lane, data: Data = None) -> None:
    """Switch a lane off: no video is made for it any more."""
    from orchestration.lanes import switch_lane

    switch_lane(Stack(_settings(data)), Console(), lane, on=False)


@lanes.command("at")
def lanes_at(lane: Lane, at: At, data: Data = None) -> None:
    """Have a lane publish at another time, from the next video on."""
    from orchestration.lanes import move_lane

    move_lane(Stack(_settings(data)), Console(), lane, at)


@lanes.command("unreviewed")
def lanes_unreviewed(lane: Lane, data: Data = None) -> None:
    """Publish a lane's films that would wait for a person; simulated markets only."""
    from orchestration.lanes import review_lane

    review_lane(Stack(_settings(data)), Console(), lane, by_person=False)


@lanes.command("reviewed")
def lanes_reviewed(lane: Lane, data: Data = None) -> None:
    """Have a lane's films that score too low to go out by themselves wait for a person."""
    from orchestration.lanes import review_lane

    review_lane(Stack(_settings(data)), Console(), lane, by_person=True)


@review.command("list")
def review_list(data: Data = None) -> None:
    """List the films that wait for a person, the next one to be published first."""
    from orchestration.reviewing import show_reviews

    show_reviews(Stack(_settings(data)), Console())


@review.command("show")
def review_show(slot: Slot, data: Data = None) -> None:
    """Show a waiting film: where it lies, why a person is asked, and what was measured."""
    from orchestration.reviewing import show_review

    show_review(Stack(_settings(data)), Console(), slot)


@review.command("approve")
def review_approve(slot: Slot, why: Why, data: Data = None) -> None:
    """Publish a waiting film."""
    from orchestration.reviewing import approve

    approve(Stack(_settings(data)), Console(), slot, why)


@review.command("reject")
def review_reject(slot: Slot, why: Why, data: Data = None) -> None:
    """Have a waiting film never published."""
    from orchestration.reviewing import reject

    reject(Stack(_settings(data)), Console(), slot, why)


@keys.command()
def rotate(data: Data = None) -> None:
    """Seal every channel's token anew under a new key, and forget the old keys."""
    from orchestration.connecting import rotate_keys

    rotate_keys(Stack(_settings(data)), Console())


@app.command()
def dev(
    port: Annotated[int, typer.Option(help="Port of the UI.", min=1, max=65535)] = 3000,
    data: Data = None,
) -> None:
    """Open the Dagster UI on loopback, on the same state as `ytempire run`."""
    from orchestration.local import check_port, exec_dagster

    check_port(port)
    exec_dagster(Stack(_settings(data)), port)


@app.command()
def serve(data: Data = None) -> None:
    """Serve the champion models over HTTP, in the background."""
    from orchestration.local import serve_models

    serve_models(Stack(_settings(data)), Console())


@app.command("import")
def import_files(
    kind: Annotated[
        str,
        typer.Argument(
            help="studio-export, charts, video-readings, channel-readings, view-series, trend-archive, headline-tests, "
            "labelled-texts, comments, transcripts; or auto, which goes by the columns of each file."
        ),
    ],
    paths: Annotated[list[Path], typer.Argument(help="Files, folders (with all below them) and zip archives.", metavar="PATH…")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read and report; land nothing.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Replace what the same files landed before.")] = False,
    year: Annotated[int | None, typer.Option(help="Year of dates that have none.", min=1990, max=2100)] = None,
    encoding: Annotated[str | None, typer.Option(help="Of files that are not UTF-8, for example cp1252.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Report as one JSON object.")] = False,
    data: Data = None,
) -> None:
    """Bring in files you already have: Studio exports, chart and trend archives, headline tests, texts."""
    from connectors.archives.importing import Options
    from orchestration import importing

    stack = Stack(_settings(data))
    options = Options(year=year, encoding=encoding, again=again)
    results = importing.import_paths(
        stack, importing.kind_of(kind), paths, options, dry_run=dry_run, console=Console(stderr=True)
    )
    if as_json:
        typer.echo(importing.as_json(results, dry_run=dry_run))
    else:
        importing.show(results, Console(), dry_run=dry_run)
    sys.exit(int(importing.has_failures(results)))


@app.command()
def reland(
    report_types: Annotated[
        list[str] | None, typer.Argument(help="Bulk report types, as channel_reach_basic_a1; default: all.", metavar="TYPE…")
    ] = None,
    first: Annotated[str | None, typer.Option("--from", help="First day, as 2026-06-08; default: the first that landed.")] = None,
    last: Annotated[str | None, typer.Option("--to", help="Last day; default: the last that landed.")] = None,
    data: Data = None,
) -> None:
    """Land past days of the bulk reports again, from the archive: it repairs days without their rows, and changes no other."""
    from orchestration.relanding import reland as land_again

    settings = _settings(data)
    days = [_day(day, settings) if day else None for day in (first, last)]
    is_whole = land_again(Stack(settings), Console(highlight=False), report_types or [], *days)
    sys.exit(int(not is_whole))


@app.command()
def similar(
    text: Annotated[str, typer.Argument(help="A title, a sentence, or the id of a video that is known.")],
    limit: Annotated[int, typer.Option(help="How many.", min=1, max=100)] = 10,
    data: Data = None,
) -> None:
    """Find videos that are about the same."""
    from orchestration.discovery import similar as show_similar

    show_similar(Stack(_settings(data)), Console(), text, limit)


@app.command()
def gaps(
    channel: Annotated[str, typer.Argument(help="The channel's handle.")],
    clusters: Annotated[int, typer.Option(help="Into how many kinds of video the others' are sorted.", min=2, max=200)] = 20,
    threshold: Annotated[float, typer.Option(help="Likeness from which a kind counts as covered.", min=0, max=1)] = 0.8,
    data: Data = None,
) -> None:
    """Show what others make videos about and a channel does not."""
    from orchestration.discovery import gaps as show_gaps

    show_gaps(Stack(_settings(data)), Console(), channel, clusters, threshold)


@app.command()
def trends(
    niche: Annotated[str, typer.Argument(help="A niche of your channels, as `ytempire channels` shows it.")],
    limit: Annotated[int, typer.Option(help="How many.", min=1, max=100)] = 20,
    data: Data = None,
) -> None:
    """Rank the trends of a niche: chance of rising within 48 hours, velocity, expiry, evidence."""
    from orchestration.discovery import trends as show_trends

    show_trends(Stack(_settings(data)), Console(), niche, limit)


@app.command()
def revenue(
    channel: Annotated[str, typer.Argument(help="The channel's handle.")],
    source: Annotated[str, typer.Argument(help="affiliate, sponsorship or merchandise; YouTube tells ads and premium itself.")],
    amount: Annotated[str, typer.Argument(help="In US dollars, as 12.50. With --follows: what is paid or falls away, or `all`.")],
    reference: Annotated[str, typer.Option(help="Number of the invoice or payout: the same one is never booked twice.")],
    on: Annotated[str | None, typer.Option(help="Day it was earned, as 2026-06-08. With --follows: that record's day.")] = None,
    video: Annotated[str | None, typer.Option(help="Id of the video that earned it.")] = None,
    status: Annotated[
        str, typer.Option(help="confirmed, expected, cancelled (with --follows), or reversed (with an amount below zero).")
    ] = "confirmed",
    follows: Annotated[str | None, typer.Option(help="Reference of the record that this one confirms or cancels.")] = None,
    data: Data = None,
) -> None:
    """Book income that YouTube does not report; confirm or cancel what was booked."""
    from orchestration.income import book_revenue

    settings = _settings(data)
    day = None if on is None else _day(on, settings)
    book_revenue(Stack(settings), Console(), channel, source, amount, day, reference, video, status, follows)


@app.command()
def status(data: Data = None) -> None:
    """Show what runs, the last day, the models and the calendar."""
    from orchestration.local import show_status

    show_status(Stack(_settings(data)), Console())


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def sql(arguments: typer.Context, data: Data = None) -> None:
    """Open a SQL shell (psql) on the warehouse; further arguments are psql's, as -c "select 1"."""
    from orchestration.local import open_sql

    open_sql(Stack(_settings(data)), arguments.args)


@app.command()
def doctor(data: Data = None) -> None:
    """Check the machine, the settings and the servers; say how to mend what is wrong."""
    from orchestration.local import examine

    sys.exit(examine(Stack(_settings(data)), Console()))


@app.command()
def down(data: Data = None) -> None:
    """Stop the local servers of every market; the state stays."""
    from orchestration.local import stop_all

    stop_all(_settings(data), Console())


@app.command(hidden=True)
def validate() -> None:
    """Load the definitions and check that every asset, job and schedule resolves."""
    import dagster as dg

    from orchestration.definitions import build_definitions

    definitions = build_definitions(load_settings())
    dg.Definitions.validate_loadable(definitions)
    Console().print(f"definitions load: {len(definitions.resolve_all_asset_keys())} assets")


_INTERRUPTED = 130
"""What typer makes of Ctrl-C."""


def _log_failure(error: BaseException) -> str:
    """Append the stack trace to the log, where it does not stand in anybody's way, and say where it is."""
    try:
        log = load_settings().home / "ytempire.log"
    except YtempireError:
        log = ROOT / "var" / "ytempire.log"
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a", encoding="utf-8") as file:
            file.write("".join(traceback.format_exception(error)))
    except OSError as unwritable:  # a full disk must not hide what went wrong
        return f"lost, for {log} cannot be written: {unwritable.strerror}"
    return f"in {log}"


def _refuse(shown: YtempireError, error: BaseException) -> NoReturn:
    """Print the sentence and its way out, and end."""
    typer.echo(f"ytempire: {shown.message}", err=True)
    if shown.remedy:
        typer.echo(f"          {shown.remedy}", err=True)
    _log_failure(error)
    sys.exit(1)


class _WarningLines(logging.Handler):
    """Prints the first line of a warning, once while it repeats itself: libraries murmur at length."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._last = ""

    def emit(self, record: logging.LogRecord) -> None:
        line = record.getMessage().partition("\n")[0]
        if line != self._last and not record.name.startswith(("py.warnings", "googleapiclient")):
            typer.echo(f"  ! {line}", err=True)
        self._last = line


def main(arguments: list[str] | None = None) -> Any:
    """Entry point of the console script. Exit codes: 0 done, 1 a clear refusal, 2 a wrong command line, 130 interrupted."""
    warnings.filterwarnings("ignore")
    logging.captureWarnings(True)
    logging.getLogger().addHandler(_WarningLines())
    os.environ.setdefault("PYTHONWARNINGS", "ignore")  # for the processes that the command starts
    try:
        return app(args=arguments, standalone_mode=True)
    except YtempireError as error:
        _refuse(error, error)
    except SystemExit as end:
        if end.code == _INTERRUPTED:
            typer.echo("ytempire: stopped; run the same command again to go on where it was.", err=True)
        raise
    except Exception as error:  # noqa: BLE001 (the last door: whatever comes here goes to the log, not in a user's face)
        from orchestration.failures import explain

        expected = explain(error)
        if expected is not None:
            _refuse(expected, error)
        typer.echo(f"ytempire: an error nobody foresaw: {type(error).__name__}: {error}", err=True)
        typer.echo(f"          The trace is {_log_failure(error)}; please report it.", err=True)
        sys.exit(1)
