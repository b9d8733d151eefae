"""XOR: no single line divides its corners, so one node fails; three nodes together do it.

Run it: python core/lessons/lesson_4_xor.py
"""

import numpy as np

from inknet.classic import ThreeLayers

CORNERS = [[0, 0], [0, 1], [1, 0], [1, 1]]
XOR = [0, 1, 1, 0]


def main() -> None:
    """Shows the best that one line can do, then three nodes that were thought out, then nodes that learnt it."""
    print(f"One node: of all lines that were tried, the best gets {best_line()} of 4 corners right.\n")

    print("Three nodes, thought out: at least one is on (OR), not both are on (NAND), and both of these hold (AND).")
    for a, b in CORNERS:
        either, not_both = fires(a + b - 0.5), fires(1.5 - a - b)
        print(f"  A {a}  B {b}  OR {either}  NAND {not_both}  XOR {fires(either + not_both - 1.5)}")

    print("\nThe same learnt from the four examples, by a network of four hidden nodes:")
    network = ThreeLayers(3, 4, 1, rate=1.0, rng=np.random.default_rng(2))
    for _ in range(5000):
        for corner, target in zip(CORNERS, XOR, strict=True):
            network.train([*corner, 1], [0.99 if target else 0.01])
    for (a, b), target in zip(CORNERS, XOR, strict=True):
        print(f"  A {a}  B {b}  wanted {target}  answer {network.query([a, b, 1]).item():.2f}")


def fires(signal: float) -> int:
    """A node with a sharp threshold."""
    return int(signal > 0)


def best_line() -> int:
    """The most corners that any of many lines, p A + q B > r, gets right."""
    steps = np.linspace(-2, 2, 17)
    p, q, r = np.meshgrid(steps, steps, steps)
    right = sum(((p * a + q * b > r) == bool(target)).astype(int) for (a, b), target in zip(CORNERS, XOR, strict=True))
    return int(np.max(right))


if __name__ == "__main__":
    main()
