"""The warehouse: incremental builds against full ones under random landings, and dbt against the same SQL without it.

`python benchmarks/warehouse.py [SEQUENCES] [SCALE] [--planted]`. Prints a JSON line for each figure:

- equality: of SEQUENCES (default 200) seeded sequences, each three rounds of late, doubled, disordered and shrunken landings of
  all raw tables with an incremental build after each, how many end equal to a full refresh everywhere. The builds are dbt's
  own statements, recorded from a real build and played again (tests/integration/warehouse/warehouse.py); the first sequence is
  also built by dbt itself and compared. A last build, of an unchanged warehouse, has to insert no row.
- planted: with --planted, after how many sequences, at most ten, the same comparison finds each of the bugs that are planted in
  the recorded build (tests/integration/warehouse/planted.py).
- build: seconds of a full and of a further day's build by dbt and of the same statements through psycopg, with the market SCALE
  (default 40) times over, so that there is something to build. Medians of three."""

from __future__ import annotations

import json
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.engine import Engine

sys.path.insert(0, str(Path(__file__).parents[1]))  # for tests/

from connectors.landing import TABLES
from core.postgres.cluster import EmbeddedPostgres
from core.postgres.engine import create_engine, ensure_database
from core.postgres.migrations import migrate
from tests.integration.warehouse.market import Market
from tests.integration.warehouse.planted import BUGS, Bug
from tests.integration.warehouse.warehouse import BASE_DAYS, DAYS, MODELS, Warehouse, differing

MOST_SEQUENCES = 10
"""After which a planted bug counts as not found."""

FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def say(**figures: object) -> None:
    print(json.dumps(figures), flush=True)


@contextmanager
def copied(server: str, source: Warehouse, name: str) -> Iterator[Warehouse]:
    """A copy of a warehouse's database for as long as it is used."""
    admin = create_engine(server).execution_options(isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql(f'create database "{name}" template "{source.engine.url.database}"')
    engine = create_engine(source.engine.url.set(database=name).render_as_string(hide_password=False))
    try:
        yield Warehouse(engine, source.target, source.market)
    finally:
        engine.dispose()
        with admin.connect() as connection:
            connection.exec_driver_sql(f'drop database "{name}" with (force)')
        admin.dispose()


def warehouse_of(server: str, name: str, target: Path) -> Warehouse:
    engine = create_engine(ensure_database(server, name))
    migrate(engine)
    warehouse = Warehouse(engine, target, Market())
    warehouse.connect_channels()
    return warehouse


def check_equality(server: str, target: Path, sequences: int, planted: bool) -> None:
    base = warehouse_of(server, "base", target)
    base.land_days(BASE_DAYS)
    base.dbt(*MODELS)
    incremental, full = base.record(), base.record("--full-refresh")
    base.engine.dispose()

    def caught_after(bug: Bug) -> int | None:
        for seed in range(MOST_SEQUENCES):
            with copied(server, base, f"planted_{seed}") as warehouse:
                if bug.caught_by(warehouse, incremental, full, seed):
                    return seed + 1
        return None

    if planted:
        after = {bug.name: caught_after(bug) for bug in BUGS}
        say(figure="planted", bugs=len(after), caught=sum(map(bool, after.values())), sequences=after)

    class ByDbt:
        """What a recording is held to."""

        def __init__(self, *arguments: str) -> None:
            self._arguments = arguments

        def play(self, engine: Engine) -> set[str]:
            Warehouse(engine, target, base.market).dbt(*MODELS, *self._arguments)
            return set()

    contents = []
    for builds in ((ByDbt(), ByDbt("--full-refresh")), (incremental, full)):
        with copied(server, base, "faithful") as warehouse:
            differing(warehouse, *builds, seed=0)  # type: ignore[arg-type]
            contents.append(warehouse.contents())
    begin, wrong = time.monotonic(), {}
    for seed in range(sequences):
        with copied(server, base, f"sequence_{seed}") as warehouse:
            if found := differing(warehouse, incremental, full, seed):
                wrong[seed] = found
    say(
        figure="equality",
        sequences=sequences,
        equal=sequences - len(wrong),
        differing=wrong,
        relations=len(contents[0]),
        recording_does_what_dbt_does=contents[0] == contents[1],
        seconds=round(time.monotonic() - begin),
    )


def multiply(engine: Engine, times: int) -> None:
    """Add copies of every raw row, of other channels, videos and playlists."""
    with engine.begin() as connection:
        for table in TABLES:
            if table in {"raw_youtube.charts", "raw_youtube.video_statistics"}:
                continue
            connection.exec_driver_sql(
                f"insert into {table} (partition_on, row_key, landing_id, fetched_at, source, payload)"
                " select partition_on, n || ':' || row_key, landing_id, fetched_at, source,"
                " replace(payload::text, 'own', 'own' || n || 'x')::jsonb"
                f" from {table} cross join generate_series(2, {times}) as n"
            )
        connection.exec_driver_sql(
            "insert into ops.channels (channel_id, handle, title, niche, category_id, timezone)"
            " select replace(channel_id, 'own', 'own' || n || 'x'), handle || '-' || n, title, niche, category_id, timezone"
            f" from ops.channels cross join generate_series(2, {times}) as n"
        )
        connection.exec_driver_sql("analyze")


def seconds(work: Callable[[], object]) -> float:
    begin = time.monotonic()
    work()
    return time.monotonic() - begin


def measure_build(server: str, target: Path, scale: int) -> None:
    large = warehouse_of(server, "large", target)
    large.land_days(DAYS[:11])
    multiply(large.engine, scale)
    rows = sum(int(large.value(f"select count(*) from {table}")) for table in TABLES)
    large.dbt("seed")
    first = seconds(lambda: large.dbt(*MODELS, "--exclude-resource-type", "seed"))
    full = large.record("--full-refresh")
    incremental = large.record()
    by_dbt = [seconds(lambda: large.dbt(*MODELS, "--exclude-resource-type", "seed", "--full-refresh")) for _ in range(3)]
    by_sql = [seconds(lambda: full.play(large.engine)) for _ in range(3)]
    further: list[tuple[float, float]] = []
    for _ in range(3):
        large.land_days(DAYS[11:])
        dbt = seconds(lambda: large.dbt(*MODELS, "--exclude-resource-type", "seed"))
        large.land_days(DAYS[11:])
        further.append((dbt, seconds(lambda: incremental.play(large.engine))))
    say(
        figure="build",
        raw_rows=rows,
        models=len({name for name, _ in full.nodes if name.startswith("model.")}),
        first_seconds=round(first, 1),
        full_dbt_seconds=round(statistics.median(by_dbt), 2),
        full_sql_seconds=round(statistics.median(by_sql), 2),
        full_ratio=round(statistics.median(by_dbt) / statistics.median(by_sql), 2),
        day_dbt_seconds=round(statistics.median(dbt for dbt, _ in further), 2),
        day_sql_seconds=round(statistics.median(sql for _, sql in further), 2),
    )
    large.engine.dispose()


def main() -> None:
    figures = [int(argument) for argument in sys.argv[1:] if argument != "--planted"]
    sequences, scale = [*figures, *(200, 40)[len(figures) :]]
    folder = Path(tempfile.mkdtemp(prefix="yt-warehouse-"))
    folder.chmod(0o755)
    postgres = EmbeddedPostgres(folder / "pg", settings=FAST)
    try:
        server = postgres.ensure().url()
        if sequences:
            check_equality(server, folder / "dbt", sequences, planted="--planted" in sys.argv)
        if scale:
            measure_build(server, folder / "dbt", scale)
    finally:
        postgres.stop()
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
