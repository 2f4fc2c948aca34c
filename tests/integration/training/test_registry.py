"""From examples to a champion that predicts: the registry, the gate, the packs, and what happens when something fails."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from core.errors import Damaged, NotReady
from tests.unit.training.toy import TOY, make_examples
from training.tasks.task import FitOptions

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.filterwarnings(
        "ignore::DeprecationWarning", "ignore::UserWarning", "ignore::FutureWarning", "ignore::ResourceWarning"
    ),
]


def train(tracker: Any, root: Path, examples: pl.DataFrame | None = None, **params: Any) -> tuple[Any, Any]:
    """Train a version and put it through the gate."""
    from training.promotion import promote_task
    from training.tasks.pipeline import prepare, train_task

    prepared = prepare(TOY, make_examples() if examples is None else examples)
    trained = train_task(TOY, prepared, tracker, root / "state", root, FitOptions(params=params))
    return trained, promote_task(TOY, tracker, trained.version, root / "state", root, trained.exam)


def test_the_rule_serves_first_and_a_better_version_takes_its_place(tracker: Any, tmp_path: Path) -> None:
    from training.packs import find_pack, load_champion

    _, refused = train(tracker, tmp_path, worth=0)
    assert not refused.is_promoted
    assert (refused.champion, refused.champion_kind, refused.version) == ("1", "baseline", "2")
    assert "not surely above the baseline" in refused.reason
    assert find_pack(tmp_path, "trend48").version == "1"
    request = TOY.requests(make_examples(50, seed=5))
    _, rule = load_champion(tmp_path, TOY)
    assert rule.predict(request).columns == ["row_id", "p_hot"]

    trained, verdict = train(tracker, tmp_path)
    assert verdict.is_promoted, verdict.reason
    assert tracker.champion("trend48").number == "3" == trained.version.number
    pack, program = load_champion(tmp_path, TOY)
    assert (pack.version, pack.kind) == ("3", "learnt")
    assert program.predict(request).height == 50
    assert pack.record["baselines"]["kind"]["difference"]["low"] > 0
    assert "# trend48" in (pack.folder / "card.md").read_text()
    assert set(tracker.plots(trained.version)) == {"baselines", "calibration", "importance"}
