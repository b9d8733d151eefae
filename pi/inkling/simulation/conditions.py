"""The conditions under which the paper simulator draws, each under the name it is asked for by."""

from dataclasses import dataclass

Range = tuple[float, float]  # from and to, drawn evenly
Colour = tuple[float, float, float]  # the share of red, green and blue light that comes back

WHITE: Colour = (0.93, 0.93, 0.91)
COLOURED: tuple[Colour, ...] = (
    (0.95, 0.88, 0.45),  # yellow
    (0.96, 0.68, 0.72),  # pink
    (0.62, 0.77, 0.93),  # blue
    (0.68, 0.9, 0.62),  # green
    (0.95, 0.65, 0.35),  # orange
    (0.76, 0.74, 0.7),  # recycled
    (0.72, 0.55, 0.38),  # wrapping paper
)
BOARDS: tuple[Colour, ...] = ((0.13, 0.14, 0.13), (0.1, 0.22, 0.15), (0.2, 0.21, 0.22))
DARK_PENS = ("ballpoint", "fineliner", "felt", "marker", "pencil", "blue")


@dataclass(frozen=True)
class Condition:
    """What a picture is like; what is not said is an ordinary page, near a window, with up to four digits in a row.

    about: what it is, in a few words. Writing: height: of a digit, in heights of the picture, where there is room.
    lines, signs: how many, and how many signs on each, from and to. gap: between two, in heights of a digit; close:
    between their inks instead of their boxes. pens: by name; pens_mixed: each sign with another. many_hands: each digit
    by another. broken: own digits have gaps. others: the share of signs that are no digit, of these kinds. margin:
    between ink and the picture's border, in heights of the picture.

    Paper: papers: their colours. board: it is a blackboard. ruling: "ruled" or "squared"; pitch: of the ruling, in
    heights of a digit; ruling_ink: the share of light that it takes. creases, dirt: there are some. edge: the page ends
    within the picture; sheet: on all sides, not far from what is written.

    View and light: tilt: degrees either way. perspective: by how much the far corner is smaller than the middle.
    brightness: luma of white paper. falloff, vignette: see `paper.Light`. shadow: a hard one. blur: standard deviation,
    in heights of a digit. noise: standard deviation at half brightness, luma.
    """

    about: str
    height: Range = (0.2, 0.5)
    lines: tuple[int, int] = (1, 1)
    signs: tuple[int, int] = (1, 4)
    gap: Range = (0.2, 0.5)
    close: bool = False
    pens: tuple[str, ...] = DARK_PENS
    pens_mixed: bool = False
    many_hands: bool = False
    broken: bool = False
    others: float = 0.0
    kinds: tuple[str, ...] = ("letter", "sign")
    margin: float = 0.03
    papers: tuple[Colour, ...] = (WHITE,)
    board: bool = False
    ruling: str = ""
    pitch: Range = (0.5, 1.2)
    ruling_ink: Range = (0.12, 0.4)
    creases: bool = False
    dirt: bool = False
    edge: bool = False
    sheet: bool = False
    tilt: Range = (0, 5)
    perspective: Range = (0, 0.08)
    brightness: Range = (140, 225)
    falloff: Range = (0.05, 0.3)
    vignette: Range = (0, 0.2)
    shadow: bool = False
    blur: Range = (0.003, 0.012)
    noise: Range = (0.8, 2.0)


CONDITIONS: dict[str, Condition] = {
    "plain": Condition("an ordinary page"),
    "many-hands": Condition("each digit by another hand, with another pen", many_hands=True, pens_mixed=True),
    "hard-shadow": Condition("the shadow of a hand, a telephone, a window's frame", shadow=True),
    "vignette": Condition("light falls off to one side and to the corners", falloff=(0.2, 0.45), vignette=(0.35, 0.65)),
    "coloured-paper": Condition("yellow, pink, blue, green, orange, recycled, wrapping", papers=COLOURED),
    "creased": Condition("paper that was folded and crumpled", creases=True),
    "ruled": Condition("lines across, and a margin", ruling="ruled", pitch=(0.9, 1.8)),
    "squared": Condition("squared paper, the lines run through the digits", ruling="squared"),
    "pencil": Condition("a faint pencil alone", pens=("faint pencil", "pencil")),
    "pencil-and-marker": Condition(
        "faint pencil beside a black marker", pens=("faint pencil", "marker"), pens_mixed=True, signs=(2, 4)
    ),
    "coloured-pens": Condition(
        "each digit in another colour",
        pens=("blue", "red", "green", "violet", "turquoise", "brown", "orange"),
        pens_mixed=True,
    ),
    "dark-room": Condition("little light, much noise", brightness=(45, 85), noise=(3.5, 6), falloff=(0.1, 0.4)),
    "out-of-focus": Condition("blurred, as far as one can read it", blur=(0.025, 0.05)),
    "page-edge": Condition("the page ends, a desk begins", edge=True, height=(0.15, 0.35)),
    "sheet": Condition("a small sheet on a large desk", sheet=True, height=(0.12, 0.3), signs=(1, 3), tilt=(0, 20)),
    "blackboard": Condition("chalk on a board", board=True, papers=BOARDS, pens=("chalk",)),
    "broken": Condition("gaps within digits, strokes that do not meet", broken=True),
    "close": Condition("neighbours nearly touch", close=True, gap=(0.07, 0.14), signs=(2, 5), height=(0.15, 0.35)),
    "dirt": Condition("specks and smears", dirt=True),
    "small": Condition("a twelfth of the picture high", height=(1 / 12, 1 / 9), signs=(1, 6)),
    "large": Condition("nearly as high as the picture", height=(0.7, 0.9), signs=(1, 1), tilt=(0, 3)),
    "tilted": Condition("turned by up to 25 degrees", tilt=(8, 25)),
    "perspective": Condition("seen from the side", perspective=(0.2, 0.4)),
    "lines": Condition("several lines", lines=(2, 4), signs=(2, 5), height=(0.1, 0.2)),
    "letters-and-signs": Condition("other writing between the digits", others=0.4, signs=(2, 5), height=(0.15, 0.35)),
    "no-digits": Condition(
        "letters, signs and scribbles alone", others=1.0, kinds=("letter", "sign", "scribble"), signs=(1, 3)
    ),
    "empty": Condition(
        "nothing but paper: ruled, creased, in a shadow", signs=(0, 0), ruling="ruled", creases=True, shadow=True
    ),
    "everything": Condition(
        "squared paper, creased and dirty, in a shadow, tilted, seen from the side, in several lines",
        lines=(1, 3),
        signs=(2, 4),
        height=(0.12, 0.25),
        papers=(WHITE, *COLOURED),
        ruling="squared",
        ruling_ink=(0.1, 0.2),
        creases=True,
        dirt=True,
        shadow=True,
        tilt=(0, 12),
        perspective=(0, 0.2),
        noise=(1, 3),
        blur=(0.005, 0.02),
    ),
}
"""By name: what of real paper, light, writing and cameras makes reading hard, one thing at a time, and all together."""
