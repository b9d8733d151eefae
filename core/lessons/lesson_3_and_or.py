"""One node learns AND, and OR: each divides the four corners of a square by one line.

Run it: python core/lessons/lesson_3_and_or.py
"""

import numpy as np

from inknet.arrays import Array
from inknet.layers import sigmoid

CORNERS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], float)
ON = np.ones((4, 1))  # a third input that is always on: its weight is where the line lies


def main() -> None:
    """Learns both, and prints the lines."""
    for name, wanted in (("AND", [0, 0, 0, 1]), ("OR", [0, 1, 1, 1])):
        weights = learn(np.array(wanted, float))
        answers = sigmoid(np.hstack([CORNERS, ON]) @ weights)
        print(f"{name}: on where {weights[0]:.2f} A + {weights[1]:.2f} B > {-weights[2]:.2f}")
        for (a, b), answer, target in zip(CORNERS, answers, wanted, strict=True):
            print(f"  A {a:.0f}  B {b:.0f}  wanted {target}  answer {answer:.2f}")


def learn(wanted: Array, rounds: int = 2000, rate: float = 1.0) -> Array:
    """The three weights of a node, (3,), after that many rounds through the four corners."""
    inputs, weights = np.hstack([CORNERS, ON]), np.zeros(3)
    for _ in range(rounds):
        for signals, target in zip(inputs, wanted, strict=True):
            output = sigmoid(signals @ weights)
            weights += rate * (target - output) * output * (1 - output) * signals
    return weights


if __name__ == "__main__":
    main()
