import numpy as np
import pytest
from hypothesis import example, given, settings, strategies as st
from numpy.typing import NDArray

from inkling.components import Components, find_components

Mask = NDArray[np.bool_]


def drawn(*rows: str) -> Mask:
    return np.array([[sign == "#" for sign in row] for row in rows])


def flood_fill(mask: Mask) -> set[frozenset[int]]:
    """The 8-connected components as sets of flat indices, found pixel by pixel."""
    height, width = mask.shape
    left = {int(pixel) for pixel in np.flatnonzero(mask)}
    found = set()
    while left:
        component: set[int] = set()
        waiting = [left.pop()]
        while waiting:
            pixel = waiting.pop()
            component.add(pixel)
            y, x = divmod(pixel, width)
            for ny in range(max(0, y - 1), min(height, y + 2)):
                for nx in range(max(0, x - 1), min(width, x + 2)):
                    neighbour = ny * width + nx
                    if neighbour in left:
                        left.remove(neighbour)
                        waiting.append(neighbour)
        found.add(frozenset(component))
    return found


def as_sets(components: Components) -> list[frozenset[int]]:
    pixels, labels = components.pixels, components.labels
    return [frozenset(pixels[labels == label].tolist()) for label in range(len(components))]


def box_of(pixels: frozenset[int], width: int) -> list[int]:
    ys, xs = zip(*(divmod(pixel, width) for pixel in pixels), strict=True)
    return [min(xs), min(ys), max(xs) + 1, max(ys) + 1]


def spiral(side: int) -> Mask:
    """A way one pixel wide that winds inwards, with one pixel of paper between its turns."""
    mask = np.zeros((side, side), np.bool_)
    position, step = np.array([0, 0]), np.array([0, 1])
    mask[0, 0] = True
    for length in [side - 1, *(n for n in range(side - 1, 0, -2) for _ in range(2))]:
        for _ in range(length):
            position += step
            mask[tuple(position)] = True
        step = np.array([step[1], -step[0]])
    return mask


@st.composite
def masks(draw: st.DrawFn) -> Mask:
    shape = draw(st.tuples(st.integers(1, 20), st.integers(1, 20)))
    density = draw(st.floats(0, 1))
    return np.random.default_rng(draw(st.integers(0, 2**32))).random(shape) < density


checkerboard = np.indices((7, 8)).sum(axis=0) % 2 == 0


@settings(deadline=None, max_examples=150)
@given(mask=masks())
@example(mask=np.zeros((5, 6), np.bool_))
@example(mask=np.ones((5, 6), np.bool_))
@example(mask=np.ones((1, 1), np.bool_))
@example(mask=checkerboard)
@example(mask=checkerboard[:1])
@example(mask=checkerboard[:, :1])
def test_the_components_are_those_of_a_flood_fill(mask: Mask) -> None:
    components = find_components(mask)
    found = as_sets(components)
    assert len(set(found)) == len(found)
    assert set(found) == flood_fill(mask)
    assert components.areas.tolist() == [len(pixels) for pixels in found]
    assert components.boxes.shape == (len(found), 4)
    assert components.boxes.tolist() == [box_of(pixels, mask.shape[1]) for pixels in found]


@settings(deadline=None, max_examples=50)
@given(mask=masks())
def test_pixels_stand_in_reading_order_each_with_its_label(mask: Mask) -> None:
    components = find_components(mask)
    assert components.pixels.tolist() == np.flatnonzero(mask).tolist()
    assert components.labels.shape == components.pixels.shape


@pytest.mark.parametrize(
    ("mask", "count"),
    [
        pytest.param(drawn("#.", ".#"), 1, id="at a corner"),
        pytest.param(drawn(".#", "#."), 1, id="at the other corner"),
        pytest.param(drawn("#.#"), 2, id="a gap in a row"),
        pytest.param(drawn("#", ".", "#"), 2, id="a gap in a column"),
        pytest.param(drawn("#..", "..#"), 2, id="a knight's move"),
        pytest.param(drawn("..#", "#.."), 2, id="the other knight's move"),
        pytest.param(drawn("..#", "#..", "..."), 2, id="the end of a row and the begin of the next"),
        pytest.param(drawn(".##", "#..", "..#"), 2, id="a corner, and one that misses"),
        pytest.param(drawn("#.#", "#.#", "###"), 1, id="two arms that meet below"),
        pytest.param(drawn("###", "#.#", "#.#"), 1, id="two arms that meet above"),
        pytest.param(drawn("#.#.#", "#.#.#", "#.#.#", ".#.#."), 1, id="a comb"),
        pytest.param(drawn("#####", "#...#", "#.#.#", "#...#", "#####"), 2, id="a dot in a ring"),
        pytest.param(checkerboard, 1, id="a checkerboard"),
    ],
)
def test_pixels_that_touch_also_at_a_corner_hang_together(mask: Mask, count: int) -> None:
    assert len(find_components(mask)) == count


def test_nothing_comes_of_an_empty_mask() -> None:
    components = find_components(np.zeros((4, 3), np.bool_))
    assert len(components) == 0
    assert components.boxes.shape == (0, 4)
    assert components.pixels.size == components.labels.size == components.areas.size == 0


@pytest.mark.parametrize("side", [3, 4, 5, 12, 61, 100])
def test_a_spiral_is_one_component_and_so_is_the_paper_between_its_turns(side: int) -> None:
    mask = spiral(side)
    for winding in mask, ~mask:
        components = find_components(winding)
        assert components.areas.tolist() == [winding.sum()]
    assert find_components(mask).boxes.tolist() == [[0, 0, side, side]]


@pytest.mark.parametrize("density", [0.05, 0.4, 0.5, 0.95])  # at about 0.4 components wind most: it percolates
def test_a_whole_picture_of_noise_is_taken_apart(density: float) -> None:
    mask = np.random.default_rng(4).random((480, 640)) < density
    components = find_components(mask)
    assert sorted(components.areas.tolist()) == sorted(map(len, flood_fill(mask)))


def test_components_know_their_longer_side_and_how_they_lie_on_the_border() -> None:
    mask = drawn("##..#", ".#...", "...#.", "..#..", ".....")
    components = find_components(mask)
    order = np.lexsort(components.boxes.T[::-1])
    assert components.extents[order].tolist() == [2, 2, 1]
    assert components.on_border(*mask.shape)[order].tolist() == [2, 0, 1]
