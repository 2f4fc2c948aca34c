"""MLflow, and nobody else: runs with their dataset, parameters, metrics, pictures and model files, and the model registry.

Versions hold plain files (`training.export`), never pickles, and no environment is inferred. Works on a client of its own, so
that no global tracking address is set in a process that serves or tests several."""

from __future__ import annotations

import logging
import math
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from core.digest import digest_file
from core.errors import Damaged, NotReady, Unreachable
from training.specs import CHAMPION

if TYPE_CHECKING:
    from mlflow import MlflowClient

KIND, KEY, AS_OF, DATASET = "kind", "training_key", "trained_as_of", "dataset_digest"
"""Tags of every version."""

DIGEST = "sha256"
"""Tags `sha256.<file>` of every version: what serving checks its copy of the model files against."""

BESIDE = "beside"
"""Tags `beside.<file>` of a version: SHA-256 of what lies beside its model files, such as the card."""

SIZE = "megabytes"
"""Tag with the size of a version's model files."""

DELETED = "files_deleted"
"""Tag of a version whose files were deleted to make room; its record stays."""

PROMOTION = "promotion"
"""Tag that says, in words, why a version was promoted, refused or brought back."""

_MISSING = "RESOURCE_DOES_NOT_EXIST"
_EXISTS = "RESOURCE_ALREADY_EXISTS"


_BATCH = 500
"""Most metrics that MLflow takes at once are a thousand."""


class Named(Protocol):
    """What is registered: a task, or a model's spec."""

    @property
    def name(self) -> str: ...

    @property
    def question(self) -> str: ...


@dataclass(frozen=True)
class Entry:
    """A name in the registry and the question that its versions answer."""

    name: str
    question: str


@dataclass(frozen=True)
class Version:
    """A registered model version."""

    model: str
    number: str
    kind: str
    run_id: str
    source: str
    """Address of its model files."""
    tags: dict[str, str]
    created_at: datetime | None = None


class Tracker:
    """One MLflow database and one folder for its files."""

    def __init__(self, url: str, artifacts: Path) -> None:
        """Remember where; connects on first use. `artifacts` is made absolute: MLflow takes relative ones from the
        process's folder."""
        self._url = url
        self._artifacts = artifacts.absolute()
        self._client: MlflowClient | None = None

    @property
    def client(self) -> MlflowClient:
        """MLflow's client; creates the schema of an empty database, which takes some seconds once."""
        if self._client is None:
            from mlflow import MlflowClient

            for name in ("mlflow", "alembic"):  # after the import, which sets levels of its own
                logging.getLogger(name).setLevel(logging.WARNING)

            self._client = MlflowClient(tracking_uri=self._url, registry_uri=self._url)
        return self._client

    def register(
        self,
        spec: Named,
        tags: Mapping[str, str],
        params: Mapping[str, Any],
        metrics: Mapping[str, float],
        plots: Mapping[str, bytes],
        write_model: Callable[[Path], object],
        write_beside: Callable[[Path], object] | None = None,
    ) -> Version:
        """Log one finished fit as a run and register its files as the next version.

        `write_model` is given an empty folder for the model files, and `write_beside` one for what else belongs to them (card,
        record, held-out twin); when one fails, the run is marked failed and nothing is registered. Metrics that are no number
        are left out: MLflow's database has no place for them.
        """
        client = self.client
        run = client.create_run(self._experiment(spec), run_name=f"{spec.name} {tags[AS_OF]} {tags[KIND]}", tags=dict(tags))
        with self._closing(run.info.run_id), tempfile.TemporaryDirectory() as scratch:
            folders = [Path(scratch) / name for name in ("model", "plots", "beside")]
            for folder in folders:
                folder.mkdir()
            model, pictures, beside = folders
            write_model(model)
            if write_beside is not None:
                write_beside(beside)
            for name, picture in plots.items():
                (pictures / f"{name}.png").write_bytes(picture)
            digests = {**_digests(DIGEST, model), **_digests(BESIDE, beside), SIZE: f"{_megabytes(model):.3f}"}
            self._log(run.info.run_id, params, metrics)
            client.log_artifacts(run.info.run_id, str(model), "model")
            client.log_artifacts(run.info.run_id, str(pictures), "plots")
            client.log_artifacts(run.info.run_id, str(beside))
        with self._allowing(_EXISTS):
            client.create_registered_model(spec.name, description=spec.question)
        source = f"{run.info.artifact_uri}/model"
        return _version(client.create_model_version(spec.name, source, run_id=run.info.run_id, tags={**tags, **digests}))

    def _log(self, run_id: str, params: Mapping[str, Any], metrics: Mapping[str, float]) -> None:
        from mlflow.entities import Metric, Param

        now = int(self.client.get_run(run_id).info.start_time)
        known = [Metric(_plain(name), float(value), now, 0) for name, value in metrics.items() if math.isfinite(value)]
        self.client.log_batch(run_id, params=[Param(_plain(name), str(value)) for name, value in params.items()])
        for begin in range(0, len(known), _BATCH):
            self.client.log_batch(run_id, metrics=known[begin : begin + _BATCH])

    def versions(self, model: str) -> list[Version]:
        """All versions of a model, oldest first."""
        found = [_version(entry) for entry in self.client.search_model_versions(f"name='{model}'")]
        return sorted(found, key=lambda version: int(version.number))

    def find(self, model: str, tag: str, value: str) -> Version | None:
        """The newest version with this tag, if there is one."""
        return next((version for version in reversed(self.versions(model)) if version.tags.get(tag) == value), None)

    def version(self, model: str, number: str) -> Version:
        """A version by its number. Raises NotReady when there is none."""
        found = next((version for version in self.versions(model) if version.number == number), None)
        if found is None:
            raise NotReady(f"Model {model} has no version {number}.", "`ytempire models` lists those that there are.")
        return found

    def champion(self, model: str) -> Version | None:
        """The version in use, if any."""
        with self._allowing(_MISSING):
            number = self.client.get_registered_model(model).aliases.get(CHAMPION)
            return None if number is None else self.version(model, str(number))
        return None

    def crown(self, version: Version, tags: Mapping[str, str]) -> None:
        """Give a version the champion's alias. Its tags are set first, so that a champion never lacks its record."""
        self.tag(version, tags)
        self.client.set_registered_model_alias(version.model, CHAMPION, version.number)

    def tag(self, version: Version, tags: Mapping[str, str]) -> None:
        """Set tags of a version."""
        for name, value in tags.items():
            self.client.set_model_version_tag(version.model, version.number, name, value)

    def metrics(self, version: Version) -> dict[str, float]:
        """What was logged with a version."""
        return dict(self.client.get_run(version.run_id).data.metrics)

    def files(self, version: Version) -> Path:
        """The folder of a version's model files. Raises Damaged when they are not the ones that were registered."""
        return self._checked(version, version.source, DIGEST)

    def beside(self, version: Version) -> Path:
        """The folder that holds what lies beside a version's model files, and `model` itself. Raises Damaged likewise."""
        return self._checked(version, version.source.rpartition("/")[0], BESIDE, others=("model/", "plots/"))

    def _checked(self, version: Version, uri: str, prefix: str, others: tuple[str, ...] = ()) -> Path:
        from mlflow.artifacts import download_artifacts
        from mlflow.exceptions import MlflowException

        if DELETED in version.tags:
            raise Damaged(
                f"The files of model {version.model} version {version.number} were deleted to make room.",
                "The newest versions and the champion keep theirs: `ytempire models` lists them.",
            )
        try:
            folder = Path(download_artifacts(artifact_uri=uri, tracking_uri=self._url))
            found = {
                name: value
                for name, value in _digests(prefix, folder).items()
                if not name.startswith(tuple(f"{prefix}.{o}" for o in others))
            }
        except (MlflowException, OSError):
            found = {}
        if not found or found != {name: value for name, value in version.tags.items() if name.startswith(f"{prefix}.")}:
            raise Damaged(
                f"The files of model {version.model} version {version.number} are not those that were registered.",
                f"Train it again: ytempire train {version.model}.",
            )
        return folder

    def delete_files(self, version: Version) -> None:
        """Delete a version's files from the artifact store, those beside them and its plots; its record and tags stay."""
        from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

        self.tag(version, {DELETED: "yes"})
        get_artifact_repository(version.source.rpartition("/")[0]).delete_artifacts()

    def models(self) -> list[str]:
        """The names of all registered models."""
        return sorted(model.name for model in self.client.search_registered_models())

    def is_intact(self, version: Version) -> bool:
        """Whether a version's model files are there and unchanged."""
        try:
            self.files(version)
        except Damaged:
            return False
        return True

    def plots(self, version: Version) -> dict[str, bytes]:
        """Pictures logged with a version, PNG by name."""
        from mlflow.artifacts import download_artifacts

        folder = Path(download_artifacts(artifact_uri=f"{version.source.rpartition('/')[0]}/plots", tracking_uri=self._url))
        return {path.stem: path.read_bytes() for path in sorted(folder.glob("*.png"))}

    def _experiment(self, spec: Named) -> str:
        if (found := self.client.get_experiment_by_name(spec.name)) is not None:
            return str(found.experiment_id)
        with self._allowing(_EXISTS):
            return str(self.client.create_experiment(spec.name, artifact_location=(self._artifacts / spec.name).as_uri()))
        return self._experiment(spec)

    @contextmanager
    def _closing(self, run_id: str) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self.client.set_terminated(run_id, "FAILED")
            raise
        self.client.set_terminated(run_id)

    @contextmanager
    def _allowing(self, code: str) -> Iterator[None]:
        from mlflow.exceptions import MlflowException

        try:
            yield
        except MlflowException as error:
            if error.error_code != code:
                raise


@contextmanager
def registry_failures() -> Iterator[None]:
    """Turn the registry's database going away into one clear sentence. Other errors pass."""
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import OperationalError

    try:
        yield
    except MlflowException as error:
        cause: BaseException | None = error
        while cause is not None and not isinstance(cause, OperationalError):
            cause = cause.__cause__ or cause.__context__
        if cause is None and "OperationalError" not in str(error):
            raise
        reason = str(getattr(cause, "orig", None) or error).strip().partition("\n")[0]
        raise Unreachable(
            f"The model registry does not answer: {reason.rstrip('.')}.",
            "The champions stay as they are; run the same command again, `ytempire doctor` looks closer.",
        ) from error


def _version(entry: Any) -> Version:
    tags = dict(entry.tags)
    created = datetime.fromtimestamp(entry.creation_timestamp / 1000, UTC) if entry.creation_timestamp else None
    return Version(entry.name, str(entry.version), tags.get(KIND, ""), entry.run_id, entry.source, tags, created)


def _digests(prefix: str, folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {f"{prefix}.{path.relative_to(folder).as_posix()}": digest_file(path) for path in files}


def _megabytes(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


def _plain(name: str) -> str:
    """A name as MLflow takes it: letters and digits of ASCII, and a few signs."""
    return re.sub(r"[^\w\-. /]", "_", name, flags=re.ASCII)[:250]
