"""Topics and similarity as assets: what is talked of across the sources, which contents are alike, and what channels leave out.

What they mean is defined in `features.topics` and `features.similarity`."""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import dagster as dg

from core.errors import NotReady
from orchestration.failures import plain_failures
from orchestration.ingestion import days_of, markdown_table, raw_key
from orchestration.partitions import daily
from orchestration.resources import Platform
from orchestration.stack import Stack

if TYPE_CHECKING:
    from features.similarity import Gap
    from features.trends import StandingTopic

CANONICAL = dg.AssetKey(["trends", "canonical"])
CONTENT = dg.AssetKey(["embeddings", "content"])
GAPS = dg.AssetKey(["report", "content_gaps"])
LISTED = (
    "raw_youtube.charts",
    "raw_google.trends",
    "raw_reddit.posts",
    "raw_feeds.entries",
    "raw_hackernews.stories",
    "raw_wikipedia.pageviews",
)
"""Tables whose entries are made into topics."""
EMBEDDED = ("raw_youtube.videos", "raw_youtube.competitor_videos", "raw_youtube.charts")
"""Tables whose videos are embedded."""
SHOWN = 15
DAYS_AT_ONCE = 8
"""Of a longer range the last days alone are looked at: topics of the days before have expired."""


@dg.asset(
    key=CANONICAL,
    group_name="features",
    deps=[raw_key(table) for table in LISTED],
    partitions_def=daily,
    backfill_policy=dg.BackfillPolicy.single_run(),
    owners=["team:ml"],
    kinds={"python", "postgres"},
    description="What is talked of, the same across all sources, with its evidence, score and niche. One row per topic.",
    check_specs=[
        dg.AssetCheckSpec(
            "sources_agree", asset=CANONICAL, description="Some topics are told of by more than one source: spellings meet."
        ),
    ],
)
def canonical(context: dg.AssetExecutionContext, platform: Platform) -> dg.MaterializeResult:
    """Make the topics of each day, in order: a day's names join the topics of the week before it."""
    from features.trends import hottest, write_topics

    with plain_failures(context):
        stack = platform.get()
        days = days_of(context.partition_keys)[-DAYS_AT_ONCE:]
        made = [write_topics(stack.engine, stack.sentences, day) for day in days]
        last, top = made[-1], hottest(stack.engine, SHOWN)
        agreed = sum(len(topic.sources) > 1 for topic in last.topics)
        metadata = {"mentions": last.mentions_count, "topics": len(last.topics), "digest": last.digest[:12], "agreed": agreed}
        check = dg.AssetCheckResult(
            check_name="sources_agree",
            passed=agreed > 0 or last.mentions_count == 0,
            severity=dg.AssetCheckSeverity.WARN,
            metadata={"topics_of_several_sources": agreed},
        )
        return dg.MaterializeResult(metadata={**metadata, "hottest": _topics_table(top)}, check_results=[check])


@dg.asset(
    key=CONTENT,
    group_name="features",
    deps=[raw_key(table) for table in EMBEDDED],
    partitions_def=daily,
    backfill_policy=dg.BackfillPolicy.single_run(),
    owners=["team:ml"],
    kinds={"python", "postgres"},
    description="Sentence vectors of titles and scripts, made once per content. One row per content and encoder.",
)
def content(context: dg.AssetExecutionContext, platform: Platform) -> dg.MaterializeResult:
    """Make the vectors of what landed on each day and has none yet."""
    from features.similarity import embed_contents

    with plain_failures(context):
        stack = platform.get()
        days = days_of(context.partition_keys)[-DAYS_AT_ONCE:]
        made = [embed_contents(stack.engine, stack.encoder, day, stack.clock_for(day).now()) for day in days]
        counts = {"contents": sum(one.contents_count for one in made), "encoded": sum(one.encoded_count for one in made)}
        return dg.MaterializeResult(metadata={"encoder": stack.encoder.name, **counts})


@dg.asset(
    key=GAPS,
    group_name="features",
    deps=[CONTENT],
    partitions_def=daily,
    backfill_policy=dg.BackfillPolicy.single_run(),
    owners=["team:ml"],
    kinds={"python"},
    description="What others make videos about and each active channel does not, most viewed first. One table per channel.",
)
def content_gaps_report(context: dg.AssetExecutionContext, platform: Platform) -> dg.MaterializeResult:
    """Look for the gaps of every active channel as of the last day."""
    from features.similarity import active_channels

    with plain_failures(context):
        stack, day = platform.get(), days_of(context.partition_keys)[-1]
        channels = active_channels(stack.engine)
        return dg.MaterializeResult(metadata={handle: _gaps_of(stack, channel, day) for channel, handle in channels.items()})


def _gaps_of(stack: Stack, channel_id: str, day: date) -> dg.MetadataValue[str | None]:
    """A channel's gaps as a table, or why there are none: in a category without charts nothing is known of others."""
    from features.similarity import content_gaps

    try:
        return _gaps_table(content_gaps(stack.engine, channel_id, encoder=stack.encoder.name, day=day))
    except NotReady as error:
        return dg.MetadataValue.text(error.message)


def _topics_table(topics: Sequence["StandingTopic"]) -> dg.MarkdownMetadataValue:
    rows = [
        {
            "topic": topic.title,
            "niche": topic.niche or "–",
            "score": f"{topic.score:.1f}",
            "change per day": f"{topic.velocity:+.1f}",
            "sources": str(topic.sources_count),
        }
        for topic in topics
    ]
    return dg.MetadataValue.md(markdown_table(rows))


def _gaps_table(gaps: Sequence["Gap"]) -> dg.MarkdownMetadataValue:
    rows = [
        {
            "videos": str(gap.videos_count),
            "views": "–" if gap.views is None else f"{gap.views:,}",
            "for example": gap.examples[0].title,
            "own nearest": gap.nearest_title or "–",
            "similarity": f"{gap.similarity:.2f}",
        }
        for gap in gaps[:SHOWN]
    ]
    return dg.MetadataValue.md(markdown_table(rows))


ASSETS = [canonical, content, content_gaps_report]
CHECKS: list[dg.AssetChecksDefinition] = []
"""The check of these assets is made by the asset itself, which holds the topics already."""
