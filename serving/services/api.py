"""All three models behind one server: `bentoml serve serving.services.api:Api`."""

from __future__ import annotations

import bentoml

from serving.services.ctr import Ctr
from serving.services.http import LEAN, publish
from serving.services.quality import Quality
from serving.services.trend import Trend


class Models(Trend, Quality, Ctr):
    """The trend, quality and ctr models in one process, over one connection to the feature store."""


Api = publish(bentoml.service(name="api", **LEAN)(Models))
