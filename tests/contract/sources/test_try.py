import sys

import pytest

from tests.contract.sources.harness import CATEGORIES, Reads

pytestmark = pytest.mark.postgres
TABLES = sys.argv and __import__("os").environ["TABLES"].split(",")


@pytest.fixture(scope="module")
def reads(postgres_url, simulator, tmp_path_factory):
    from tests.contract.sources.conftest import benches

    with benches(postgres_url, simulator, tmp_path_factory.mktemp("b")) as make:
        yield Reads(make, TABLES)


@pytest.mark.parametrize("table", TABLES)
def test_one(reads, table):
    assert CATEGORIES["one of several fails"](reads, table) == []
