"""Rows out of a damaged SQLite file: read from each page by itself, whatever has become of the others.

After https://www.sqlite.org/fileformat2.html: sections 1.6 (B-tree pages), 2.1 (records) and 4 (the write-ahead log).
SQLite finds a row by way of the pages above it; where one of these is damaged, so are all rows below it for SQLite.
"""

import struct
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

TABLE_LEAF = 0x0D
PAGE_BYTES = 4096  # where the header, which says it, is damaged: what SQLite takes unless it is told otherwise
HEADER_BYTES, LOG_HEADER_BYTES, FRAME_HEADER_BYTES = 100, 32, 24
LOG_MAGIC = (0x377F0682, 0x377F0683)


def rows(path: Path) -> Iterator[tuple[int, list[Any]]]:
    """Row number and values of every row in `path` and in the log beside it that fits on its page.

    The damage may lie in a row, too: whoever asks has to be able to tell a row that is sound.
    """
    for number, page in _pages(path).items():
        # the first page begins with the file's header
        yield from _rows_on(page, HEADER_BYTES if number == 1 and page[:6] == b"SQLite" else 0)


def _pages(path: Path) -> dict[int, bytes]:
    """The pages by number, those in the log over those in the file."""
    data = path.read_bytes()
    size = int.from_bytes(data[16:18], "big")
    size = size if size in (512, 1024, 2048, 4096, 8192, 16384, 32768) else PAGE_BYTES
    pages = {1 + at // size: data[at : at + size] for at in range(0, len(data), size)}
    with suppress(FileNotFoundError):
        pages |= _logged(path.with_name(f"{path.name}-wal").read_bytes())
    return pages


def _logged(log: bytes) -> dict[int, bytes]:
    """The pages of a log; frames from before it was last begun anew have another salt, and end it."""
    pages: dict[int, bytes] = {}
    if len(log) < LOG_HEADER_BYTES or int.from_bytes(log[:4], "big") not in LOG_MAGIC:
        return pages
    size, salt = int.from_bytes(log[8:12], "big"), log[16:24]
    at = LOG_HEADER_BYTES
    while log[at + 8 : at + 16] == salt and len(page := log[at + FRAME_HEADER_BYTES :][:size]) == size > 0:
        pages[int.from_bytes(log[at : at + 4], "big")] = page
        at += FRAME_HEADER_BYTES + size
    return pages


def _rows_on(page: bytes, start: int) -> Iterator[tuple[int, list[Any]]]:
    if len(page) < start + 8 or page[start] != TABLE_LEAF:
        return
    count = int.from_bytes(page[start + 3 : start + 5], "big")
    for cell in range(start + 8, min(start + 8 + 2 * count, len(page) - 1), 2):
        with suppress(IndexError, ValueError, struct.error):  # damaged, or longer than its page
            yield _row(page, int.from_bytes(page[cell : cell + 2], "big"))


def _row(page: bytes, at: int) -> tuple[int, list[Any]]:
    length, at = _varint(page, at)
    number, at = _varint(page, at)
    record = page[at : at + length]
    end, at = _varint(record, 0)
    values: list[Any] = []
    body = end
    while at < end:
        kind, at = _varint(record, at)
        value, body = _value(record, body, kind)
        values.append(value)
    return number, values


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A whole number of 1 to 9 bytes, and where the next begins."""
    value = 0
    for byte in range(8):
        value = value << 7 | data[at + byte] & 0x7F
        if data[at + byte] < 0x80:
            return value, at + byte + 1
    return value << 8 | data[at + 8], at + 9


def _value(record: bytes, at: int, kind: int) -> tuple[Any, int]:
    """The value of a serial type, and where the next begins."""
    if kind in (0, 8, 9):
        return {0: None, 8: 0, 9: 1}[kind], at
    length = {5: 6, 6: 8, 7: 8}.get(kind, kind) if kind < 12 else (kind - 12) // 2
    data = record[at : at + length]
    if len(data) != length:
        raise ValueError("the row ends too early")
    if kind == 7:
        return struct.unpack(">d", data)[0], at + length
    if kind < 12:
        return int.from_bytes(data, "big", signed=True), at + length
    return data if kind % 2 == 0 else data.decode(), at + length
