"""The Makefile's own refusals, with a Python that only pretends: nothing is downloaded."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from core.settings import ROOT

FAKE_PYTHON = """#!/bin/sh
case "$*" in
  *version_info*) exit {is_old} ;;
  *"-m venv "*) mkdir -p .venv/bin; cp "$0" .venv/bin/python; echo made ;;
  *"pip install"*) exit {pip_fails} ;;
esac
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with the Makefile and what its installation reads."""
    for name in ("Makefile", "pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def install(project: Path, *, is_old: bool = False, pip_fails: bool = False) -> subprocess.CompletedProcess[str]:
    """`make install` with a Python of the given faults."""
    python = project / "fake-python"
    python.write_text(FAKE_PYTHON.format(is_old=int(is_old), pip_fails=int(pip_fails)))
    python.chmod(0o755)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    command = ["make", "--no-print-directory", "install", f"PYTHON={python}"]
    return subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)


def test_a_python_that_is_too_old_is_refused(project: Path) -> None:
    result = install(project, is_old=True)
    assert result.returncode != 0
    assert "ytempire: Python 3.11 or newer is needed" in result.stderr
    assert not (project / ".venv").exists()


def test_a_half_made_environment_is_made_anew(project: Path) -> None:
    (project / ".venv" / "bin").mkdir(parents=True)
    (project / ".venv" / "half").touch()
    result = install(project)
    assert result.returncode == 0, result.stderr
    assert "ytempire: .venv is half-made; making it anew" in result.stdout
    assert not (project / ".venv" / "half").exists()
    assert (project / ".venv" / ".ready").exists()
    assert "made" not in install(project).stdout  # a whole one is left alone


def test_packages_that_cannot_be_installed(project: Path) -> None:
    result = install(project, pip_fails=True)
    assert result.returncode != 0
    assert "could not be installed" in result.stderr
    assert not (project / ".venv" / ".ready").exists()


@pytest.mark.parametrize(("data", "folder"), [((), "../shared/data"), (("DATA=my sets",), "my sets")])
def test_models_learn_from_the_folder_and_leave_the_market_alone(project: Path, data: tuple[str, ...], folder: str) -> None:
    programs = project / ".venv" / "bin"
    programs.mkdir(parents=True)
    fake = programs / "ytempire"
    fake.write_text('#!/bin/sh\necho "$@ [$YTEMPIRE_DATA]"\n')
    fake.chmod(0o755)
    (project / ".venv" / ".ready").touch()
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "YTEMPIRE"))}
    command = ["make", "--no-print-directory", "models", *data]
    result = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)
    assert result.stdout == f"train all --data {folder} []\n", result.stderr
