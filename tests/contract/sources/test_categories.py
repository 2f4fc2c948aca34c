"""Every category × every source."""

from __future__ import annotations

import pytest

from connectors.feeds import FEEDS
from tests.contract.sources.harness import CATEGORIES, Reads

pytestmark = [pytest.mark.postgres, pytest.mark.xdist_group("sources")]  # the reads are made once, by one worker


@pytest.mark.parametrize("category", CATEGORIES)
@pytest.mark.parametrize("table", FEEDS)
def test_source(every_source: Reads, table: str, category: str) -> None:
    assert CATEGORIES[category](every_source, table) == []
