"""MLflow, and nobody else: runs with their dataset, parameters, metrics, pictures and model files, and the model registry.

Versions hold plain files (`training.export`), never pickles, and no environment is inferred. Works on a client of its own, so
that no global tracking address is set in a process that serves or tests several."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.digest import digest_file
from core.errors import Damaged, NotReady
from training.specs import CHAMPION, ModelSpec

if TYPE_CHECKING:
    from mlflow import MlflowClient

KIND, KEY, AS_OF, DATASET = "kind", "training_key", "trained_as_of", "dataset_digest"
"""Tags of every version."""

DIGEST = "sha256"
"""Tags `sha256.<file>` of every version: what serving checks its copy of the model files against."""

PROMOTION = "promotion"
"""Tag that says, in words, why a version was promoted, refused or brought back."""

_MISSING = "RESOURCE_DOES_NOT_EXIST"
_EXISTS = "RESOURCE_ALREADY_EXISTS"


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
        spec: ModelSpec,
        tags: Mapping[str, str],
        params: Mapping[str, Any],
        metrics: Mapping[str, float],
        plots: Mapping[str, bytes],
        write_model: Callable[[Path], object],
    ) -> Version:
        """Log one finished fit as a run and register its files as the next version.

        `write_model` is given an empty folder for the model files; when it fails, the run is marked failed and nothing is
        registered.
        """
        client = self.client
        run = client.create_run(self._experiment(spec), run_name=f"{spec.name} {tags[AS_OF]} {tags[KIND]}", tags=dict(tags))
        with self._closing(run.info.run_id), tempfile.TemporaryDirectory() as scratch:
            model, pictures = Path(scratch) / "model", Path(scratch) / "plots"
            model.mkdir()
            pictures.mkdir()
            write_model(model)
            digests = {f"{DIGEST}.{path.name}": digest_file(path) for path in sorted(model.iterdir())}
            for name, picture in plots.items():
                (pictures / f"{name}.png").write_bytes(picture)
            for name, value in params.items():
                client.log_param(run.info.run_id, name, value)
            for name, value in metrics.items():
                client.log_metric(run.info.run_id, name, value)
            client.log_artifacts(run.info.run_id, str(model), "model")
            client.log_artifacts(run.info.run_id, str(pictures), "plots")
        with self._allowing(_EXISTS):
            client.create_registered_model(spec.name, description=spec.question)
        source = f"{run.info.artifact_uri}/model"
        return _version(client.create_model_version(spec.name, source, run_id=run.info.run_id, tags={**tags, **digests}))

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
            raise NotReady(f"Model {model} has no version {number}.", f"Materialise model/{model}/challenger again.")
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
        from mlflow.artifacts import download_artifacts
        from mlflow.exceptions import MlflowException

        try:
            folder = Path(download_artifacts(artifact_uri=version.source, tracking_uri=self._url))
            found = {f"{DIGEST}.{path.name}": digest_file(path) for path in folder.iterdir()}
        except (MlflowException, OSError):
            found = {}
        if not found or found != {name: value for name, value in version.tags.items() if name.startswith(f"{DIGEST}.")}:
            raise Damaged(
                f"The files of model {version.model} version {version.number} are not those that were registered.",
                f"Materialise model/{version.model}/challenger again.",
            )
        return folder

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

    def _experiment(self, spec: ModelSpec) -> str:
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


def _version(entry: Any) -> Version:
    tags = dict(entry.tags)
    return Version(entry.name, str(entry.version), tags.get(KIND, ""), entry.run_id, entry.source, tags)
