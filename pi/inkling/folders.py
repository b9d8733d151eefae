"""Folders that last: after a power cut they are there, and what was created, renamed or removed in them stays so."""

import errno
import os
from contextlib import suppress
from pathlib import Path

from .places import lent


def make_folder(folder: Path) -> None:
    """Makes a folder and those it lies in, durably, each belonging to whom the one that holds it belongs."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    if os.geteuid() == 0:  # with sudo: the service writes there, too
        owner = folder.parent.stat()
        with suppress(PermissionError):  # of a file system without owners
            os.chown(folder, owner.st_uid, owner.st_gid)
    if lent(folder.parent):  # what one of the group has made, the service has to change, and the other way round
        folder.chmod(0o775)
    sync(folder.parent)


def sync(folder: Path) -> None:
    """Makes what was created, renamed or removed in a folder last."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # of a file system that does not know it
            raise
    finally:
        os.close(handle)
