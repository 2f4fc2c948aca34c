"""Bugs to plant in a recorded incremental build: what the comparison with a full one is there to find."""

from __future__ import annotations

import re
from dataclasses import dataclass

import psycopg

from tests.integration.warehouse.warehouse import Recording, Warehouse, differing


@dataclass(frozen=True)
class Bug:
    """One wrong build.

    Attributes:
        name: what the build does.
        model: whose statements are wrong.
        right: pattern of the text that is taken out of them.
        wrong: what stands there instead.
    """

    name: str
    model: str
    right: str
    wrong: str = ""

    def planted(self, recording: Recording) -> Recording:
        """A recording with the bug. Fails where its text is not found: it would be no bug."""
        node, nodes, count = f"model.ytempire.{self.model}", list[tuple[str, tuple[str, ...]]](), 0
        for name, statements in recording.nodes:
            replaced = [
                re.subn(self.right, self.wrong, text, flags=re.DOTALL) if name == node else (text, 0) for text in statements
            ]
            nodes.append((name, tuple(text for text, _ in replaced)))
            count += sum(number for _, number in replaced)
        assert count, f"{self.name}: {self.model} has no {self.right}"
        return Recording(tuple(nodes))

    def caught_by(self, warehouse: Warehouse, incremental: Recording, full: Recording, seed: int) -> list[str]:
        """What a random sequence finds: relations that differ, or the constraint that a build breaks."""
        try:
            return differing(warehouse, self.planted(incremental), full, seed)
        except psycopg.IntegrityError as error:
            return [str(error.diag.constraint_name)]


CHANGED = r"landing\.landing_id is distinct from seen\.landing_id"
BUGS = (
    Bug("keeps the rows of affected keys", "int_video__counted_early", r"delete from .+?;"),
    Bug("keeps the rows of affected keys, where a key is unique", "fct_video_daily", r"delete from .+?;"),
    Bug("takes in new partitions only, no repeated ones", "int_report__fetched", CHANGED, "seen.landing_id is null"),
    Bug(
        "takes in no partition before its newest",
        "fct_chart_entry",
        CHANGED,
        CHANGED.replace("\\", "") + " and landing.partition_on >="
        " (select max(partition_on) from intermediate.landings_seen where model = 'fct_chart_entry')",
    ),
    Bug("does not remember the landings", "fct_video_reading", r"insert into intermediate\.landings_seen.+?;"),
    Bug(
        "remembers another landing than it took in",
        "int_report__fetched",
        r"partition_on, landing_id\s+from",
        "partition_on, landing_id + 1 from",
    ),
    Bug(
        "does not look for keys among its own rows",
        "fct_video_retention",
        r'union\s+select \w+\s+from "marts"."fct_video_retention".+?;',
        ";",
    ),
    Bug(
        "the first report wins",
        "fct_video_daily",
        r"report_created_at desc nulls last, fetched_at desc, partition_on desc",
        "report_created_at",
    ),
    Bug("every report counts", "fct_video_traffic_daily", r"and lines\.(partition_on|report_created_at) = latest\.\1"),
    Bug(
        "days of a window that looks back are not affected",
        "feat_channel__daily",
        r"generate_series\(0, 28\) as step\s+\)",
        "generate_series(0, 0) as step)",
    ),
    Bug(
        "a day that is read again is read without the week before",
        "fct_topic_daily",
        r"generate_series\(0, 7\)",
        "generate_series(0, 0)",
    ),
)
