"""Handwritten digits: the talk's network learns to read them, says how sure it is, and shows what it has in mind.

Run it: python core/lessons/lesson_7_digits.py [TRAIN.csv TEST.csv]
The files are the talk's: a label and 784 pixels a row. Without them, it draws crooked digits of its own.
"""

import sys

import numpy as np

from inknet.arrays import Array
from inknet.classic import ThreeLayers, scale_pixels, targets_for
from inknet.deform import Affine

SHADES = " .:-=+*#%@"
FONT = (  # five rows of three pixels a digit
    "### .#. ### ### #.# ### ### ### ### ###",
    "#.# ##. ..# ..# #.# #.. #.. ..# #.# #.#",
    "#.# .#. ### .## ### ### ### ..# ### ###",
    "#.# .#. #.. ..# ..# ..# #.# ..# #.# ..#",
    "### ### ### ### ..# ### ### ..# ### ###",
)


def main(arguments: list[str]) -> None:
    """Trains, tests, and looks into the network's mind."""
    rng = np.random.default_rng(0)
    if arguments:
        train, test = read(arguments[0]), read(arguments[1])
    else:
        train, test = draw(600, rng), draw(100, rng)
    show(train[0][0], f"One of the {len(train[0])} examples, a {train[1][0]}:")

    network = ThreeLayers(inputs=784, hidden=100, outputs=10, rate=0.2, rng=rng)
    for epoch in range(1, 6):
        for image, label in zip(*train, strict=True):
            network.train(scale_pixels(image.ravel()), targets_for(label))
        right = [network.query(scale_pixels(i.ravel())).argmax() == label for i, label in zip(*test, strict=True)]
        print(f"epoch {epoch}: {np.mean(right):.0%} of {len(right)} test images right")

    answers = network.query(scale_pixels(test[0][0].ravel()))[:, 0]
    print(f"\nWhat the ten output nodes say of a {test[1][0]}:")
    for digit, answer in enumerate(answers):
        print(f"  {digit}  {answer:.2f} {'#' * round(30 * answer)}")
    show(
        255 * network.backquery(targets_for(3)).reshape(28, 28),
        "\nRun backwards: what the network has in mind for a 3:",
    )


def read(path: str) -> tuple[Array, Array]:
    """The images, uint8 (n, 28, 28), and labels, (n,), of one of the talk's files."""
    try:
        table = np.loadtxt(path, int, delimiter=",", ndmin=2)
        return table[:, 1:].reshape(-1, 28, 28).astype(np.uint8), table[:, 0]
    except (OSError, ValueError) as error:
        raise SystemExit(f"{path} cannot be read: {error}. A row is a label and 784 pixels, 0 to 255.") from None


def draw(count: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Crooked, noisy digits: images uint8 (count, 28, 28) and their labels (count,)."""
    labels = rng.integers(0, 10, count)
    images = np.zeros((count, 28, 28), np.float32)
    for image, label in zip(images, labels, strict=True):
        pixels = np.array([[sign == "#" for sign in row.split()[label]] for row in FONT])
        image[4:24, 8:20] = np.kron(pixels, np.ones((4, 4)))
    Affine(share=1.0)(images, rng)
    noisy = 255 * images + rng.normal(0, 20, images.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8), labels


def show(image: Array, title: str) -> None:
    """Prints an image (28, 28), 0 to 255: every other row, since letters are twice as high as wide."""
    print(title)
    for row in image[::2]:
        print("  " + "".join(SHADES[int(value) * len(SHADES) // 256] for value in row))


if __name__ == "__main__":
    main(sys.argv[1:])
