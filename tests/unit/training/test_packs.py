"""Champions on disk: whole or as before, and checked when they are loaded."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import polars as pl
import pytest

from core.errors import Damaged, NotReady
from tests.unit.training.hot_rows import TOY, by_kind, fit, make_examples
from training import packs
from training.packs import HELD_OUT, MODEL, find_pack, load_champion, pack_champion
from training.tasks.rule import RuleProgram
from training.tasks.task import FitOptions


@pytest.fixture
def version(tmp_path: Path) -> Path:
    """The files of a version."""
    return make_version(tmp_path / "version", 1)


def make_version(folder: Path, seed: int) -> Path:
    program = fit(make_examples(seed=seed), FitOptions())
    for part in (MODEL, HELD_OUT):
        (folder / part / "deep").mkdir(parents=True)
        program.save(folder / part)
        (folder / part / "deep" / "more.json").write_text("{}")
    (folder / "metrics.json").write_text(json.dumps({"seed": seed}))
    (folder / "card.md").write_text("# card\n")
    return folder


def test_a_champion_is_packed_and_answers(tmp_path: Path, version: Path) -> None:
    packed = pack_champion(tmp_path, "trend48", "3", "learnt", version)
    found, program = load_champion(tmp_path, TOY)
    assert found == packed
    assert (found.version, found.kind, found.record) == ("3", "learnt", {"seed": 1})
    assert program.predict(TOY.requests(make_examples(10))).height == 10
    shutil.rmtree(version)
    load_champion(tmp_path, TOY, HELD_OUT)  # nothing points back to the registry's files


def test_packing_again_changes_nothing(tmp_path: Path, version: Path) -> None:
    first = pack_champion(tmp_path, "trend48", "3", "learnt", version)
    before = {path: path.stat().st_mtime_ns for path in first.folder.rglob("*")}
    assert pack_champion(tmp_path, "trend48", "3", "learnt", version) == first
    assert {path: path.stat().st_mtime_ns for path in first.folder.rglob("*")} == before


def test_the_one_before_stays_for_its_readers_and_older_ones_go(tmp_path: Path) -> None:
    folders = [
        pack_champion(tmp_path, "trend48", str(n), "learnt", make_version(tmp_path / f"v{n}", n)).folder for n in (1, 2, 3)
    ]
    assert [folder.is_dir() for folder in folders] == [False, True, True]
    assert find_pack(tmp_path, "trend48").version == "3"


@pytest.mark.parametrize("name", ["model/toy.json", "model/deep/more.json"])
@pytest.mark.parametrize("damage", [lambda path: path.unlink(), lambda path: path.write_bytes(path.read_bytes() + b" ")])
def test_a_changed_file_is_refused(tmp_path: Path, version: Path, name: str, damage: object) -> None:
    packed = pack_champion(tmp_path, "trend48", "3", "learnt", version)
    damage(packed.folder / name)  # type: ignore[operator]
    with pytest.raises(Damaged, match=f"damaged: {name}") as refused:
        load_champion(tmp_path, TOY)
    assert "ytempire promote trend48" in refused.value.remedy
    load_champion(tmp_path, TOY, HELD_OUT)
    assert pack_champion(tmp_path, "trend48", "3", "learnt", version) == packed  # brings it back
    load_champion(tmp_path, TOY)


def test_without_a_champion_the_way_to_one_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotReady, match="no champion of trend48") as refused:
        load_champion(tmp_path, TOY)
    assert "ytempire train trend48 --data" in refused.value.remedy


@pytest.mark.parametrize("content", ["", "[1]", '{"version": "3"}'])
def test_a_broken_manifest_is_refused(tmp_path: Path, version: Path, content: str) -> None:
    pack_champion(tmp_path, "trend48", "3", "learnt", version)
    (tmp_path / "champions" / "trend48" / "champion.json").write_text(content)
    with pytest.raises(Damaged, match=r"champion\.json is damaged"):
        load_champion(tmp_path, TOY)


def test_a_copy_that_fails_leaves_the_champion(tmp_path: Path, version: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pack_champion(tmp_path, "trend48", "3", "learnt", version)
    newer = make_version(tmp_path / "newer", 9)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(packs.shutil, "copyfile", full)
    with pytest.raises(OSError, match="No space"):
        pack_champion(tmp_path, "trend48", "4", "learnt", newer)
    found, _ = load_champion(tmp_path, TOY)
    assert found.version == "3"
    assert [path.name for path in (tmp_path / "champions" / "trend48").iterdir() if path.name.startswith(".")] == []


def test_a_rule_keeps_what_it_reads_and_answers_as_it_did(tmp_path: Path) -> None:
    examples, asked = make_examples(), make_examples(60, seed=8)
    RuleProgram.learn(TOY, "kind", examples).save(tmp_path)
    assert set(pl.read_parquet(tmp_path / "learnt.parquet").columns) == {"kind", "label_hot"}
    assert RuleProgram.is_in(tmp_path)
    assert RuleProgram.load(TOY, tmp_path).predict(TOY.requests(asked)).equals(by_kind(examples, asked))


def test_a_folder_without_a_rule_is_refused(tmp_path: Path) -> None:
    (tmp_path / "rule.json").write_text('{"task": "trend48", "rule": "none"}')
    with pytest.raises(Damaged, match="holds no rule"):
        RuleProgram.load(TOY, tmp_path)
    make_examples(10).write_parquet(tmp_path / "learnt.parquet")
    with pytest.raises(Damaged, match="has no rule 'none' any more"):
        RuleProgram.load(TOY, tmp_path)
