"""The laws of docs and house that no type checker sees: who imports whom, and that importing does nothing."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("core", "connectors", "features", "training", "serving", "generation", "orchestration")
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))

ALLOWED_IMPORTERS = {
    "dagster": ("orchestration/",),
    "dagster_dbt": ("orchestration/",),
    "feast": ("features/",),
    "mlflow": ("training/tracking.py", "training/promotion.py", "serving/packaging.py"),
    "optuna": ("training/study.py",),
    "ray": ("training/distributed.py",),
    "bentoml": ("serving/services/", "serving/packaging.py"),
    "evidently": ("training/drift.py",),
    "pytorch_lightning": ("training/modules.py", "training/datamodules.py", "training/fit.py", "training/study.py"),
    "httpx": ("connectors/", "serving/client.py"),
    "googleapiclient": ("connectors/",),
    "openai": ("connectors/",),
    "elevenlabs": ("connectors/",),
    "great_expectations": ("connectors/",),
    "py3langid": ("core/detection.py",),
}

HEAVY = (
    "torch",
    "pytorch_lightning",
    "feast",
    "great_expectations",
    "mlflow",
    "pandas",
    "bentoml",
    "evidently",
    "moviepy",
    "sklearn",
)


def imported_names(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names


def calls_of(functions: set[str]) -> set[str]:
    """Files of the project that call one of the functions."""
    return {
        str(path.relative_to(ROOT))
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in functions
    }


def test_import_law() -> None:
    result = subprocess.run(
        [Path(sys.executable).with_name("lint-imports")], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("library", ALLOWED_IMPORTERS)
def test_each_heavy_library_has_its_importers(library: str) -> None:
    offenders = [
        str(path.relative_to(ROOT))
        for path in SOURCES
        if library in imported_names(path) and not str(path.relative_to(ROOT)).startswith(ALLOWED_IMPORTERS[library])
    ]
    assert offenders == []


def test_only_settings_read_the_environment() -> None:
    """The exceptions write it for a library or a child process, and say so."""
    allowed = {"core/settings.py", "orchestration/cli.py", "orchestration/runs.py", "orchestration/local.py"}
    assert calls_of({"os.getenv", "os.environ.get"}) - allowed == set()


def test_nothing_asks_the_system_for_the_time() -> None:
    assert calls_of({"datetime.now", "datetime.utcnow", "date.today", "time.time"}) == {"core/clock.py"}


def test_dbt_folder_does_not_hide_dbt() -> None:
    assert not (ROOT / "dbt" / "__init__.py").exists()
    assert not [path for name in ("adapters", "cli", "config") for path in (ROOT / "dbt").glob(name)]


IMPORT_EVERYTHING = """
import importlib, json, os, pkgutil, sys
events, recording = [], [False]
def hook(event, args):
    if not recording[0]:
        return
    if event in ("socket.connect", "subprocess.Popen", "os.mkdir", "os.remove", "os.rename"):
        events.append([event, str(args[0])])
    if event == "open" and isinstance(args[1], str) and set(args[1]) & set("wax+") and "__pycache__" not in str(args[0]):
        events.append([event, str(args[0])])
sys.addaudithook(hook)
def modules(package):
    yield package
    found = importlib.import_module(package)
    for info in pkgutil.walk_packages(getattr(found, "__path__", []), package + "."):
        # A service of serving.services is importable only by the server that is told its models.
        if not info.name.endswith("__main__") and not info.name.startswith("serving.services"):
            yield info.name
for library in ("dagster", "polars", "torch", "pytorch_lightning", "mlflow", "optuna", "feast", "bentoml"):
    importlib.import_module(library)  # what a library does when it is imported is not ours
recording[0] = True
before = dict(os.environ)
for package in ("core", "connectors", "features", "training", "serving", "generation", "orchestration"):
    for name in modules(package):
        importlib.import_module(name)
recording[0] = False
changed = sorted(k for k in set(before) | set(os.environ) if before.get(k) != os.environ.get(k))
print(json.dumps({"events": events, "environment": changed}))
"""


def test_importing_has_no_side_effects() -> None:
    result = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", IMPORT_EVERYTHING], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout.splitlines()[-1])
    assert found == {"events": [], "environment": []}


def test_code_location_loads_without_heavy_libraries() -> None:
    program = f"""
import sys
import orchestration.definitions
from core.settings import Settings
definitions = orchestration.definitions.build_definitions(Settings(_env_file=None))
print([name for name in {HEAVY!r} if name in sys.modules])
"""
    result = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip().splitlines()[-1] == "[]"
