"""From the registry to a running server: pack the champions into the BentoML model store, and start `bentoml serve` on them.

Nothing that is packed can run code of its own: a model is an ONNX program and a JSON signature, and anything else is refused."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any

from core.digest import digest_file, digest_value
from core.disk import make_folder
from core.errors import Damaged, NotReady
from core.process import LOOPBACK, LocalProcess
from core.settings import ROOT, Settings
from serving.client import is_ready
from serving.scorer import FILES, PROGRAM, SIGNATURE, Signature
from training.specs import CHAMPION, MODELS
from training.tracking import DIGEST

SERVICE = "serving.services.api:Api"
_START_SECONDS = 90.0
"""Most of a start is importing Feast: five seconds on an idle machine, many times that beside a render."""


@dataclass(frozen=True)
class PackedModel:
    """A champion in the model store. `version` is its number in the registry and the head of its digest: `3-9f2c61d0a4be`."""

    model: str
    version: str
    kind: str


def model_store(settings: Settings) -> Path:
    """BENTOML_HOME of this market."""
    return settings.state / "bentoml"


def pack_champions(home: Path, mlflow_url: str) -> list[PackedModel]:
    """Bring the champions of the registry into the model store under `home`; those that are there are left as they are.

    Raises NotReady when a model has no champion, Damaged when its files are not the ones that were registered.
    """
    return [_pack(home, champion) for champion in _champions(mlflow_url)]


def serving_process(
    settings: Settings, mlflow_url: str, database_url: str, redis_url: str, service: str = SERVICE
) -> LocalProcess:
    """The model server of the present champions. `ensure()` starts it, or starts it anew after a promotion.

    Packs the champions first. Raises what `pack_champions` raises. `service` is the import path of what is served.
    """
    home = model_store(settings)
    served = {packed.model: packed.version for packed in pack_champions(home, mlflow_url)}
    started_with = [service, served, database_url, redis_url, installed_version("ytempire")]
    return LocalProcess(
        name="model-server",
        run_dir=settings.state / "run",
        command=partial(_command, service, served),
        healthy=lambda port: is_ready(f"http://{LOOPBACK}:{port}"),
        env={
            "BENTOML_HOME": str(home),
            "BENTOML_DO_NOT_TRACK": "True",
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
        },
        timeout_seconds=_START_SECONDS,
        fingerprint=digest_value(started_with),
    )


def resolve_server(settings: Settings, mlflow_url: str, database_url: str, redis_url: str) -> str:
    """Base URL of the model server to ask: `YTEMPIRE_SERVING_URL` if given, else an own one, started if need be."""
    if settings.serving_url is not None:
        return settings.serving_url
    return f"http://{LOOPBACK}:{serving_process(settings, mlflow_url, database_url, redis_url).ensure()}"


def _command(service: str, served: Mapping[str, str], port: int) -> list[str]:
    words = [
        sys.executable,
        "-m",
        "bentoml",
        "serve",
        service,
        "--working-dir",
        str(ROOT),
        "--host",
        LOOPBACK,
        "--port",
        str(port),
    ]
    for model, version in served.items():
        words += ["--arg", f"{model}={version}"]
    return words


@dataclass(frozen=True)
class _Champion:
    """A registered version and where its files are."""

    model: str
    number: str
    digests: Mapping[str, str]
    """SHA-256 of each file."""
    uri: str
    mlflow_url: str

    @property
    def version(self) -> str:
        return f"{self.number}-{self.digests[PROGRAM][:12]}"


def _champions(mlflow_url: str) -> Iterator[_Champion]:
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    client = MlflowClient(tracking_uri=mlflow_url, registry_uri=mlflow_url)
    for model in MODELS:
        try:
            found = client.get_model_version_by_alias(model, CHAMPION)
        except MlflowException as error:
            raise NotReady(
                f"Model {model} has no champion in the registry.", "Train it: materialise model/*/champion, or run `make run`."
            ) from error
        digests = {name: found.tags.get(f"{DIGEST}.{name}", "") for name in FILES}
        if not all(digests.values()):
            raise Damaged(f"Version {found.version} of model {model} was registered without digests.", "Train the model anew.")
        uri = client.get_model_version_download_uri(model, found.version)
        yield _Champion(model, str(found.version), digests, uri, mlflow_url)


def _pack(home: Path, champion: _Champion) -> PackedModel:
    target = home / "models" / champion.model / champion.version
    if not _is_whole(target, champion):
        shutil.rmtree(target, ignore_errors=True)
        _write_entry(champion, _checked_files(champion), home, target)
    return PackedModel(champion.model, champion.version, Signature.read(target / SIGNATURE).kind)


def _is_whole(folder: Path, champion: _Champion) -> bool:
    return folder.is_dir() and all(_has_digest(folder / name, digest) for name, digest in champion.digests.items())


def _has_digest(path: Path, sha256: str) -> bool:
    return path.is_file() and digest_file(path) == sha256


def _checked_files(champion: _Champion) -> Path:
    """The folder of a registered version's files (downloaded, where they are not on this machine), after checking them."""
    from mlflow.artifacts import download_artifacts
    from mlflow.exceptions import MlflowException

    try:
        folder = Path(download_artifacts(artifact_uri=champion.uri, tracking_uri=champion.mlflow_url))
    except (MlflowException, OSError) as error:
        raise Damaged(
            f"The files of model {champion.model} version {champion.number} cannot be read from {champion.uri}.",
            "Train the model anew, or restore the folder.",
        ) from error
    found = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir())
    if refused := [name for name in found if not name.endswith((".onnx", ".json"))]:
        raise Damaged(
            f"Model {champion.model} version {champion.number} holds {', '.join(refused)}: only .onnx and .json are served.",
            "Export the model anew.",
        )
    if missing := sorted(set(FILES) - set(found)):
        raise Damaged(f"Model {champion.model} version {champion.number} lacks {', '.join(missing)}.", "Train the model anew.")
    if changed := [name for name, digest in champion.digests.items() if not _has_digest(folder / name, digest)]:
        raise Damaged(
            f"Of model {champion.model} version {champion.number}, {', '.join(changed)} is not as it was registered.",
            "Train the model anew.",
        )
    return folder


def _write_entry(champion: _Champion, files: Path, home: Path, target: Path) -> None:
    """Make a store entry and move it to its place in one step.

    Not `bentoml.models.create`: it writes in place, so that a kill leaves half a model under the right name; and it takes its
    store, and whether it may report to BentoML's makers, from this process's environment."""
    import bentoml

    metadata: dict[str, Any] = {"sha256": champion.digests[PROGRAM], "registry_version": champion.number}
    context = bentoml.models.ModelContext(framework_name="onnxruntime", framework_versions={})
    entry = bentoml.Model.create(
        f"{champion.model}:{champion.version}", module="", api_version="v1", signatures={}, metadata=metadata, context=context
    )
    for name in FILES:
        shutil.copyfile(files / name, entry.path_of(name))
    entry.flush()
    make_folder(target.parent)
    with tempfile.TemporaryDirectory(dir=make_folder(home / "tmp")) as draft:
        finished = shutil.copytree(entry.path, Path(draft) / champion.version)
        try:
            finished.rename(target)
        except OSError:
            if not _is_whole(target, champion):  # else another process was faster
                raise
