import numpy as np
import pytest
from numpy.typing import NDArray

from inkling.errors import UsageError
from inkling.models import load_model
from inkling.simulation.outliers import KINDS, of_kind, outliers, own_digits
from inkling.simulation.penwork import FITTED_PX, as_glyphs, with_full_loops

Images = NDArray[np.uint8]


def extents(images: Images) -> NDArray[np.intp]:
    """Height and width of each image's ink, (n, 2)."""
    inked = images > 0.3 * 255
    return np.stack([inked.any(axis=axis).sum(axis=1) for axis in (2, 1)], axis=1)


def off_centre(images: Images) -> NDArray[np.float64]:
    """How far the centre of mass is from the middle, (n, 2)."""
    total = images.sum(axis=(1, 2), dtype=np.float64)
    places = np.arange(28)
    masses = [images.sum(axis=axis) @ places / total - 13.5 for axis in (2, 1)]
    return np.asarray(np.abs(np.stack(masses, axis=1)))


def squares(count: int) -> tuple[Images, Images]:
    """Stand-ins for digits: squares labelled 0, and bars labelled 1."""
    images = np.zeros((count, 28, 28), np.uint8)
    images[::2, 9:19, 9:19], images[1::2, 4:24, 13:15] = 255, 255
    return images, (np.arange(count) % 2).astype(np.uint8)


@pytest.mark.parametrize("kind", KINDS)
def test_an_outlier_is_drawn_as_the_reader_draws_its_marks(kind: str) -> None:
    glyphs = of_kind(kind, 200, np.random.default_rng(0))
    assert glyphs.shape == (200, 28, 28)
    assert glyphs.dtype == np.uint8
    assert (glyphs.max(axis=(1, 2)) == 255).all()
    longer = extents(glyphs).max(axis=1)
    assert longer.max() <= FITTED_PX + 1
    assert np.median(longer) >= FITTED_PX - 1
    # as far as the border allows, to half a pixel and what edges are rounded by
    assert np.quantile(off_centre(glyphs), 0.95) < 0.8


@pytest.mark.parametrize("kind", KINDS)
def test_no_two_outliers_of_a_kind_are_alike_and_the_same_seed_makes_the_same(kind: str) -> None:
    one, same, other = (of_kind(kind, 50, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)
    assert len({glyph.tobytes() for glyph in one}) == 50


def test_outliers_are_of_all_kinds_and_in_no_order() -> None:
    rng = np.random.default_rng(3)
    glyphs = outliers(600, rng)
    assert glyphs.shape == (600, 28, 28)
    assert len({glyph.tobytes() for glyph in glyphs}) == 600
    # words are low, blots are mostly ink: both are among the first and among the last
    height = extents(glyphs)[:, 0]
    ink = glyphs.mean(axis=(1, 2))
    for part in slice(300), slice(300, 600):
        assert (height[part] < 9).sum() > 5
        assert (ink[part] > 75).sum() > 5


def test_a_line_of_the_ruling_never_stands_alone_and_upright_which_would_be_a_one() -> None:
    glyphs = of_kind("ruling", 500, np.random.default_rng(4))
    height, width = extents(glyphs).T
    assert (width >= 0.4 * height).all()


def test_as_glyphs_fits_what_is_inked_and_keeps_its_aspect() -> None:
    pictures = np.zeros((3, 56, 56), np.float32)
    pictures[0, 2:42, 3:23] = 1  # 40 high and 20 wide, in a corner
    pictures[1, 30:35, 20:30] = 1  # 5 high and 10 wide: it has to be enlarged
    glyphs = as_glyphs(pictures)
    assert extents(glyphs).tolist() == [[20, 10], [10, 20], [0, 0]]
    assert off_centre(glyphs[:2]).max() <= 0.5
    assert glyphs[2].max() == 0


def test_real_digits_are_pieced_together_where_there_are_some() -> None:
    images, labels = squares(40)
    before = images.copy()
    with_pieces = outliers(400, np.random.default_rng(5), images, labels)
    without = outliers(400, np.random.default_rng(5))
    assert with_pieces.shape == (400, 28, 28)
    assert not np.array_equal(with_pieces, without)
    assert np.array_equal(images, before)
    # a square of 10 pixels and a bar of 20 beside it, which may cover two pixels of each other
    inked = (with_pieces > 127).sum(axis=1)
    wide = (inked > 0).sum(axis=1)
    of_two_heights = [set(columns[columns > 0]) in ({10, 20}, {11, 20}, {9, 20}) for columns in inked]
    assert sum(of_two_heights & (wide >= 10) & (wide <= 12)) > 5


@pytest.mark.parametrize("labels", [None, np.zeros(40, np.uint8), np.arange(39, dtype=np.uint8)])
def test_pieces_need_digits_of_two_labels(labels: Images | None) -> None:
    with pytest.raises(UsageError, match="digits of at least two labels, one label for each"):
        outliers(10, np.random.default_rng(0), squares(40)[0], labels)


def test_a_kind_that_is_unknown_is_an_error_that_names_those_there_are() -> None:
    with pytest.raises(UsageError, match="no kind of outlier 'cat': take one of letter, sign"):
        of_kind("cat", 1, np.random.default_rng(0))


def test_none_are_none() -> None:
    assert outliers(0, np.random.default_rng(0)).shape == (0, 28, 28)


def test_own_digits_are_of_all_labels_and_the_shipped_network_reads_them() -> None:
    images, labels = own_digits(300, np.random.default_rng(6))
    assert images.shape == (300, 28, 28)
    assert images.dtype == labels.dtype == np.uint8
    assert set(labels.tolist()) == set(range(10))
    assert (load_model().scores(images)[:, :10].argmax(axis=1) == labels).mean() > 0.9


def test_ink_runs_into_narrow_loops_and_leaves_wide_ones_and_bays_open() -> None:
    glyphs = np.zeros((3, 28, 28), np.uint8)
    glyphs[0, 8:15, 8:15], glyphs[0, 9:14, 9:14], glyphs[0, 11, 11:16] = 255, 60, 255  # 5x5, a grey edge, a tongue
    glyphs[1, 4:24, 4:24], glyphs[1, 6:22, 6:22] = 255, 0
    glyphs[2, 8:15, 8:15], glyphs[2, 9:15, 9:14] = 255, 0
    full = with_full_loops(glyphs)
    assert (full[0, 8:15, 8:15] == 255).all()
    assert np.array_equal(full[1:], glyphs[1:])
    assert full[0].sum(dtype=int) == 255 * (49 + 1)
