"""What a Pi has and libcamera's virtual camera has not: raw modes, DMA memory, padded rows, a sensor that dies.

Everything else is the real thing: libcamera, its requests and threads, and picamera2's event loop, jobs and errors.
"""

import mmap
import os
from types import TracebackType
from typing import Any, ClassVar

import libcamera
from picamera2 import Picamera2, picamera2 as module

SENSOR = (640, 480)


class Memory:
    """Buffers in ordinary memory, each of two planes as the virtual camera wants it: luma, then both chromas.

    padding: bytes after each row, as a Pi's ISP puts them there; what picamera2 sees has them, and is YUV420.
    """

    padding = 0
    needs_sync = False

    def __init__(self) -> None:
        self.sync = Opened
        self.memory: dict[Any, mmap.mmap] = {}
        self.by_stream: dict[Any, list[Any]] = {}
        self.descriptors: list[int] = []

    def allocate(self, libcamera_config: Any, use_case: str) -> None:
        self.close()
        for stream in libcamera_config:
            self.by_stream[stream.stream] = [self.buffer(stream) for _ in range(stream.buffer_count)]

    def buffer(self, stream: Any) -> Any:
        descriptor = os.memfd_create("frame")
        os.truncate(descriptor, stream.frame_size)
        self.descriptors.append(descriptor)
        luma = stream.stride * stream.size.height
        planes = [libcamera.FrameBuffer.Plane() for _ in "YC"]
        for plane, offset, length in zip(planes, (0, luma), (luma, stream.frame_size - luma), strict=True):
            plane.fd, plane.offset, plane.length = descriptor, offset, length
        buffer = libcamera.FrameBuffer(planes)
        self.memory[buffer] = mmap.mmap(descriptor, stream.frame_size)
        return buffer

    def buffers(self, stream: Any) -> list[Any]:
        return self.by_stream[stream]

    def acquire(self, buffers: Any) -> None: ...

    def release(self, buffers: Any) -> None: ...

    def close(self) -> None:
        for descriptor in self.descriptors:
            os.close(descriptor)
        self.memory, self.by_stream, self.descriptors = {}, {}, []

    def __del__(self) -> None:
        self.close()


class Opened:
    """A buffer while it is looked at."""

    def __init__(self, allocator: Memory, buffer: Any, write: bool) -> None:
        self.memory, self.padding = allocator.memory[buffer], allocator.padding

    def __enter__(self) -> Any:
        if not self.padding:
            return self.memory
        width, height = SENSOR[0] // 2, SENSOR[1] // 2
        rows = [self.memory[y * width : (y + 1) * width] + b"\xff" * self.padding for y in range(height * 3 // 2)]
        return bytearray(b"".join(rows))

    def __exit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> None: ...


class Sensor:
    """The sensor: while it is dead, no request that libcamera has completed reaches picamera2."""

    dead = False
    swallowed: ClassVar[list[Any]] = []  # they may not be freed before the camera has been stopped: libcamera crashes


def install() -> None:
    """Puts the stand-ins in their places."""
    manager = type(Picamera2._cm)
    answer = manager.handle_request

    def answer_while_alive(self: Any, flushid: int | None = None) -> None:
        if Sensor.dead:
            Sensor.swallowed += self.cms.get_ready_requests()
            if flushid is not None:
                Sensor.swallowed.clear()
        else:
            answer(self, flushid)

    manager.handle_request = answer_while_alive
    module.DmaAllocator = Memory
    Picamera2._get_raw_modes = lambda self: [{"format": "NV12", "size": SENSOR}]
