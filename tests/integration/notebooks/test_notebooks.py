"""The notebooks run from top to bottom on the made-up market, in a kernel of their own, and are committed without outputs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest

from training.samples import write_archives

NOTEBOOKS = sorted((Path(__file__).resolve().parents[3] / "notebooks").glob("*.ipynb"))
SECONDS = 240
"""For a cell, on a machine that many share; on a quiet one a whole notebook takes a quarter of a minute."""


def read(path: Path) -> Any:
    return nbformat.read(path, as_version=4)


def cell_tagged(notebook: Any, tag: str) -> Any:
    (found,) = (cell for cell in notebook.cells if tag in cell.metadata.get("tags", []))
    return found


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("archives")
    write_archives(folder)
    return folder


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kernel without anybody's settings, keys or network."""
    for name in ("HOME", "IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "MPLCONFIGDIR", "TMPDIR"):
        folder = tmp_path / name.lower()
        folder.mkdir()
        monkeypatch.setenv(name, str(folder))
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")  # without it, jupyter_core warns of a change to come
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "127.0.0.1,localhost")


def test_there_are_four() -> None:
    assert [path.stem[:2] for path in NOTEBOOKS] == ["01", "02", "03", "04"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_no_output_is_committed(path: Path) -> None:
    notebook = read(path)

    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert not [cell.outputs for cell in code if cell.outputs]
    assert {cell.execution_count for cell in code} == {None}
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert notebook.metadata.kernelspec.name == "python3"
    assert "data = None" in cell_tagged(notebook, "parameters").source, "it runs for whoever has no archives"
    assert notebook.cells[0].cell_type == "markdown"


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
# The client and its kernel end their sockets and event loops after the last answer, when nobody waits for them any more.
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_runs_from_top_to_bottom(path: Path, archives: Path, tmp_path: Path) -> None:
    from nbclient import NotebookClient

    notebook = read(path)
    given = nbformat.v4.new_code_cell(f"data = {str(archives)!r}")
    notebook.cells.insert(notebook.cells.index(cell_tagged(notebook, "parameters")) + 1, given)

    NotebookClient(notebook, timeout=SECONDS, kernel_name="python3", resources={"metadata": {"path": str(path.parent)}}).execute()

    shown = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    assert not [output for output in shown if output.output_type == "error"]
    complaints = "".join(output.text for output in shown if output.get("name") == "stderr")
    assert "Traceback" not in complaints
    pictures = [output for output in shown if "image/png" in output.get("data", {})]
    assert pictures
