"""The champions' files on this machine, from where predictions are made: no database, no registry, no market, no network.

`<home>/champions/<task>/champion.json` names the folder of the champion beside it and the SHA-256 of every file in it. It is
replaced in one step, after the new folder is whole: a reader sees the old champion or the new one. Plain files only."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.digest import digest_file, digest_value
from core.disk import make_folder
from core.errors import Damaged, NotReady
from training.tasks.rule import RuleProgram
from training.tasks.task import Program, Task

MODEL, HELD_OUT = "model", "held_out"
"""The program in use, learnt from everything; and its twin, which has not seen the test part."""
RECORD, CARD = "metrics.json", "card.md"
_POINTER = "champion.json"


@dataclass(frozen=True)
class Pack:
    """A champion on disk. `folder` holds model/, held_out/, metrics.json and card.md."""

    task: str
    version: str
    kind: str
    folder: Path
    files: Mapping[str, str]

    @property
    def record(self) -> dict[str, Any]:
        """What was measured when the version was registered. Raises Damaged when its file has changed."""
        self.check(RECORD)
        found: dict[str, Any] = json.loads((self.folder / RECORD).read_bytes())
        return found

    def check(self, beneath: str) -> None:
        """Raise Damaged unless the files beneath a folder (or one file) are those that were packed."""
        expected = {name: value for name, value in self.files.items() if name == beneath or name.startswith(f"{beneath}/")}
        changed = [name for name, value in expected.items() if not _has_digest(self.folder / name, value)]
        if changed or not expected:
            raise Damaged(
                f"The champion of {self.task} in {self.folder} is damaged: {', '.join(changed or [beneath])}.",
                f"Bring its files back from the registry: ytempire promote {self.task}.",
            )


def pack_champion(home: Path, task: str, version: str, kind: str, files: Path) -> Pack:
    """Copy a version's files under `home` and make it the champion there, in one step. Repeating it changes nothing.

    Raises OSError when the disk is full; the champion before it stays."""
    root = make_folder(home.resolve() / "champions" / task)
    digests = _digests(files)
    name = f"{version}-{digest_value(digests)[:12]}"
    folder = root / name
    if not (folder.is_dir() and _digests(folder) == digests):
        draft = root / f".{name}.{os.getpid()}"
        try:
            shutil.rmtree(draft, ignore_errors=True)
            for file in digests:
                (draft / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(files / file, draft / file)
            shutil.rmtree(folder, ignore_errors=True)
            draft.rename(folder)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    before = _pointer(root)
    draft_pointer = root / f".{_POINTER}.{os.getpid()}"
    content = {"task": task, "version": version, "kind": kind, "folder": name, "files": digests}
    draft_pointer.write_text(json.dumps(content, indent=2, sort_keys=True), encoding="utf-8")
    draft_pointer.replace(root / _POINTER)
    kept = {name, before.get("folder")}  # the one before stays for those who read it now
    for other in root.iterdir():
        if other.is_dir() and other.name not in kept:
            shutil.rmtree(other, ignore_errors=True)
    return Pack(task, version, kind, folder, digests)


def find_pack(home: Path, task: str) -> Pack:
    """The champion of a task on this machine. Raises NotReady when there is none, Damaged when its manifest cannot be read."""
    root = home.resolve() / "champions" / task
    if not (root / _POINTER).is_file():
        raise NotReady(
            f"There is no champion of {task} under {root.parent}.",
            f"Train it: ytempire train {task} --data FOLDER; or all of them: make models DATA=FOLDER.",
        )
    found = _pointer(root)
    if not {"version", "kind", "folder", "files"} <= set(found):
        raise Damaged(f"{root / _POINTER} is damaged.", f"Bring it back from the registry: ytempire promote {task}.")
    return Pack(task, found["version"], found["kind"], root / found["folder"], found["files"])


def load_program(task: Task, folder: Path) -> Program:
    """Read a saved program, a rule or a fitted one. Raises Damaged for anything else."""
    return RuleProgram.load(task, folder) if RuleProgram.is_in(folder) else task.load(folder)


def load_champion(home: Path, task: Task, part: str = MODEL) -> tuple[Pack, Program]:
    """The champion's program (or its held-out twin), checked file by file. Raises NotReady, Damaged."""
    pack = find_pack(home, task.name)
    pack.check(part)
    return pack, load_program(task, pack.folder / part)


def _pointer(root: Path) -> dict[str, Any]:
    try:
        found = json.loads((root / _POINTER).read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): digest_file(path) for path in files}


def _has_digest(path: Path, sha256: str) -> bool:
    return path.is_file() and digest_file(path) == sha256
