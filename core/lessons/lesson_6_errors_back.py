"""Errors back: a hidden node's error is put together from its links, and this is a matrix product too.

Run it: python core/lessons/lesson_6_errors_back.py
"""

import numpy as np

from inknet import Dense, Network, Sigmoid, SquaredError
from inknet.gradcheck import gradient_error

np.set_printoptions(precision=3, suppress=True)


def main() -> None:
    """Splits the errors of two output nodes by hand, then with a matrix; then climbs down a slope, and checks it."""
    weights = np.array([[2.0, 3.0], [1.0, 4.0]])  # row: an output node; column: the hidden node it listens to
    errors = np.array([[0.8], [0.5]])
    print("Two output nodes have the errors 0.8 and 0.5. Each error is split over the node's links by their weights:")
    shares = weights / weights.sum(axis=1, keepdims=True) * errors
    for hidden in range(2):
        parts = " + ".join(f"{share:.2f}" for share in shares[:, hidden])
        print(f"  hidden node {hidden + 1}: {parts} = {shares[:, hidden].sum():.2f}")
    print("Without the division, which only scales, it is one product with the weights transposed:")
    print(f"  W' e = {(weights.T @ errors)[:, 0]}")

    print("\nWhich way is down? A small example: E = (target - w x)^2 with x = 2, target = 3, so dE/dw = -2 e x.")
    w, rate = 0.0, 0.05
    for step in range(6):
        error = 3 - w * 2
        print(f"  step {step}: w = {w:.3f}, E = {error**2:.4f}, slope {-2 * error * 2:+.3f}")
        w -= rate * (-2 * error * 2)
    print("The slope becomes gentler near the bottom, and so do the steps.")

    rng = np.random.default_rng(0)
    network = Network([Dense(3), Sigmoid(), Dense(3), Sigmoid()], SquaredError(), (1, 3), rng, np.float64)
    off = gradient_error(network, rng.random((4, 1, 3)), np.array([0, 1, 2, 0]))
    print(f"\nA whole network's slopes, against moving every weight a little to see what happens: off by {off:.0e}.")


if __name__ == "__main__":
    main()
