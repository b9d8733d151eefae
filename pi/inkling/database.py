"""A database in one file that outlives power cuts: opened, checked, and set aside when it is damaged.

SQLite with a write-ahead log and synchronous=FULL: what was committed has reached the card before `writing` ends.
"""

import errno
import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from .aside import alone, finish_healing, healing, remove, set_aside
from .closing import Closing
from .errors import InklingError, SamplesError
from .folders import make_folder, sync
from .places import lent, who_may
from .salvage import HEADER_BYTES

BUSY_S = 10.0  # how long one process waits for another that is writing
DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
MEMORY = Path("/dev/shm")  # where there is room for a copy if the card is full
UNWRITABLE = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM)
UNUSABLE = (*UNWRITABLE, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)  # SQLite writes even where it only reads a log
CODES = {
    **dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS), sqlite3.SQLITE_READONLY),
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT), sqlite3.SQLITE_FULL),
    errno.EIO: sqlite3.SQLITE_IOERR,
}


@dataclass(frozen=True)
class Schema:
    """What a database holds.

    application: the number in its header by which its program is known. version: of its tables. tables: the SQL that
    makes them. sound: looks at what SQLite's own check cannot, and raises Damaged. salvage: takes the damaged file, and
    fills the new tables with what can be found in it; returns how many rows that are.
    """

    application: int
    version: int
    tables: str
    sound: Callable[[sqlite3.Connection], None]
    salvage: Callable[[Path, sqlite3.Connection], int]


class Damaged(Exception):  # noqa: N818  it is caught here, and no user meets it
    """A database holds what nobody wrote into it."""


class Database(Closing):
    """A database of a schema at `path`, opened for reading; it is made when something is first written.

    report: told in one line when a damaged one was set aside; heal: whether that is done, or said by SamplesError.
    Raises SamplesError, too, if it is of a later version or another program's, or cannot be read at all.
    """

    def __init__(self, path: Path, schema: Schema, report: Callable[[str], None], heal: bool = True) -> None:
        self.path, self._schema, self._report, self._heal = path, schema, report, heal
        self._connection: sqlite3.Connection | None = None
        self._inode = 0
        self._open(create=False)

    def close(self) -> None:
        if self._connection is not None:
            with suppress(sqlite3.Error):  # nothing is lost by it: what was acknowledged is on the card
                self._connection.close()
            self._connection = None

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection to ask; raises SamplesError for what SQLite cannot do."""
        assert self._connection is not None, "the database is closed"
        with self._translated("read"):
            yield self._connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction: at its end all is on the card, or, after an error, nothing is. Raises SamplesError."""
        if self._inode != _inode(self.path) or not self._inode:  # none was there, or it has been set aside since
            before = self._connection
            self._open(create=True)
            if before is not None:
                before.close()
        assert self._connection is not None
        with self._translated("written"):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _translated(self, what: str) -> Iterator[None]:
        """SQLite's errors, in words that say what to do."""
        try:
            yield
        except InklingError:
            raise
        except (sqlite3.Error, OSError, Damaged) as error:
            raise self._explained(error, what) from error

    def _explained(self, error: sqlite3.Error | OSError | Damaged, what: str) -> SamplesError:
        if isinstance(error, OSError):
            code = CODES.get(error.errno or 0, 0)
        else:
            code = sqlite3.SQLITE_CORRUPT if isinstance(error, Damaged) else _code(error)
        if code == sqlite3.SQLITE_FULL:
            why = "the card is full, and nothing of this was kept; make room on it and do it again"
        elif code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            why = f"another program has been writing to it for {BUSY_S:g} s; do it again when that has ended"
        elif code in UNWRITABLE:
            why = (
                f"this user may not write there{who_may(self.path)}, or the card is read-only; nothing of this was kept"
            )
        elif code in DAMAGED:
            why = "it is damaged; the next command sets it aside and saves what can be read"
        elif code == sqlite3.SQLITE_IOERR:
            why = "the card fails; take a copy of it while it can still be read"
        else:
            why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        return SamplesError(f"{self.path} cannot be {what}: {why}")

    def _open(self, create: bool) -> None:
        with self._translated("opened"):
            if self._heal and healing(self.path).exists():
                with alone(self.path):
                    finish_healing(self.path)
            self._inode = 0
            if not create and not self.path.exists():
                self._connection = self._empty()
                return
            try:
                self._connection = self._connect(create)
            except (Damaged, sqlite3.DatabaseError) as error:
                if not _is_damage(error) or not self._heal:
                    raise
                self._connection = self._healed()

    def _connect(self, create: bool) -> sqlite3.Connection:
        """A connection to a file that is sound, of this schema; one that may only be read, if nothing else can be."""
        if create:
            make_folder(self.path.parent)
        if _is_lost(self.path):
            raise Damaged("its log is there, and it is empty")
        try:
            connection = _connection(self.path, "rwc" if create else "rw")
            try:
                self._prepare(connection)
            except BaseException:
                connection.close()
                raise
        except sqlite3.OperationalError as error:
            if create or _code(error) not in UNUSABLE:
                raise
            return self._unwritable()
        self._inode = _inode(self.path)
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        """Makes the tables where there are none, refuses those of others, and checks what is there."""
        if self._is_empty(connection):
            _patiently(lambda: connection.execute("PRAGMA journal_mode = WAL"))
            connection.execute("BEGIN IMMEDIATE")
            if self._is_empty(connection):  # no other process has been quicker
                self._make(connection)
            connection.execute("COMMIT")
            _share(self.path)
            sync(self.path.parent)
        else:
            self._check(connection)
            _patiently(lambda: connection.execute("PRAGMA journal_mode = WAL"))

    def _is_empty(self, connection: sqlite3.Connection) -> bool:
        """Whether nothing was ever written into it; raises SamplesError if it is not of this schema."""
        application, version = (
            connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")
        )
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        if not application and not version and not tables:
            return True
        if application != self._schema.application:
            raise SamplesError(f"{self.path} is the database of another program; give another place as samples.path")
        if version > self._schema.version:
            raise SamplesError(
                f"{self.path} was written by a later version of inkling (its tables are of version {version}, this one "
                f"knows {self._schema.version}); it stays as it is: update inkling"
            )
        return False

    def _make(self, connection: sqlite3.Connection) -> None:
        for statement in self._schema.tables.split(";\n"):
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {self._schema.application}")
        connection.execute(f"PRAGMA user_version = {self._schema.version}")

    def _check(self, connection: sqlite3.Connection) -> None:
        (said,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
        if said != "ok":
            raise Damaged(said)
        self._schema.sound(connection)

    def _unwritable(self) -> sqlite3.Connection:
        """What stands in a file that may only be read, in memory; read from a copy, if SQLite has to write there."""
        memory = _connection(None, "memory")
        try:
            try:
                self._take_over(self.path, "ro", memory)
            except sqlite3.OperationalError as error:
                if _code(error) not in UNUSABLE:
                    raise
                with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
                    self._take_over(_copied(self.path, Path(folder)), "rw", memory)
            return memory
        except BaseException:
            memory.close()
            raise

    def _take_over(self, path: Path, mode: str, memory: sqlite3.Connection) -> None:
        """Copies a database into another."""
        with closing(_connection(path, mode)) as connection:
            if self._is_empty(connection):
                self._make(memory)
                return
            self._check(connection)
            connection.backup(memory)

    def _empty(self) -> sqlite3.Connection:
        connection = _connection(None, "memory")
        self._make(connection)
        return connection

    def _healed(self) -> sqlite3.Connection:
        """Sets the damaged file aside, never deleting it, and goes on with a new one that holds what can be saved.

        Its place is never empty, and a power cut at any instant leaves either the damaged file with its log, from
        which this begins again, or the whole new one under the name of `aside.healing`, from which it goes on.
        """
        with self._translated("set aside, and it is damaged"), alone(self.path):
            finish_healing(self.path)
            try:
                return self._connect(create=False)  # another process has healed it while this one waited
            except (Damaged, sqlite3.DatabaseError) as error:
                if not _is_damage(error):
                    raise
            part = self.path.with_name(f".{self.path.name}.part")
            remove(part)
            with closing(_connection(part, "rwc")) as new:
                new.execute("BEGIN")
                self._make(new)
                saved = self._schema.salvage(self.path, new)
                new.execute("COMMIT")
            _share(part)
            kept = set_aside(self.path)
            part.rename(healing(self.path))
            sync(self.path.parent)
            finish_healing(self.path)
            self._report(f"{self.path} was damaged: it is kept as {kept.name}; saved from it: {saved}")
            return self._connect(create=False)


def could_be_database(path: Path) -> bool:
    """Whether a file begins like one of SQLite, or like one of which the beginning was lost: with zeros, or nothing."""
    with path.open("rb") as file:
        first = file.read(16)
    return first == b"SQLite format 3\0" or not any(first)


def _connection(path: Path | None, mode: str) -> sqlite3.Connection:
    """A connection in autocommit, so that transactions are begun and ended in plain sight; a path of None is memory."""
    name = "" if path is None else quote(str(path))
    connection = sqlite3.connect(f"file:{name}?mode={mode}", timeout=BUSY_S, isolation_level=None, uri=True)
    try:
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA secure_delete = ON")  # what was removed is gone, and is not salvaged later
        connection.execute("PRAGMA cell_size_check = ON")
    except BaseException:
        connection.close()
        raise
    return connection


def _patiently(do: Callable[[], object]) -> None:
    """Does what SQLite may refuse at once, without waiting, while another process does the same."""
    give_up_s = time.monotonic() + BUSY_S
    while True:
        try:
            do()
            return
        except sqlite3.OperationalError as error:
            if _code(error) != sqlite3.SQLITE_BUSY or time.monotonic() > give_up_s:
                raise
        time.sleep(0.01)


def _is_damage(error: Exception) -> bool:
    return isinstance(error, Damaged) or (isinstance(error, sqlite3.Error) and _code(error) in DAMAGED)


def _code(error: sqlite3.Error) -> int:
    """SQLite's primary result code; on a full card there is no room even for the index of a log."""
    code = int(getattr(error, "sqlite_errorcode", 0))
    return sqlite3.SQLITE_FULL if code == sqlite3.SQLITE_IOERR_SHMSIZE else code & 0xFF


def _inode(path: Path) -> int:
    try:
        return path.stat().st_ino
    except OSError:
        return 0


def _is_lost(path: Path) -> bool:
    """Whether a database has lost all but its log, which SQLite would take for one of before, and remove."""
    log = path.with_name(f"{path.name}-wal")
    try:
        return path.stat().st_size < HEADER_BYTES and log.stat().st_size > 0
    except FileNotFoundError:
        return False


def _copied(path: Path, folder: Path) -> Path:
    for name in (path.name, f"{path.name}-wal"):
        with suppress(FileNotFoundError):
            shutil.copyfile(path.with_name(name), folder / name)
    return folder / path.name


def _share(path: Path) -> None:
    """Gives a new file to whom its folder belongs: to the service, if root made it, and to a group that may write."""
    folder = path.parent.stat()
    with suppress(PermissionError):
        if os.geteuid() == 0:
            os.chown(path, folder.st_uid, folder.st_gid)
        if lent(path.parent):
            path.chmod(0o664)
