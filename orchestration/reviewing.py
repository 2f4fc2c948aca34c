"""`ytempire review`: films that wait for a person, shown and decided about."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from core.errors import InvalidInput
from core.ids import SlotId
from generation.reviews import PostgresReviews

if TYPE_CHECKING:
    from generation.values import Artifact, Review
    from orchestration.stack import Stack


def show_reviews(stack: Stack, console: Console) -> None:
    """Print every film that nobody has decided about; those whose moment has passed cannot be decided about any more."""
    reviews, now = PostgresReviews(stack.engine).waiting(), stack.present
    if not reviews:
        console.print("No film waits for a person.")
        return
    table = Table(*(Column(name, overflow="fold") for name in ("slot", "score", "public on", "title", "why")), box=None)
    for one in reviews:
        moment = f"{one.publish_at:%Y-%m-%d %H:%M} UTC" if one.publish_at > now else "[dim]ended[/]"
        table.add_row(escape(one.slot), f"{one.verdict.score:.0f}", moment, escape(one.title), escape(one.why))
    console.print(table)
    open_slot = next((one.slot for one in reviews if one.publish_at > now), None)
    if open_slot is not None:
        console.print(f"Next       ytempire review show {escape(shlex.quote(open_slot))}", soft_wrap=True)


def show_review(stack: Stack, console: Console, written: str) -> None:
    """Print what is known of one film: where it lies, why a person is asked, every measure."""
    review = PostgresReviews(stack.engine).get(SlotId.parse(written))
    verdict = review.verdict
    state = "waits for a person" if review.is_approved is None else f"{review.outcome} by {review.decided_by}: {review.reason}"
    if review.is_approved is None and review.publish_at <= stack.present:
        state = "its moment has passed, so the review has ended"
    console.print(
        f"[bold]{escape(review.title)}[/]\n"
        f"Slot       {escape(review.slot)}, public on {review.publish_at:%Y-%m-%d %H:%M} UTC\n"
        f"Film       {escape(_path(stack, review.film))}\n"
        f"Picture    {escape(_path(stack, review.thumbnail))}\n"
        f"Score      {verdict.score:.0f} of 100: {', '.join(f'{name} {value:.0f}' for name, value in verdict.aspects.items())}\n"
        f"State      {escape(state)}\n"
        f"Why        {escape(review.why)}",
        soft_wrap=True,
    )
    for reason in verdict.reasons:
        console.print(f"           {escape(reason)}", soft_wrap=True)
    table = Table(*(Column(name, overflow="fold") for name in ("aspect", "measure", "value", "wanted", "points")), box=None)
    for one in sorted(verdict.measures, key=lambda measure: measure.points):
        value = "not measured" if one.value is None else f"{one.value:g} {one.unit}".strip()
        table.add_row(one.aspect, one.name, value, one.wanted, f"{one.points:.2f}")
    console.print(table)
    if review.is_approved is None and review.publish_at > stack.present:
        slot = escape(shlex.quote(review.slot))
        console.print(
            f'Next       ytempire review approve {slot} --why "…"   publish it\n'
            f'           ytempire review reject {slot} --why "…"    never publish it',
            soft_wrap=True,
        )


def approve(stack: Stack, console: Console, written: str, why: str) -> None:
    """Approve a film and publish it. One that was approved and not uploaded yet is published now."""
    from orchestration.runs import open_runner

    review = _decide(stack, written, why, is_approved=True)
    console.print(f"[green]Approved[/]   {escape(review.title)}", soft_wrap=True)
    if not review.is_uploaded:
        with open_runner(stack) as runner:
            runner.publish(SlotId.parse(review.slot))
    console.print(f"[green]Uploaded[/]   as private, public on {review.publish_at:%Y-%m-%d %H:%M} UTC")


def reject(stack: Stack, console: Console, written: str, why: str) -> None:
    """Reject a film: it is never published."""
    review = _decide(stack, written, why, is_approved=False)
    console.print(f"[green]Rejected[/]   {escape(review.title)}: it is not published", soft_wrap=True)


def _decide(stack: Stack, written: str, why: str, *, is_approved: bool) -> Review:
    if not why.strip():
        raise InvalidInput("No reason is given.", 'Say why, for the audit log: --why "…"')
    slot = SlotId.parse(written)
    return PostgresReviews(stack.engine).decide(slot, is_approved=is_approved, reason=why.strip(), now=stack.present)


def _path(stack: Stack, file: Artifact) -> str:
    return os.path.relpath(stack.artifacts.path(file))
