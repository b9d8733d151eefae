"""What systemd is told, on a real socket: one of a file, and one of Linux's abstract ones."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from inkling.notify import Notifier


@pytest.fixture(params=["file", "abstract"])
def listener(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, socket.socket]]:
    """The value of NOTIFY_SOCKET, and the socket that hears what is sent there."""
    name = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(name if request.param == "file" else "\0" + name)
        heard.settimeout(5)
        yield (name if request.param == "file" else "@" + name), heard


def test_assignments_come_in_one_datagram(listener: tuple[str, socket.socket]) -> None:
    address, heard = listener
    with Notifier({"NOTIFY_SOCKET": address}) as notifier:
        assert notifier.listens
        notifier.send("READY=1", "STATUS=ready: 4 é")
        notifier.send("WATCHDOG=1")
    assert heard.recv(1000).decode() == "READY=1\nSTATUS=ready: 4 é"
    assert heard.recv(1000) == b"WATCHDOG=1"


def test_where_nobody_listens_nothing_is_sent_and_nothing_fails(tmp_path: Path) -> None:
    with Notifier({}) as notifier:
        assert not notifier.listens
        notifier.send("READY=1")
    gone = Notifier({"NOTIFY_SOCKET": str(tmp_path / "gone")})
    gone.send("READY=1")
    gone.close()
    gone.close()
    gone.send("READY=1")


def test_a_listener_that_does_not_read_is_not_waited_for(listener: tuple[str, socket.socket]) -> None:
    address, heard = listener
    with Notifier({"NOTIFY_SOCKET": address}) as notifier:
        for _ in range(5000):
            notifier.send("WATCHDOG=1")
    assert heard.recv(1000) == b"WATCHDOG=1"
