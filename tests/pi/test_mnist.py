"""MNIST's files: checking and finding them, and fetching them from mirrors that misbehave (all on loopback)."""

import gzip
import hashlib
import os
import random
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from inkling import mnist
from inkling.errors import BusyError, DataError, UsageError
from inkling.mnist import MIRRORS, MNIST, FileSpec, check, fetch, find

IMAGES = random.Random(1).randbytes(300_000)
LABELS = bytes(range(10)) * 20
PACKED_IMAGES = gzip.compress(IMAGES, mtime=0)
PACKED_LABELS = gzip.compress(LABELS, mtime=0)


def spec_of(name: str, content: bytes) -> FileSpec:
    return FileSpec(name, len(content), hashlib.sha256(content).hexdigest())


FILES = (spec_of("images", IMAGES), spec_of("labels", LABELS))
ONLY_IMAGES = FILES[:1]
SERVED = {"/images.gz": PACKED_IMAGES, "/labels.gz": PACKED_LABELS}


@dataclass
class Mirror:
    """A web server on loopback, how it behaves, and the (path, Range header) of what it was asked for."""

    files: dict[str, bytes]
    honours_range: bool = True
    tells_length: bool = True
    drops_after: int | None = None
    off_by: int = 0
    stalls: bool = False
    is_endless: bool = False
    url: str = ""
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    stalled: threading.Event = field(default_factory=threading.Event)

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        wanted = request.headers["Range"]
        self.asked.append((request.path, wanted))
        if self.stalls:
            self.stalled.wait()
            return
        content = self.files.get(request.path)
        if content is None:
            request.send_error(404)
            return
        start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted and self.honours_range else None
        if start is not None and start >= len(content):
            request.send_error(416)
            return
        request.send_response(200 if start is None else 206)
        if start is not None:
            start += self.off_by
            request.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        body = content[start or 0 :]
        if self.tells_length:
            request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body[: self.drops_after])
        while self.is_endless:
            request.wfile.write(bytes(2**16))


@contextmanager
def serving(mirror: Mirror) -> Iterator[Mirror]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            try:
                mirror.answer(self)
            except ConnectionError:
                self.close_connection = True  # the client has hung up on purpose

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = False  # so that leaving waits for the answers under way
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        mirror.url = f"http://127.0.0.1:{server.server_port}/"
        try:
            yield mirror
        finally:
            mirror.stalled.set()
            server.shutdown()
            thread.join()


Serve = Callable[[Mirror], Mirror]


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    monkeypatch.setenv("no_proxy", "*")
    with ExitStack() as stack:
        yield lambda mirror: stack.enter_context(serving(mirror))


@pytest.fixture
def good(serve: Serve) -> Mirror:
    return serve(Mirror(SERVED))


def names_in(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def is_images(path: Path) -> bool:
    return gzip.decompress(path.read_bytes()) == IMAGES


def fetch_images(directory: Path, *mirrors: Mirror) -> None:
    fetch(directory, [mirror.url for mirror in mirrors], files=ONLY_IMAGES)
    assert names_in(directory) == ["images.gz"]
    assert is_images(directory / "images.gz")


# The table


def test_the_table_is_that_of_mnist() -> None:
    header_and_images, header_and_labels = (16, 28 * 28), (8, 1)
    assert [(spec.name, spec.size_bytes) for spec in MNIST] == [
        ("train-images-idx3-ubyte", 47_040_016),
        ("train-labels-idx1-ubyte", 60_008),
        ("t10k-images-idx3-ubyte", 7_840_016),
        ("t10k-labels-idx1-ubyte", 10_008),
    ]
    for spec, count in zip(MNIST, (60_000, 60_000, 10_000, 10_000), strict=True):
        header, each = header_and_images if "images" in spec.name else header_and_labels
        assert spec.size_bytes == header + count * each
        assert re.fullmatch("[0-9a-f]{64}", spec.sha256)
    assert len({spec.sha256 for spec in MNIST}) == 4


def test_there_are_several_mirrors_and_all_are_https() -> None:
    assert len(set(MIRRORS)) >= 2
    assert all(re.fullmatch(r"https://\S+/", mirror) for mirror in MIRRORS)


# Finding and checking


def test_a_file_is_found_unpacked_or_packed_and_the_packed_one_counts(tmp_path: Path) -> None:
    (tmp_path / "images").write_bytes(IMAGES)
    assert find(tmp_path, "images") == tmp_path / "images"
    (tmp_path / "images.gz").write_bytes(PACKED_IMAGES)
    assert find(tmp_path, "images") == tmp_path / "images.gz"


@pytest.mark.parametrize("directory", ["", "not-there"])
def test_an_absent_file_is_an_error_that_says_what_to_run(tmp_path: Path, directory: str) -> None:
    with pytest.raises(DataError, match=re.escape(f"`inkling data fetch {tmp_path / directory}`")):
        find(tmp_path / directory, "images")


def test_a_name_that_the_file_system_refuses_is_a_data_error() -> None:
    with pytest.raises(DataError):
        find(Path("x" * 5000), "images")


def test_right_files_are_ok_and_absent_ones_missing(tmp_path: Path) -> None:
    (tmp_path / "images").write_bytes(IMAGES)
    images, labels = check(tmp_path, FILES)
    assert (images.name, images.path, images.state) == ("images", tmp_path / "images", "ok")
    assert (labels.name, labels.path, labels.state) == ("labels", None, "missing")


WRONG = {
    "empty": (b"", "0 bytes instead of 300000"),
    "short": (gzip.compress(IMAGES[:-1]), "299999 bytes instead of 300000"),
    "long": (gzip.compress(IMAGES + b"\0"), "longer than 300000 bytes"),
    "of other bytes": (gzip.compress(IMAGES[::-1]), "SHA-256"),
    "cut off": (PACKED_IMAGES[:-1], "does not unpack"),
    "damaged": (PACKED_IMAGES[:-8] + bytes(8), "does not unpack"),
    "damaged inside": (gzip.compress(LABELS)[:10] + b"\xff" * 50, "does not unpack"),
    "no gzip": (b"<!doctype html>", "does not unpack"),
    "a bomb": (gzip.compress(bytes(30_000_000)), "longer than 300000 bytes"),
}


@pytest.mark.parametrize(("packed", "detail"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_file_is_told_with_its_reason(tmp_path: Path, packed: bytes, detail: str) -> None:
    (tmp_path / "images.gz").write_bytes(packed)
    (status,) = check(tmp_path, ONLY_IMAGES)
    assert (status.state, status.path) == ("wrong", tmp_path / "images.gz")
    assert detail in status.detail
    assert "\n" not in status.detail


def test_a_wrong_unpacked_file_is_told_too(tmp_path: Path) -> None:
    (tmp_path / "images").write_bytes(IMAGES[::-1])
    assert check(tmp_path, ONLY_IMAGES)[0].state == "wrong"


def test_a_file_that_cannot_be_read_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "images").symlink_to("/proc/self/mem")  # address 0 is never mapped: an I/O error, even for root
    (status,) = check(tmp_path, ONLY_IMAGES)
    assert (status.state, status.detail) == ("wrong", "cannot be read: Input/output error")


# Fetching from a mirror that is as it should be


def test_everything_is_fetched_into_a_directory_that_is_made(tmp_path: Path, good: Mirror) -> None:
    directory = tmp_path / "data" / "mnist"
    statuses = fetch(directory, [good.url], files=FILES)
    assert names_in(directory) == ["images.gz", "labels.gz"]
    assert {status.detail for status in statuses} == {f"downloaded from {good.url}"}
    assert [(s.name, s.path, s.state) for s in statuses] == [(s.name, s.path, s.state) for s in check(directory, FILES)]
    assert [status.state for status in statuses] == ["ok", "ok"]
    assert good.asked == [("/images.gz", None), ("/labels.gz", None)]


def test_files_that_are_there_are_used_as_they_are(tmp_path: Path, good: Mirror) -> None:
    packed_otherwise = gzip.compress(LABELS, compresslevel=1, mtime=7)
    assert packed_otherwise != PACKED_LABELS
    (tmp_path / "images").write_bytes(IMAGES)
    (tmp_path / "labels.gz").write_bytes(packed_otherwise)
    statuses = fetch(tmp_path, [good.url], files=FILES)
    assert [status.state for status in statuses] == ["ok", "ok"]
    assert names_in(tmp_path) == ["images", "labels.gz"]
    assert (tmp_path / "labels.gz").read_bytes() == packed_otherwise
    assert good.asked == []


def test_two_do_not_fetch_into_one_directory_at_a_time(tmp_path: Path, good: Mirror) -> None:
    def fetch_too(name: str, done: int, total: int | None) -> None:
        with pytest.raises(BusyError, match=r"another `inkling data fetch` is at work in .*; wait"):
            fetch(tmp_path, [good.url], files=FILES)

    fetch(tmp_path, [good.url], fetch_too, files=ONLY_IMAGES)
    assert [path for path, _ in good.asked] == ["/images.gz"]
    fetch_images(tmp_path, good)  # it is free again


def test_a_wrong_packed_file_is_replaced(tmp_path: Path, good: Mirror) -> None:
    (tmp_path / "images.gz").write_bytes(PACKED_IMAGES[:-1])
    fetch_images(tmp_path, good)


def test_a_wrong_unpacked_file_is_left_alone_but_no_longer_counts(tmp_path: Path, good: Mirror) -> None:
    (tmp_path / "images").write_bytes(b"the owner's")
    fetch(tmp_path, [good.url], files=ONLY_IMAGES)
    assert (tmp_path / "images").read_bytes() == b"the owner's"
    assert is_images(find(tmp_path, "images"))


def test_progress_goes_from_nothing_to_the_whole(tmp_path: Path, good: Mirror) -> None:
    seen: list[tuple[str, int, int | None]] = []
    fetch(tmp_path, [good.url], lambda *step: seen.append(step), ONLY_IMAGES)
    done = [step[1] for step in seen]
    assert (done[0], done[-1]) == (0, len(PACKED_IMAGES))
    assert done == sorted(done)
    assert {(name, total) for name, _, total in seen} == {("images", len(PACKED_IMAGES))}


def test_a_mirror_need_not_tell_the_length(tmp_path: Path, serve: Serve) -> None:
    totals: list[int | None] = []
    mirror = serve(Mirror(SERVED, tells_length=False))
    fetch(tmp_path, [mirror.url], lambda _name, _done, total: totals.append(total), ONLY_IMAGES)
    assert is_images(tmp_path / "images.gz")
    assert set(totals) == {None}


@pytest.mark.parametrize("base", ["data/mnist", "data/mnist/"])
def test_a_base_url_may_stand_without_its_last_slash(tmp_path: Path, serve: Serve, base: str) -> None:
    mirror = serve(Mirror({"/data/mnist/images.gz": PACKED_IMAGES}))
    fetch(tmp_path, [mirror.url + base], files=ONLY_IMAGES)
    assert is_images(tmp_path / "images.gz")


# Resuming


@pytest.mark.parametrize("begun", [1, 65_536, len(PACKED_IMAGES) - 1])
def test_a_part_is_resumed_where_it_stopped(tmp_path: Path, good: Mirror, begun: int) -> None:
    (tmp_path / "images.gz.part").write_bytes(PACKED_IMAGES[:begun])
    fetch_images(tmp_path, good)
    assert good.asked == [("/images.gz", f"bytes={begun}-")]


def test_progress_begins_where_a_part_is_resumed(tmp_path: Path, good: Mirror) -> None:
    seen: list[tuple[int, int | None]] = []
    (tmp_path / "images.gz.part").write_bytes(PACKED_IMAGES[:1000])
    fetch(tmp_path, [good.url], lambda _name, done, total: seen.append((done, total)), ONLY_IMAGES)
    assert (seen[0], seen[-1]) == ((1000, len(PACKED_IMAGES)), (len(PACKED_IMAGES), len(PACKED_IMAGES)))


def test_an_empty_part_is_no_part(tmp_path: Path, good: Mirror) -> None:
    (tmp_path / "images.gz.part").touch()
    fetch_images(tmp_path, good)
    assert good.asked == [("/images.gz", None)]


def test_a_mirror_that_ignores_ranges_starts_over(tmp_path: Path, serve: Serve) -> None:
    mirror = serve(Mirror(SERVED, honours_range=False))
    (tmp_path / "images.gz.part").write_bytes(PACKED_IMAGES[:1000])
    fetch_images(tmp_path, mirror)
    assert mirror.asked == [("/images.gz", "bytes=1000-")]


def test_a_part_that_is_complete_is_not_downloaded_again(tmp_path: Path, good: Mirror) -> None:
    (tmp_path / "images.gz.part").write_bytes(PACKED_IMAGES)
    fetch_images(tmp_path, good)
    assert good.asked == [("/images.gz", f"bytes={len(PACKED_IMAGES)}-")]


@pytest.mark.parametrize("length", [1000, len(PACKED_IMAGES), len(PACKED_IMAGES) + 1, 2_000_000])
def test_a_stale_part_is_dropped_and_the_same_mirror_asked_again(tmp_path: Path, good: Mirror, length: int) -> None:
    (tmp_path / "images.gz.part").write_bytes(b"\x1f\x8b\x08".ljust(length, b"x"))
    fetch_images(tmp_path, good)
    assert good.asked == [("/images.gz", f"bytes={length}-"), ("/images.gz", None)]


def test_a_dropped_connection_is_resumed_from_the_same_mirror(tmp_path: Path, serve: Serve) -> None:
    mirror = serve(Mirror(SERVED, drops_after=100_000))
    fetch_images(tmp_path, mirror)
    assert [wanted for _, wanted in mirror.asked] == [None, "bytes=100000-", "bytes=200000-", "bytes=300000-"]


def test_a_mirror_that_keeps_dropping_is_left_and_the_next_one_goes_on(
    tmp_path: Path, serve: Serve, good: Mirror
) -> None:
    tired = serve(Mirror(SERVED, drops_after=100))
    fetch_images(tmp_path, tired, good)
    assert len(tired.asked) == mnist.CONNECTIONS_PER_MIRROR
    assert good.asked == [("/images.gz", f"bytes={100 * mnist.CONNECTIONS_PER_MIRROR}-")]


def test_a_mirror_that_starts_over_and_gets_no_further_is_left(tmp_path: Path, serve: Serve, good: Mirror) -> None:
    stuck = serve(Mirror(SERVED, drops_after=100, honours_range=False))
    fetch_images(tmp_path, stuck, good)
    assert [wanted for _, wanted in stuck.asked] == [None, "bytes=100-"]


def test_a_mirror_that_gives_nothing_is_asked_once(tmp_path: Path, serve: Serve, good: Mirror) -> None:
    mute = serve(Mirror(SERVED, drops_after=0))
    fetch_images(tmp_path, mute, good)
    assert len(mute.asked) == 1


def test_ctrl_c_leaves_a_part_that_the_next_fetch_resumes(tmp_path: Path, good: Mirror) -> None:
    def interrupt(name: str, done_bytes: int, total_bytes: int | None) -> None:
        if done_bytes:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(tmp_path, [good.url], interrupt, ONLY_IMAGES)
    assert names_in(tmp_path) == ["images.gz.part"]
    begun = (tmp_path / "images.gz.part").read_bytes()
    assert begun
    assert PACKED_IMAGES.startswith(begun)
    fetch_images(tmp_path, good)
    assert good.asked[1:] == [("/images.gz", f"bytes={len(begun)}-")]


# Mirrors that give what is wrong


@pytest.mark.parametrize(("packed", "reason"), WRONG.values(), ids=WRONG.keys())
def test_wrong_content_is_refused_and_the_next_mirror_asked(
    tmp_path: Path, serve: Serve, good: Mirror, packed: bytes, reason: str
) -> None:
    bad = serve(Mirror({"/images.gz": packed}))
    with pytest.raises(DataError, match=reason):
        fetch(tmp_path, [bad.url], files=ONLY_IMAGES)
    assert names_in(tmp_path) == []
    fetch_images(tmp_path, bad, good)
    assert good.asked == [("/images.gz", None)]


def test_a_mirror_that_sends_another_range_is_left(tmp_path: Path, serve: Serve, good: Mirror) -> None:
    shifted = serve(Mirror(SERVED, off_by=1))
    (tmp_path / "images.gz.part").write_bytes(PACKED_IMAGES[:1000])
    fetch_images(tmp_path, shifted, good)
    assert good.asked == [("/images.gz", "bytes=1000-")]


def test_a_mirror_that_never_ends_is_cut_off(tmp_path: Path, serve: Serve) -> None:
    endless = serve(Mirror(SERVED, tells_length=False, is_endless=True))
    done: list[int] = []
    with pytest.raises(DataError, match="sent more than 365536 bytes"):
        fetch(tmp_path, [endless.url], lambda _name, n, _total: done.append(n), ONLY_IMAGES)
    assert max(done) <= 365_536 + mnist.CHUNK_BYTES
    assert names_in(tmp_path) == []


def test_a_mirror_that_falls_silent_is_given_up(tmp_path: Path, serve: Serve) -> None:
    silent = serve(Mirror(SERVED, stalls=True))
    with pytest.raises(DataError, match="timed out"):
        fetch(tmp_path, [silent.url], files=ONLY_IMAGES, timeout_s=0.1)


def test_when_all_mirrors_fail_one_line_tells_why_and_what_to_do(tmp_path: Path, serve: Serve) -> None:
    lacking, lying = serve(Mirror({})), serve(Mirror({"/images.gz": b"<html>"}))
    with serving(Mirror({})) as gone:
        pass
    with pytest.raises(DataError) as caught:
        fetch(tmp_path, [lacking.url, lying.url, gone.url], files=ONLY_IMAGES)
    message = str(caught.value)
    assert message.startswith("cannot fetch images.gz: ")
    assert f"{lacking.url}: HTTP status 404; " in message
    assert f"{lying.url}: does not unpack: " in message
    assert re.search(f"{gone.url}: .*refused", message)
    assert "try again (it resumes where it stopped)" in message
    assert f"put the four files into {tmp_path} by hand" in message
    assert "\n" not in message


def test_a_mirror_that_fails_keeps_the_part_for_another_day(tmp_path: Path, serve: Serve) -> None:
    lacking = serve(Mirror({}))
    (tmp_path / "images.gz.part").write_bytes(PACKED_IMAGES[:1000])
    with pytest.raises(DataError):
        fetch(tmp_path, [lacking.url], files=ONLY_IMAGES)
    assert (tmp_path / "images.gz.part").read_bytes() == PACKED_IMAGES[:1000]


def test_without_a_mirror_there_is_nothing_to_ask(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no mirror to ask"):
        fetch(tmp_path, [], files=ONLY_IMAGES)


@pytest.mark.parametrize("mirror", ["file:///etc/", "ftp://host/", "mnist", ""])
def test_a_mirror_is_on_the_web(tmp_path: Path, mirror: str) -> None:
    with pytest.raises(UsageError, match="http://"):
        fetch(tmp_path, [mirror], files=ONLY_IMAGES)


@pytest.mark.parametrize("mirror", ["http://[::1/", "http://127.0.0.1:port/", "http://a b/", "http://ü..de/"])
def test_a_malformed_address_is_that_mirrors_failure(tmp_path: Path, good: Mirror, mirror: str) -> None:
    fetch(tmp_path, [mirror, good.url], files=ONLY_IMAGES)
    assert is_images(tmp_path / "images.gz")


# Directories that cannot be written


def test_a_full_disk_is_a_data_error(tmp_path: Path, good: Mirror) -> None:
    (tmp_path / "images.gz.part").symlink_to("/dev/full")
    with pytest.raises(DataError, match="No space left on device"):
        fetch(tmp_path, [good.url], files=ONLY_IMAGES)


def test_a_directory_that_cannot_be_made_is_a_data_error(tmp_path: Path, good: Mirror) -> None:
    (tmp_path / "file").touch()
    for directory in (tmp_path / "file", tmp_path / "file" / "mnist"):
        with pytest.raises(DataError, match=re.escape(f"cannot write to {directory}: ")):
            fetch(directory, [good.url], files=ONLY_IMAGES)


def test_a_read_only_directory_is_a_data_error(tmp_path: Path, good: Mirror) -> None:
    tmp_path.chmod(0o555)
    if os.access(tmp_path, os.W_OK):
        pytest.skip("permissions do not bind this user (root)")
    with pytest.raises(DataError, match="Permission denied"):
        fetch(tmp_path, [good.url], files=ONLY_IMAGES)
