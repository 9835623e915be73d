"""The databases on which Splink runs: DuckDB in this process, or a Spark cluster.

Both are optional extras, imported only here and where the engine asks. A backend keeps tables for Splink, gives their
rows back as Arrow, and drops them: nothing is left to a cache.
"""

import itertools
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import duckdb
import pyarrow as pa

from resources.spill import spill_folder
from scv_assets.errors import ConfigError
from scv_assets.identity.engines.splink_sql import DUCKDB, SPARK, Dialect

if TYPE_CHECKING:
    from pyspark.sql import SparkSession
    from splink.internals.splink_dataframe import SplinkDataFrame

_NUMBER = itertools.count(1)


class Backend(Protocol):
    """A database that Splink can use."""

    dialect: Dialect

    def put(self, table: pa.Table) -> "SplinkDataFrame":
        """Keep a table."""
        ...

    def rows(self, found: "SplinkDataFrame", columns: Iterable[str]) -> pa.Table:
        """Return some columns of a table, in any order of rows."""
        ...

    def drop(self, found: "SplinkDataFrame") -> None:
        """Forget a table, and that Splink made it."""
        ...


def backend(options: Mapping[str, str]) -> Backend:
    """Return the database that the options name: `spark`, a master, or DuckDB with `memory` and `threads`.

    Raises `ConfigError` where what it needs is not installed, or no session is to be had.
    """
    if "spark" in options:
        return SparkBackend(_session(options["spark"]))
    return DuckDBBackend({"memory_limit": options.get("memory"), "threads": options.get("threads")})


class DuckDBBackend:
    """DuckDB in memory, a database of its own; `config`: settings of DuckDB, None where its own default stands."""

    dialect = DUCKDB

    def __init__(self, config: Mapping[str, str | None]) -> None:
        try:
            from splink.backends.duckdb import DuckDBAPI
        except ImportError as error:
            raise _missing("splink") from error
        given = {name: value for name, value in config.items() if value is not None}
        spill = spill_folder(Path(tempfile.gettempdir()) / "scv-spill")
        self._con = duckdb.connect(config={**given, "temp_directory": str(spill)})
        self._api = DuckDBAPI(self._con)

    def put(self, table: pa.Table) -> "SplinkDataFrame":
        """Keep a table."""
        name = _new_name()
        self._con.register(f"{name}_arriving", table)
        self._con.sql(f"CREATE TABLE {name} AS SELECT * FROM {name}_arriving")
        self._con.unregister(f"{name}_arriving")
        return self._api.register(name)

    def rows(self, found: "SplinkDataFrame", columns: Iterable[str]) -> pa.Table:
        """Return some columns of a table."""
        return self._con.sql(f"SELECT {_quoted(columns, DUCKDB)} FROM {found.physical_name}").to_arrow_table()

    def drop(self, found: "SplinkDataFrame") -> None:
        """Forget a table."""
        self._con.sql(f"DROP TABLE IF EXISTS {found.physical_name}")
        self._api.remove_splinkdataframe_from_cache(found)


class SparkBackend:
    """A Spark session that has Splink's jar; tables are in its executors' memory, and on their disks past that.

    `stop` ends the session; without it, it ends with the process.
    """

    dialect = SPARK

    def __init__(self, session: "SparkSession") -> None:
        from splink.backends.spark import SparkAPI

        self._session = session
        self._api: Any = SparkAPI(  # type: ignore[no-untyped-call]
            spark_session=session, break_lineage_method="persist"
        )

    def put(self, table: pa.Table) -> "SplinkDataFrame":
        """Keep a table."""
        kept: SplinkDataFrame = self._api.register(
            self._session.createDataFrame(table).persist(), table_name=_new_name()
        )
        return kept

    def rows(self, found: "SplinkDataFrame", columns: Iterable[str]) -> pa.Table:
        """Return some columns of a table."""
        return self._session.sql(f"SELECT {_quoted(columns, SPARK)} FROM {found.physical_name}").toArrow()

    def drop(self, found: "SplinkDataFrame") -> None:
        """Forget a table."""
        self._session.table(found.physical_name).unpersist()
        self._session.catalog.dropTempView(found.physical_name)
        self._api.remove_splinkdataframe_from_cache(found)

    def stop(self) -> None:
        """Give the cluster back."""
        self._session.stop()


def _session(master: str) -> "SparkSession":
    """Return a session on the master; whatever else Spark wants to know it reads in its own spark-defaults.conf.

    No table is ever saved: the warehouse is only kept out of the working directory, where Spark would lay an empty one.
    """
    try:
        from py4j.protocol import Py4JError
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession
        from splink.backends.spark import similarity_jar_location
    except ImportError as error:
        raise _missing("spark") from error
    try:
        builder: Any = SparkSession.builder
        return (  # type: ignore[no-any-return]
            builder.master(master)
            .appName("scv")
            .config("spark.jars", similarity_jar_location())
            .config("spark.ui.showConsoleProgress", "false")
            .config("spark.sql.warehouse.dir", str(Path(tempfile.gettempdir()) / "scv-spark-warehouse"))
            .getOrCreate()
        )
    except (PySparkException, Py4JError) as error:
        raise ConfigError(
            f"Spark does not start on '{master}': it needs Java 17 or newer (apt-get install default-jre-headless) "
            "and a running master at that address",
            where="scv.yaml",
        ) from error


def _missing(extra: str) -> ConfigError:
    return ConfigError(
        f"engine: splink needs what is not installed here: pip install 'single-customer-view[{extra}]'",
        where="scv.yaml",
    )


def _new_name() -> str:
    return f"scv_{next(_NUMBER)}"


def _quoted(columns: Iterable[str], dialect: Dialect) -> str:
    quote = "`" if dialect is SPARK else '"'
    return ", ".join(f"{quote}{column}{quote}" for column in columns)
