"""Writes the committed snapshot of the asset graph: `python -m tests.architecture.write_graph`."""

from __future__ import annotations

import json
import warnings

from core.settings import Settings
from orchestration.definitions import build_definitions
from tests.architecture.test_graph import SNAPSHOT, describe

if __name__ == "__main__":
    warnings.simplefilter("ignore")
    graph = describe(build_definitions(Settings(_env_file=None)))
    SNAPSHOT.write_text(json.dumps(graph, indent=1, sort_keys=True) + "\n", encoding="utf-8")
