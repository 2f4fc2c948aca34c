"""The served service over features that the tests know: everything is the real thing but the feature store."""

from __future__ import annotations

import bentoml

from core.settings import Settings
from serving.services.api import Models
from serving.services.endpoint import FeatureReader
from serving.services.http import LEAN, publish
from tests.contract.serving.known import read


class KnownModels(Models):
    """The three models over `read`."""

    def open_features(self, settings: Settings) -> FeatureReader:
        return read


Api = publish(bentoml.service(name="api", **LEAN)(KnownModels))
