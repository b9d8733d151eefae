"""Signals forward: what all nodes of a layer compute at once is one matrix product.

Run it: python core/lessons/lesson_5_signals_forward.py
"""

import numpy as np

from inknet.arrays import Array
from inknet.layers import sigmoid

np.set_printoptions(precision=3, suppress=True)


def main() -> None:
    """Two nodes by hand and as a matrix, then three layers of three nodes."""
    print("Two nodes listen to the signals 1.0 and 0.5.")
    print(f"  one by one:  0.9 x 1.0 + 0.3 x 0.5 = {0.9 * 1.0 + 0.3 * 0.5:.2f}")
    print(f"               0.2 x 1.0 + 0.8 x 0.5 = {0.2 * 1.0 + 0.8 * 0.5:.2f}")
    forward("  as a matrix", np.array([[0.9, 0.3], [0.2, 0.8]]), np.array([[1.0], [0.5]]))

    print("\nThree layers of three nodes: the outputs of one are the signals of the next.")
    signals = np.array([[0.9], [0.1], [0.8]])
    input_hidden = np.array([[0.9, 0.3, 0.4], [0.2, 0.8, 0.2], [0.1, 0.5, 0.6]])
    hidden_output = np.array([[0.3, 0.7, 0.5], [0.6, 0.5, 0.2], [0.8, 0.1, 0.9]])
    hidden = forward("  hidden layer", input_hidden, signals)
    forward("  output layer", hidden_output, hidden)


def forward(name: str, weights: Array, signals: Array) -> Array:
    """Prints and returns the outputs, (nodes, 1), of a layer with weights (nodes, signals)."""
    combined = weights @ signals
    outputs = sigmoid(combined)
    print(f"{name}: W i = {combined[:, 0]}, and after the sigmoid {outputs[:, 0]}")
    return outputs


if __name__ == "__main__":
    main()
