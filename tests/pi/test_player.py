"""The player: which step is shown when, one thread for all displays, and that it ends at once."""

import threading
from math import inf

import pytest

from inkling.lights import Lights
from inkling.player import Player

A, B, C = (1.0, 0.0), (0.0, 1.0), (0.0, 0.0)


class Clock:
    """A clock that is set by hand."""

    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def playing() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "lights"]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock by hand, and no thread: the test calls `tick`."""
    monkeypatch.setattr(threading.Thread, "start", lambda thread: None)
    monkeypatch.setattr(threading.Thread, "join", lambda thread, timeout: None)
    return Clock()


def test_steps_follow_each_other_and_begin_again(clock: Clock) -> None:
    player, shown = Player(clock), list[Lights]()
    player.play(shown.append, ((A, 1.0), (B, 0.5), (C, 2.0)))
    assert shown == [A]
    waits = []
    for _ in range(5):
        waits.append(player.tick())
        clock.now_s += waits[-1]
    assert waits == [1.0, 0.5, 2.0, 1.0, 0.5]
    assert shown == [A, B, C, A, B]


def test_nothing_is_shown_before_it_is_due(clock: Clock) -> None:
    player, shown = Player(clock), list[Lights]()
    player.play(shown.append, ((A, 1.0), (B, 0.5)))
    clock.now_s += 0.75
    assert player.tick() == 0.25
    assert shown == [A]


def test_lost_time_is_not_caught_up(clock: Clock) -> None:
    player, shown = Player(clock), list[Lights]()
    player.play(shown.append, ((A, 1.0), (B, 0.5)))
    clock.now_s += 3600
    assert player.tick() == 0.5
    assert shown == [A, B]


def test_each_display_has_its_own_time(clock: Clock) -> None:
    player, one, other = Player(clock), list[Lights](), list[Lights]()
    player.play(one.append, ((A, 1.0), (B, 1.0)))
    player.play(other.append, ((A, 0.25), (C, 5.0)))
    assert player.tick() == 0.25
    clock.now_s += 0.25
    assert player.tick() == 0.75
    clock.now_s += 0.75
    player.tick()
    assert (one, other) == ([A, B], [A, C])


def test_a_new_score_begins_at_its_beginning_and_one_that_is_stopped_goes_no_further(clock: Clock) -> None:
    player, shown = Player(clock), list[Lights]()
    player.play(shown.append, ((A, 1.0), (B, 1.0)))
    clock.now_s += 0.5
    player.play(shown.append, ((C, 1.0), (A, 1.0)))
    assert player.tick() == 1.0
    player.stop(shown.append)
    assert player.tick() == inf
    clock.now_s += 9
    player.tick()
    assert shown == [A, C]


def test_one_thread_plays_for_all_and_ends_with_the_player() -> None:
    seen = [threading.Event(), threading.Event()]

    def display(number: int) -> None:
        player.play(lambda lights: seen[number].set() if lights == B else None, ((A, 0.0), (B, 0.0)))

    with Player() as player:
        display(0)
        display(1)
        assert all(event.wait(10) for event in seen)
        assert len(playing()) == 1
    assert playing() == []
    player.close()


def test_a_long_rest_does_not_keep_it_from_ending_or_from_another_score() -> None:
    resting, woken = threading.Event(), threading.Event()
    with Player() as player:
        player.play(lambda lights: resting.set() if lights == B else None, ((A, 0.0), (B, 1e6)))
        assert resting.wait(10)  # from here on it rests whenever it lets others in
        player.play(lambda lights: woken.set() if lights == B else None, ((A, 0.0), (B, 1e6)))
        assert woken.wait(10)
        [thread] = playing()
    assert not thread.is_alive()


def test_lights_that_stay_take_no_thread() -> None:
    with Player() as player:
        player.play(lambda lights: None, ((A, inf),))
        assert playing() == []


def test_what_fails_in_the_thread_is_raised_where_it_can_be_told() -> None:
    def fails(lights: Lights) -> None:
        if lights == B:
            raise OSError("it has gone")

    with Player() as player:
        player.play(fails, ((A, 0.0), (B, 0.0)))
        for thread in playing():
            thread.join(10)
        with pytest.raises(OSError, match="it has gone"):
            player.check()
        with pytest.raises(OSError, match="it has gone"):
            player.play(fails, ((A, 0.0),))
