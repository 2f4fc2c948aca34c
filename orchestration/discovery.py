"""`ytempire similar`, `gaps` and `trends`: asking what is known of contents and topics, and showing the answers."""

from __future__ import annotations

from rich import box
from rich.console import Console
from rich.table import Table

from core.errors import NotReady, UnknownName
from orchestration.stack import Stack


def similar(stack: Stack, console: Console, text: str, limit: int = 10) -> None:
    """Show the contents nearest to a text or to a video id. Raises NotReady where nothing is embedded."""
    from features.similarity import find_similar

    table = Table(box=box.SIMPLE_HEAD, title=f"Nearest to {text!r}")
    for name, justify in (("Similarity", "right"), ("Kind", "left"), ("Title", "left"), ("Channel", "left"), ("Id", "left")):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    for one in find_similar(stack.engine, stack.encoder, text, limit):
        table.add_row(f"{one.similarity:.3f}", one.content_kind, one.title, one.channel_title, one.content_id)
    console.print(table)


def gaps(stack: Stack, console: Console, handle: str, clusters: int = 20, threshold: float = 0.8) -> None:
    """Show what others make and a channel does not, as of the newest charts. Raises UnknownName, NotReady."""
    from features.similarity import content_gaps, newest_day

    with stack.engine.connect() as connection:
        channel = connection.exec_driver_sql("select channel_id, title from ops.channels where handle = %s", (handle,)).first()
    if channel is None:
        raise UnknownName(f"No channel has the handle {handle!r}.", "See the connected ones with: ytempire channels.")
    day = newest_day(stack.engine)
    if day is None:
        raise NotReady("No charts have landed yet.", "Run `ytempire run` first.")
    found = content_gaps(
        stack.engine, channel.channel_id, encoder=stack.encoder.name, day=day, clusters=clusters, threshold=threshold
    )
    table = Table(box=box.SIMPLE_HEAD, title=f"What others make and {channel.title} does not, as of {day}")
    for name in ("Videos", "Views"):
        table.add_column(name, justify="right")
    for name in ("For example", "Own video that comes nearest", "Similarity"):
        table.add_column(name)
    for gap in found:
        examples = "\n".join(f"{example.title} ({_counted(example.views)})" for example in gap.examples)
        table.add_row(str(gap.videos_count), _counted(gap.views), examples, gap.nearest_title or "–", f"{gap.similarity:.3f}")
    console.print(table)


def _counted(views: int | None) -> str:
    return "–" if views is None else f"{views:,}"


def trends(stack: Stack, console: Console, niche: str, limit: int = 20) -> None:
    """Show the trends of a niche, best first, and say by what they were ranked. Raises UnknownName."""
    from training.ranking import predict_trends
    from training.warehouse import WarehouseSource

    found = predict_trends(niche, stack.engine, WarehouseSource(stack.engine), stack.settings.home, stack.present, limit)
    table = Table(box=box.SIMPLE_HEAD, title=f"Trends of {niche}", caption=found.said)
    table.add_column("Topic")
    for name in ("Chance", "Channels", "Velocity"):
        table.add_column(name, justify="right")
    for name in ("Expires", "Told by"):
        table.add_column(name)
    for one in found.topics:
        chance = "–" if one.score is None else f"{one.score:.2f}"
        channels = "–" if one.channels_48h is None else f"{one.channels_48h:.0f}"
        expires = f"{one.expires_at:%Y-%m-%d %H:%M}"
        table.add_row(one.topic, chance, channels, f"{one.velocity:+.2f}", expires, "\n".join(one.evidence[:2]))
    console.print(table)
