"""Another library in NumPy's place: the same network learns on PyTorch's arrays, and so wherever PyTorch computes.

Run it: python core/lessons/lesson_8_another_device.py [DEVICE]
The device is one of PyTorch's, "cpu" if none is given. Without PyTorch, array-api-strict shows the same.
"""

import sys
from importlib import import_module
from importlib.util import find_spec

import numpy as np

from inknet import AdamW, Dense, Network, ReLU, SoftmaxCrossEntropy, Trainer


def main(arguments: list[str]) -> None:
    """Trains a network where it is told to, and brings it home."""
    library = next((name for name in ("torch", "array_api_strict") if find_spec(name)), None)
    if library is None:
        raise SystemExit("this lesson needs another array library: pip install torch, or array-api-strict")
    xp = import_module(library)
    try:
        place = xp.zeros(1, device=arguments[0] if arguments else None).device
    except (AssertionError, RuntimeError, ValueError) as error:
        raise SystemExit(f"{library} has no device {arguments[0]!r} here: {error}") from None
    rng = np.random.default_rng(0)
    images, labels = draw(600, rng)

    # what the lesson is about: ten lines
    home = Network([Dense(20), ReLU(), Dense(2)], SoftmaxCrossEntropy(), input_shape=(8, 8), rng=rng)
    away = home.copy(xp.asarray(home.state, device=place))  # whose array it is says who computes, and where
    print(f"before: {away.accuracy(images, labels):.0%} right, its numbers in a {type(away.state).__module__} array")
    trainer = Trainer(away, AdamW(), rng, rate=0.01, batch_size=20)
    for step in trainer.run(images, labels, epochs=5):
        if step.epoch == int(step.epoch):
            print(f"epoch {step.epoch:.0f}: loss {step.loss:.3f}")
    print(f"after: {away.accuracy(images, labels):.0%} right")
    again = home.copy(np.asarray(away.state.cpu() if library == "torch" else away.state))
    print(f"at home in NumPy: {again.accuracy(images, labels):.0%} right")


def draw(count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Noisy pictures, uint8 (count, 8, 8), of a bar that lies (0) or stands (1), and which it is, (count,)."""
    images, labels = rng.integers(0, 100, (count, 8, 8), np.uint8), rng.integers(0, 2, count)
    for image, label in zip(images, labels, strict=True):
        (image.T if label else image)[rng.integers(0, 8)] += 120
    return images, labels


if __name__ == "__main__":
    main(sys.argv[1:])
