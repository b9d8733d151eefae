import os
from itertools import groupby, islice
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inkling.cameras import Camera, FolderCamera, Shot, SimulatedCamera, open_camera, shot_of
from inkling.errors import CameraError, UsageError
from inkling.frames import Frame
from inkling.models import load_model
from inkling.reader import Mark, Reader, Reading
from inkling.settings import load_settings
from inkling.settings_table import SETTINGS
from inkling.steady import Steady


def save(picture: Path, grey: int) -> None:
    Image.new("L", (32, 24), grey).save(picture)


def names(frames: list[Frame]) -> list[str]:
    return [Path(frame.name).name for frame in frames]


def unexpected(message: str) -> None:
    raise AssertionError(f"a report that was not expected: {message}")


def test_the_settings_say_how_pictures_are_taken() -> None:
    nowhere = Path(os.devnull)
    assert shot_of(load_settings(nowhere, {})) == Shot()
    options = {"width": 640, "zone": "0,0,0.5,1", "flip": "vertical", "rotation": 90, "rate": 2, "timeout": 7}
    assert len(options) == sum(setting.name.startswith("camera.") for setting in SETTINGS) - 1  # and the source
    chosen = load_settings(nowhere, {}, {f"camera.{name}": value for name, value in options.items()})
    assert shot_of(chosen, patient=True) == Shot(640, (0, 0, 0.5, 1), "vertical", 90, 2, 7, patient=True)


def test_a_folders_pictures_come_in_the_order_of_their_names_each_held(tmp_path: Path) -> None:
    for name, grey in ("c.png", 30), ("a.bmp", 10), ("b.PNG", 20):
        save(tmp_path / name, grey)
    frames = list(FolderCamera(tmp_path, hold=2, report=unexpected))
    assert [frame.name for frame in frames] == [
        str(tmp_path / name) for name in ("a.bmp", "b.PNG", "c.png") for _ in "12"
    ]
    assert [frame.luma[0, 0] for frame in frames] == [10, 10, 20, 20, 30, 30]
    assert [frame.number for frame in frames] == list(range(6))
    assert all(frame.luma.shape == (24, 32) and frame.luma.dtype == np.uint8 for frame in frames)
    assert all(frame.truth is None for frame in frames)


def test_a_held_picture_is_read_from_the_card_once(tmp_path: Path) -> None:
    save(tmp_path / "a.png", 10)
    first, second, third = FolderCamera(tmp_path, hold=3, report=unexpected)
    assert first.luma is second.luma is third.luma


@pytest.mark.parametrize("size", [(32, 24), (4000, 30)])
def test_a_frame_says_how_many_pixels_of_its_file_make_one_of_its_own(tmp_path: Path, size: tuple[int, int]) -> None:
    Image.new("L", size, 200).save(tmp_path / "a.png")
    [frame] = FolderCamera(tmp_path, hold=1, report=unexpected)
    assert frame.scale * frame.luma.shape[1] == pytest.approx(size[0])


def test_what_is_no_picture_by_its_name_is_passed_over(tmp_path: Path) -> None:
    save(tmp_path / "a.png", 10)
    (tmp_path / "notes.txt").write_text("buy ink")
    (tmp_path / "png").write_text("no suffix")
    (tmp_path / "older").mkdir()
    assert names(list(FolderCamera(tmp_path, hold=1, report=unexpected))) == ["a.png"]


@pytest.mark.parametrize("bad", ["a.png", "b.png", "c.png"])
def test_a_picture_that_cannot_be_read_is_reported_and_the_others_follow(tmp_path: Path, bad: str) -> None:
    pictures = ["a.png", "b.png", "c.png"]
    for picture in pictures:
        save(tmp_path / picture, 10)
    (tmp_path / bad).write_text("this is a text")
    reports: list[str] = []
    camera = FolderCamera(tmp_path, hold=2, report=reports.append)
    frames = list(camera)
    assert names(frames) == [picture for picture in pictures if picture != bad for _ in "12"]
    assert [frame.number for frame in frames] == [0, 1, 2, 3]
    [report] = reports
    assert bad in report
    assert "\n" not in report


def test_a_folder_that_is_named_like_a_picture_is_reported_too(tmp_path: Path) -> None:
    save(tmp_path / "b.png", 10)
    (tmp_path / "a.png").mkdir()
    reports: list[str] = []
    assert names(list(FolderCamera(tmp_path, hold=1, report=reports.append))) == ["b.png"]
    assert len(reports) == 1


def test_a_picture_that_has_gone_meanwhile_is_reported(tmp_path: Path) -> None:
    for name in "a.png", "b.png":
        save(tmp_path / name, 10)
    reports: list[str] = []
    camera = FolderCamera(tmp_path, hold=1, report=reports.append)
    (tmp_path / "a.png").unlink()
    assert names(list(camera)) == ["b.png"]
    assert "a.png" in reports[0]


def test_a_folder_without_a_picture_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("buy ink")
    with pytest.raises(CameraError, match=str(tmp_path)) as caught:
        open_camera(f"folder:{tmp_path}", None, 0, unexpected)
    assert ".png" in str(caught.value)


@pytest.mark.parametrize("place", ["missing", "notes.txt"])
def test_what_is_no_folder_is_an_error_that_names_it(tmp_path: Path, place: str) -> None:
    (tmp_path / "notes.txt").write_text("buy ink")
    with pytest.raises(CameraError, match=str(tmp_path / place)):
        open_camera(f"folder:{tmp_path / place}", None, 0, unexpected)


@pytest.mark.parametrize("name", ["", "webcam", "folder", "folder:", "Simulated", "simulated:3", "/tmp"])
def test_an_unknown_camera_is_an_error_that_names_those_there_are(name: str) -> None:
    with pytest.raises(UsageError, match="folder:DIR") as caught:
        open_camera(name, None, 0, unexpected)
    assert repr(name) in str(caught.value)
    assert "simulated" in str(caught.value)


def test_a_folder_is_chosen_by_name_also_if_its_name_has_a_colon(tmp_path: Path) -> None:
    folder = tmp_path / "12:30"
    folder.mkdir()
    save(folder / "a.png", 10)
    assert len(list(open_camera(f"folder:{folder}", 4, 0, unexpected))) == 4


def test_by_default_a_picture_is_held_for_long_enough_to_be_announced(tmp_path: Path) -> None:
    camera = SimulatedCamera(seed=5)
    first = next(iter(camera))
    for name in "a.png", "b.png":
        Image.fromarray(first.luma).save(tmp_path / name)
    reader, steady = Reader(load_model()), Steady()
    announced = []
    for frame in open_camera(f"folder:{tmp_path}", None, 0, unexpected):
        steady.update(reader.read(frame.luma), frame.name)
        if steady.current and frame.name not in announced:
            announced.append(frame.name)
    assert announced == [str(tmp_path / "a.png"), str(tmp_path / "b.png")]


def test_the_same_seed_gives_the_same_frames_and_another_one_others() -> None:
    def taken(seed: int) -> list[Frame]:
        return list(islice(open_camera("simulated", 2, seed, unexpected), 12))

    one, same, other = taken(7), taken(7), taken(8)
    assert all(np.array_equal(a.luma, b.luma) and a.truth == b.truth for a, b in zip(one, same, strict=True))
    assert not np.array_equal(one[0].luma, other[0].luma)


def test_the_simulated_camera_counts_its_frames_and_knows_what_is_written() -> None:
    frames = list(islice(open_camera("simulated", None, 0, unexpected), 100))
    assert [frame.number for frame in frames] == list(range(100))
    assert all(frame.luma.dtype == np.uint8 and frame.luma.ndim == 2 for frame in frames)
    assert all(frame.truth is not None and (frame.truth == "" or frame.truth.isdigit()) for frame in frames)
    assert all(frame.name == "" for frame in frames)


@pytest.mark.parametrize("hold", [1, 5])
def test_the_simulated_camera_holds_each_page_and_shows_an_empty_one_between(hold: int) -> None:
    frames = islice(open_camera("simulated", hold, 0, unexpected), 60)
    runs = [(text, len(list(run))) for text, run in groupby(frame.truth for frame in frames)][:-1]
    assert len(runs) >= 8
    assert all(text and length == hold for text, length in runs[::2])
    assert all(text == "" for text, _ in runs[1::2])


def test_the_simulated_camera_takes_a_page_away_for_long_enough_to_be_noticed() -> None:
    def read(text: str) -> Reading:
        marks = (
            Mark(int(s), 1.0, (0, 0, 9, 9), np.zeros((28, 28), np.float32), np.zeros(10, np.float32)) for s in text
        )
        return Reading((tuple(marks),) if text else ())

    steady, held = Steady(), []
    for frame in islice(open_camera("simulated", 10, 0, unexpected), 100):
        steady.update(read(frame.truth or ""))
        held.append(steady.current is not None)
    changes = [there for there, _ in groupby(held)]
    assert len(changes) >= 10


@pytest.mark.parametrize("name", ["folder", "simulated"])
def test_a_camera_may_be_closed_twice_and_is_closed_by_with(tmp_path: Path, name: str) -> None:
    save(tmp_path / "a.png", 10)
    camera = open_camera(f"folder:{tmp_path}" if name == "folder" else name, 1, 0, unexpected)
    with camera as entered:
        assert entered is camera
        frame = next(iter(camera))
    camera.close()
    camera.close()
    assert frame.luma.size > 0


def test_a_camera_of_no_kind_gives_no_frames() -> None:
    with pytest.raises(TypeError, match="Camera"):
        iter(Camera())
