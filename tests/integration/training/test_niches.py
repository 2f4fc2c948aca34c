"""A challenger per niche: only where there are rows enough, only while it is surely better, and answering its own rows alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from core.errors import Damaged, InvalidInput, NotReady
from tests.unit.training.hot_rows import TOY, make_examples
from training.tasks.task import FitOptions

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.filterwarnings(
        "ignore::DeprecationWarning", "ignore::UserWarning", "ignore::FutureWarning", "ignore::ResourceWarning"
    ),
]

TASK = replace(TOY, slices={"category": TOY.slices["kind"]})


def market() -> pl.DataFrame:
    """Music follows heat; games, a quarter of the rows, follow the cold, which a model of all learns too little of; little is
    known of cooking."""
    rows = make_examples(4_000)
    is_game = pl.col("kind") == "gaming"
    few = pl.int_range(pl.len()) % 3 == 0
    rows = rows.filter(~is_game | few).with_columns(heat=pl.when(is_game).then(-pl.col("heat")).otherwise("heat"))
    place = pl.int_range(pl.len())
    return rows.with_columns(kind=pl.when(place % 50 == 7).then(pl.lit("cooking")).otherwise("kind"))


def train_champion(tracker: Any, root: Path, examples: pl.DataFrame) -> pl.DataFrame:
    from training.promotion import promote_task
    from training.tasks.pipeline import prepare, train_task

    blind = replace(TASK, slices={})  # or the gate would see that it is worse than the rule where games are asked of
    prepared = prepare(blind, examples)
    trained = train_task(blind, prepared, tracker, root / "state", root)
    assert promote_task(blind, tracker, trained.version, root / "state", root, trained.exam).is_promoted
    return prepared


def test_a_niche_with_laws_of_its_own_gets_a_champion_and_gives_it_back(tracker: Any, tmp_path: Path) -> None:
    from training.niches import niche_task, train_niches, with_niches
    from training.packs import load_champion

    examples = train_champion(tracker, tmp_path, market())
    champion = tracker.champion("trend48")

    verdicts = {found.niche: found for found in train_niches(TASK, examples, tracker, tmp_path / "state", tmp_path)}

    assert set(verdicts) == {"cooking", "gaming", "music"}
    assert verdicts["cooking"].reason.startswith("Too little data: ")
    assert "of 100 rows in the train part" in verdicts["cooking"].reason
    assert verdicts["music"].version is None
    assert verdicts["music"].reason.startswith("Not surely better")
    assert verdicts["gaming"].version is not None
    assert verdicts["gaming"].difference is not None
    assert verdicts["gaming"].difference.low > 0
    assert tracker.champion("trend48") == champion, "the champion of all is left alone"
    assert tracker.champion("trend48.gaming").number == verdicts["gaming"].version
    assert tracker.models() == ["trend48", "trend48.gaming"], "what is not better is not registered"

    (asked,) = TASK.requests(make_examples(60, seed=5))
    _, for_all = load_champion(tmp_path, TASK)
    _, for_games = load_champion(tmp_path, niche_task(TASK, "gaming"))
    answers = with_niches(tmp_path, TASK, for_all).predict([asked])
    is_game = asked["kind"] == "gaming"
    assert answers["row_id"].equals(asked["row_id"])
    assert answers.filter(is_game).equals(for_games.predict([asked.filter(is_game)]))
    assert answers.filter(~is_game).equals(for_all.predict([asked.filter(~is_game)]))
    only_music = asked.filter(~is_game)
    assert with_niches(tmp_path, TASK, for_all).predict([only_music]).equals(for_all.predict([only_music]))
    assert with_niches(tmp_path, TASK, for_all).predict([asked.clear()]).is_empty()

    (file,) = (tmp_path / "champions" / "trend48.gaming").glob("*/model/toy.json")
    whole = file.read_text()
    file.write_text(whole[:-1])
    with pytest.raises(Damaged, match=r"trend48\.gaming"):
        with_niches(tmp_path, TASK, for_all)
    file.write_text(whole)

    again = train_niches(TASK, examples, tracker, tmp_path / "state", tmp_path, FitOptions(params={"worth": 0}))
    assert [found.version for found in again] == [None, None, None]
    assert with_niches(tmp_path, TASK, for_all) is for_all, "its niche went back to the champion of all"


def test_without_a_champion_or_niches_nothing_is_trained(tracker: Any, tmp_path: Path) -> None:
    from training.niches import train_niches
    from training.tasks.pipeline import prepare

    examples = prepare(TASK, market())
    with pytest.raises(NotReady, match="no champion of trend48"):
        train_niches(TASK, examples, tracker, tmp_path / "state", tmp_path)
    train_champion(tracker, tmp_path, market())
    with pytest.raises(InvalidInput, match="knows no niches"):
        train_niches(replace(TASK, slices={}), examples, tracker, tmp_path / "state", tmp_path)
    one_outcome = examples.with_columns(
        label_hot=pl.when(pl.col("kind") == "gaming").then(0.0).otherwise("label_hot"),
    )
    reasons = {found.niche: found.reason for found in train_niches(TASK, one_outcome, tracker, tmp_path / "state", tmp_path)}
    assert reasons["gaming"] == "Too little data: 0 of 20 rows of one outcome (hot) in the train part."
