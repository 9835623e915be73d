"""The lake: Parquet files that are only ever replaced whole, one file a dataset and partition.

A dataset is a folder (`golden/golden_profile`) with a manifest that names the current file of each partition
(`all` where the dataset has none). A write goes beside, is renamed, and counts only once the manifest, itself
written beside and renamed, points to it: a run may be killed anywhere and the reader sees all of before or all
of after. A file's name holds the hash of its bytes, so an unchanged result writes nothing new; its manifest entry
holds the fingerprint of what it was made from, so unchanged inputs are not computed again.

A file that was replaced stays for `GRACE_SECONDS` (a reader may be about to open it) and goes with the next commit
after that, or with `sweep`; so does what a killed writer left.

Paths are fsspec's: a folder, or `s3://bucket/prefix` with the `s3` extra. One commit at a time a dataset: on a local
disk a lock file sees to it, elsewhere Dagster's pools do.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb
import fsspec
import pyarrow as pa
import pyarrow.parquet as pq

from resources.spill import spill_folder
from scv_assets.errors import LakeError

ALL = "all"
MANIFEST = "_manifest.json"
COMPRESSION = "zstd"
GRACE_SECONDS = 900
_CLOCK = ".clock"  # an empty file, touched to learn what time it is on the lake's disk


def fingerprint(*parts: object) -> str:
    """Return a short stable hash of the parts (their JSON), for naming what something was made from."""
    text = json.dumps(parts, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:24]


@dataclass(frozen=True)
class Part:
    """One partition's current file: its name, what it was made from, the hash of its bytes, its rows."""

    file: str
    made_from: str
    content: str
    rows: int


class Lake:
    """Reads and writes datasets under one root.

    `memory` and `threads` bound DuckDB (`"2GB"`, 2); past the memory it spills into the lake's own `.tmp`.
    """

    def __init__(self, root: str | Path, *, memory: str = "2GB", threads: int = 2) -> None:
        self.root = str(root).rstrip("/")
        self.memory = memory
        self.threads = threads
        self.fs, self._base = fsspec.core.url_to_fs(self.root)
        self.is_local = "file" in (self.fs.protocol if isinstance(self.fs.protocol, tuple) else (self.fs.protocol,))
        self._manifests: dict[str, tuple[bytes, dict[str, Part]]] = {}

    def connect(self) -> duckdb.DuckDBPyConnection:
        """Open a DuckDB connection that reads this lake, bounded in memory, in UTC, with deterministic order."""
        con = duckdb.connect(config={"threads": self.threads, "memory_limit": self.memory})
        spill = Path(self._base) / ".tmp" if self.is_local else Path(tempfile.gettempdir()) / "scv-spill"
        try:
            con.execute("SET temp_directory = ?", [str(spill_folder(spill))])
        except OSError as error:
            raise _unwritable(str(spill), error) from error
        con.execute("SET TimeZone = 'UTC'")
        con.execute("SET preserve_insertion_order = true")
        con.execute("SET enable_progress_bar = false")
        if not self.is_local:
            con.register_filesystem(self.fs)
        return con

    def parts(self, dataset: str) -> dict[str, Part]:
        """Return the current file of every partition of a dataset, by partition; empty where there is none."""
        path = f"{self._base}/{dataset}/{MANIFEST}"
        try:
            with self.fs.open(path, "rb") as handle:
                written = handle.read()
            known = self._manifests.get(dataset)
            if known is None or known[0] != written:
                entries = json.loads(written)
                known = (written, {partition: Part(**entry) for partition, entry in sorted(entries.items())})
                self._manifests[dataset] = known
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError, AttributeError) as error:
            raise LakeError(
                f"{path}: the manifest cannot be read ({error}); restore it or remove the folder"
            ) from error
        return dict(known[1])

    def part(self, dataset: str, partition: str = ALL) -> Part | None:
        """Return the current file of one partition, or None."""
        return self.parts(dataset).get(partition)

    def content(self, *datasets: str) -> str:
        """Return a fingerprint of what the datasets hold now: it changes if and only if a byte of them does."""
        return fingerprint(*((d, [(p, part.content) for p, part in self.parts(d).items()]) for d in datasets))

    def is_current(self, dataset: str, made_from: str, partition: str = ALL) -> bool:
        """Tell whether the partition was made from exactly this."""
        part = self.part(dataset, partition)
        return part is not None and part.made_from == made_from

    def files(self, dataset: str, partitions: Iterable[str] | None = None) -> list[str]:
        """Return the paths of the current files, in partition order; `partitions` restricts them."""
        parts = self.parts(dataset)
        wanted = parts if partitions is None else [p for p in sorted(set(partitions)) if p in parts]
        prefix = self._base if self.is_local else f"{self.fs.unstrip_protocol(self._base)}"
        return [f"{prefix}/{dataset}/{parts[p].file}" for p in wanted]

    def scan(
        self,
        con: duckdb.DuckDBPyConnection,
        datasets: str | Sequence[str],
        schema: Mapping[str, str],
        partitions: Iterable[str] | None = None,
    ) -> duckdb.DuckDBPyRelation:
        """Return the rows of one or more datasets with exactly the columns of `schema` (name -> DuckDB type).

        A column that a file does not have is null; no file at all gives no rows.
        """
        names = [datasets] if isinstance(datasets, str) else list(datasets)
        chosen = None if partitions is None else list(partitions)
        files = [file for name in names for file in self.files(name, chosen)]
        empty = ", ".join(f'CAST(NULL AS {type_}) AS "{name}"' for name, type_ in schema.items())
        if not files:
            return con.sql(f"SELECT {empty} LIMIT 0")
        try:
            listed = con.read_parquet(files, union_by_name=True)
        except (duckdb.IOException, duckdb.InvalidInputException) as error:
            raise LakeError(
                f"{', '.join(names)}: a file cannot be read ({error}); remove its folder, run again"
            ) from error
        present = set(listed.columns)
        columns = ", ".join(
            f'CAST("{name}" AS {type_}) AS "{name}"' if name in present else f'CAST(NULL AS {type_}) AS "{name}"'
            for name, type_ in schema.items()
        )
        return listed.project(columns)

    def write(
        self,
        dataset: str,
        rows: duckdb.DuckDBPyRelation | pa.Table,
        *,
        made_from: str,
        partition: str = ALL,
    ) -> Part:
        """Replace one partition and return its new file (the same name where the bytes are the same)."""
        part = self.stage(dataset, rows, made_from=made_from)
        self.commit(dataset, {partition: part})
        return part

    def stage(self, dataset: str, rows: duckdb.DuckDBPyRelation | pa.Table, *, made_from: str) -> Part:
        """Write a file that counts only after `commit`: for replacing many partitions at once, whole or not at all."""
        folder = f"{self._base}/{dataset}"
        try:
            self.fs.makedirs(folder, exist_ok=True)
            local = folder if self.is_local else tempfile.gettempdir()
            beside = f"{local}/{secrets.token_hex(8)}.parquet.tmp"
            try:
                count = _write_parquet(rows, beside)
                content = _hash_file(beside)
                self._place(beside, f"{folder}/{content}.parquet")
            finally:
                Path(beside).unlink(missing_ok=True)
        except (OSError, duckdb.IOException) as error:
            raise _unwritable(folder, error) from error
        return Part(file=f"{content}.parquet", made_from=made_from, content=content, rows=count)

    def link(self, dataset: str, source: str, parts: Mapping[str, Part]) -> None:
        """Make files of the dataset `source` files of `dataset` too (they count only after `commit`), without a copy.

        Where the disk knows no hard links it is a copy. What was linked stays whatever `source` becomes.
        """
        folder = f"{self._base}/{dataset}"
        try:
            self.fs.makedirs(folder, exist_ok=True)
            for part in parts.values():
                self._place(f"{self._base}/{source}/{part.file}", f"{folder}/{part.file}", is_kept=True)
        except OSError as error:
            raise _unwritable(folder, error) from error

    def _place(self, beside: str, target: str, *, is_kept: bool = False) -> None:
        """Bring a finished file to its name, in one step; `is_kept` leaves it where it was too."""
        if not self.is_local:
            if not self.fs.exists(target):
                (self.fs.copy if is_kept else self.fs.put_file)(beside, target)
        elif not is_kept:
            Path(beside).replace(target)
        elif Path(target).exists():
            os.utime(target)
        else:
            _link(beside, target)

    def commit(
        self,
        dataset: str,
        parts: Mapping[str, Part],
        *,
        removed: Iterable[str] = (),
        instead_of: Mapping[str, Part] | None = None,
    ) -> None:
        """Make staged files the current ones of their partitions, drop `removed`, and sweep what nothing names.

        `instead_of`: what each partition was when its new file was made; one that somebody replaced since stays.
        """
        folder = f"{self._base}/{dataset}"
        with self._locked(dataset):
            current = self.parts(dataset)
            if instead_of is not None:
                parts = {p: part for p, part in parts.items() if current.get(p) == instead_of.get(p)}
            updated = {p: part for p, part in {**current, **parts}.items() if p not in set(removed)}
            if updated == current and self.fs.exists(f"{folder}/{MANIFEST}"):
                return
            lost = [part.file for part in parts.values() if not self.fs.exists(f"{folder}/{part.file}")]
            if lost:
                raise LakeError(f"{folder}/{lost[0]}: the staged file was swept before its commit; run again")
            text = json.dumps({p: asdict(part) for p, part in sorted(updated.items())}, indent=0)
            self.fs.makedirs(folder, exist_ok=True)
            self.replace_text(f"{dataset}/{MANIFEST}", text)
            gone = {part.file for part in current.values()} - {part.file for part in updated.values()}
            for file in gone:
                with contextlib.suppress(OSError, NotImplementedError, ValueError):
                    self.fs.touch(f"{folder}/{file}", truncate=False)
            self._sweep(dataset, GRACE_SECONDS, spared=gone)

    def datasets(self) -> list[str]:
        """Return the names of all datasets, sorted."""
        manifests = self.fs.glob(f"{self._base}/**/{MANIFEST}")
        base = f"{self._base.rstrip('/')}/"
        return sorted(path.removeprefix(base).removesuffix(f"/{MANIFEST}") for path in manifests)

    def sweep(self, *, older_than: float = GRACE_SECONDS, being_written: Collection[str] = ()) -> int:
        """Remove the files that no manifest names and that lie for so many seconds; return how many.

        With `older_than=0` nothing of what was replaced remains (after an erasure). Nobody may write then, but for
        datasets that are `being_written` (their beginnings): of these an unfinished file stays for the grace; a writer
        whose finished file is swept before its commit is told to run again.
        """
        swept = 0
        for dataset in self.datasets():
            is_busy = dataset.startswith(tuple(being_written))
            with self._locked(dataset):
                swept += self._sweep(
                    dataset, older_than, unfinished=max(older_than, GRACE_SECONDS) if is_busy else None
                )
        return swept

    def _sweep(
        self, dataset: str, older_than: float, spared: Collection[str] = (), unfinished: float | None = None
    ) -> int:
        """Remove what the manifest does not name; the disk's own clock tells the ages."""
        folder = f"{self._base}/{dataset}"
        self.fs.invalidate_cache(folder)
        found = {path.rsplit("/", 1)[-1] for path in self.fs.ls(folder, detail=False)}
        named = {part.file for part in self.parts(dataset).values()} | set(spared)
        unnamed = sorted(file for file in found - named if file.endswith((".parquet", ".tmp")))
        if not unnamed:
            return 0
        self.fs.touch(f"{self._base}/{_CLOCK}", truncate=True)
        instant = self.fs.modified(f"{self._base}/{_CLOCK}")
        swept = 0
        for file in unnamed:
            least = unfinished if unfinished is not None and file.endswith(".tmp") else older_than
            with contextlib.suppress(FileNotFoundError):
                if (instant - self.fs.modified(f"{folder}/{file}")).total_seconds() >= least:
                    self.fs.rm_file(f"{folder}/{file}")
                    swept += 1
        return swept

    def drop(self, dataset: str) -> None:
        """Remove a dataset with all its files."""
        with self._locked(dataset), contextlib.suppress(FileNotFoundError):
            self.fs.rm(f"{self._base}/{dataset}", recursive=True)
        self._manifests.pop(dataset, None)

    def replace_text(self, name: str, text: str) -> None:
        """Write a small text file of the lake whole or not at all."""
        path = f"{self._base}/{name}"
        if not self.is_local:
            self.fs.pipe_file(path, text.encode())
            return
        target = Path(path)
        beside = target.with_name(f"{secrets.token_hex(8)}.tmp")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            beside.write_text(text, encoding="utf-8")
            beside.replace(target)
        except OSError as error:
            raise _unwritable(str(target), error) from error
        finally:
            with contextlib.suppress(OSError):
                beside.unlink(missing_ok=True)

    def read_text(self, name: str) -> str | None:
        """Return a small text file of the lake, or None where there is none."""
        try:
            return str(self.fs.cat_file(f"{self._base}/{name}").decode())
        except FileNotFoundError:
            return None

    @contextlib.contextmanager
    def _locked(self, dataset: str) -> Iterator[None]:
        if not self.is_local:
            yield
            return
        folder = Path(self._base) / ".locks"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            handle = (folder / dataset.replace("/", "__")).open("w")
        except OSError as error:
            raise _unwritable(str(folder), error) from error
        with handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield


def _unwritable(place: str, error: Exception) -> LakeError:
    return LakeError(f"{place}: cannot be written ({error}); free space or mend the permissions")


def _link(source: str, target: str) -> None:
    try:
        Path(target).hardlink_to(source)
    except FileExistsError:
        return
    except FileNotFoundError:
        raise
    except OSError:
        beside = f"{target}.{secrets.token_hex(8)}.tmp"
        try:
            shutil.copyfile(source, beside)
            Path(beside).replace(target)
        finally:
            Path(beside).unlink(missing_ok=True)


def _write_parquet(rows: duckdb.DuckDBPyRelation | pa.Table, path: str) -> int:
    if isinstance(rows, pa.Table):
        pq.write_table(rows, path, compression=COMPRESSION)
        return int(rows.num_rows)
    rows.write_parquet(path, compression=COMPRESSION)
    return int(pq.read_metadata(path).num_rows)


def _hash_file(path: str) -> str:
    digest = hashlib.sha256()
    with Path(path).open("rb") as handle:
        while chunk := handle.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()[:24]
