"""Notify tells systemd how the program is getting on: ready, its status, still alive, stopping (sd_notify(3))."""

import os
import socket
from collections.abc import Mapping

from .closing import Closing


class Notifier(Closing):
    """Sends datagrams to the socket that systemd names in NOTIFY_SOCKET; where there is none, it says nothing.

    An address that begins with @ is abstract: it has no file. Nothing is waited for and no failure is raised: if
    systemd does not hear of the program, its watchdog is what follows.
    """

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        address = environment.get("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._socket: socket.socket | None = None
        if address:
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            self._socket.setblocking(False)

    @property
    def listens(self) -> bool:
        """Whether there is a systemd to tell: the program runs as a service."""
        return self._socket is not None

    def send(self, *assignments: str) -> None:
        """Sends assignments such as "READY=1", each without a line break, in one datagram."""
        if self._socket is not None:
            try:
                self._socket.sendto("\n".join(assignments).encode(), self._address)
            except OSError:
                return

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None
