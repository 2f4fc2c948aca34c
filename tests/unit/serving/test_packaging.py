"""Champions are packed as they were registered, and nothing that could run code is."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from core.digest import digest_file
from core.errors import Damaged, NotReady
from core.settings import load_settings
from serving.packaging import pack_champions, serving_process
from tests.unit.serving.tiny_models import register, write_model
from training.specs import MODELS

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:mlflow", "ignore::FutureWarning:mlflow")


@pytest.fixture(scope="module")
def empty_registry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A registry without models; making its tables takes seconds, so tests copy the file."""
    from mlflow import MlflowClient

    path = tmp_path_factory.mktemp("registry") / "mlflow.db"
    url = f"sqlite:///{path}"
    MlflowClient(tracking_uri=url, registry_uri=url).search_registered_models()
    return path


@pytest.fixture
def mlflow_url(empty_registry: Path, tmp_path: Path) -> str:
    return f"sqlite:///{shutil.copy(empty_registry, tmp_path / 'mlflow.db')}"


def register_all(mlflow_url: str, root: Path) -> dict[str, Path]:
    folders = {name: root / "exported" / name for name in MODELS}
    for name, folder in folders.items():
        write_model(folder, name)
        register(mlflow_url, folder, name)
    return folders


def test_packing_twice_is_packing_once(mlflow_url: str, tmp_path: Path) -> None:
    folders = register_all(mlflow_url, tmp_path)
    home = tmp_path / "bentoml"
    packed = pack_champions(home, mlflow_url)
    assert [each.model for each in packed] == list(MODELS)
    for each in packed:
        folder = home / "models" / each.model / each.version
        assert sorted(path.name for path in folder.iterdir()) == ["model.onnx", "model.yaml", "signature.json"]
        assert digest_file(folder / "model.onnx") == digest_file(folders[each.model] / "model.onnx")
    shutil.rmtree(tmp_path / "exported")  # what is packed needs the registry's files no more
    assert pack_champions(home, mlflow_url) == packed
    assert not any((home / "tmp").iterdir())


def test_bentoml_reads_what_was_packed(mlflow_url: str, tmp_path: Path) -> None:
    from bentoml import Model

    register_all(mlflow_url, tmp_path)
    (trend, *_) = pack_champions(tmp_path / "bentoml", mlflow_url)
    stored = Model.from_path(tmp_path / "bentoml" / "models" / "trend" / trend.version)
    assert str(stored.tag) == f"trend:{trend.version}"
    assert stored.info.metadata["registry_version"] == "1"


def test_a_damaged_entry_is_packed_anew(mlflow_url: str, tmp_path: Path) -> None:
    register_all(mlflow_url, tmp_path)
    (trend, *_) = pack_champions(tmp_path / "bentoml", mlflow_url)
    program = tmp_path / "bentoml" / "models" / "trend" / trend.version / "model.onnx"
    content = program.read_bytes()
    program.write_bytes(b"half")
    assert trend in pack_champions(tmp_path / "bentoml", mlflow_url)
    assert program.read_bytes() == content


def test_a_promotion_and_going_back_change_the_versions(mlflow_url: str, tmp_path: Path) -> None:
    from mlflow import MlflowClient

    register_all(mlflow_url, tmp_path)
    home = tmp_path / "bentoml"
    first = pack_champions(home, mlflow_url)
    better = tmp_path / "better"
    write_model(better, "trend", weight=0.3)
    register(mlflow_url, better, "trend")
    second = pack_champions(home, mlflow_url)
    assert first[0].version.startswith("1-")
    assert second[0].version.startswith("2-")
    assert first[1:] == second[1:]
    MlflowClient(tracking_uri=mlflow_url, registry_uri=mlflow_url).set_registered_model_alias("trend", "champion", "1")
    assert pack_champions(home, mlflow_url) == first


def test_no_champion_is_not_ready(mlflow_url: str, tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path, _env_file=None)
    with pytest.raises(NotReady, match=r"trend has no champion.*make run"):
        serving_process(settings, mlflow_url, "postgresql://nobody@127.0.0.1:1/none", "redis://127.0.0.1:1/0")


def _pickle(folder: Path) -> None:
    (folder / "model.pkl").write_bytes(b"\x80\x04.")


def _nested_pickle(folder: Path) -> None:
    (folder / "code").mkdir()
    (folder / "code" / "run.py").write_text("print('hello')")


def _other_program(folder: Path) -> None:
    write_model(folder, "trend", weight=0.7)


def _other_signature(folder: Path) -> None:
    (folder / "signature.json").write_text("{}")


def _no_signature(folder: Path) -> None:
    (folder / "signature.json").unlink()


@pytest.mark.parametrize("harm", [_pickle, _nested_pickle, _other_program, _other_signature, _no_signature, shutil.rmtree])
def test_harmed_versions_are_refused(mlflow_url: str, tmp_path: Path, harm: Callable[[Path], None]) -> None:
    folders = register_all(mlflow_url, tmp_path)
    harm(folders["trend"])
    with pytest.raises(Damaged, match="odel trend version 1"):
        pack_champions(tmp_path / "bentoml", mlflow_url)
    assert not (tmp_path / "bentoml" / "models" / "trend").exists()


def test_a_version_without_a_digest_is_refused(mlflow_url: str, tmp_path: Path) -> None:
    folder = tmp_path / "exported"
    write_model(folder, "trend")
    register(mlflow_url, folder, "trend", with_digests=False)
    with pytest.raises(Damaged, match="without digests"):
        pack_champions(tmp_path / "bentoml", mlflow_url)
