"""A line that tells ladybirds from caterpillars: it learns from examples, and a learning rate keeps it from forgetting.

Run it: python core/lessons/lesson_2_garden_bugs.py
"""

LADYBIRD, CATERPILLAR = (3.0, 1.0), (1.0, 3.0)  # width and length
# The line has to pass above the wide, short ladybird and below the thin, long caterpillar.
EXAMPLES = [("ladybird", LADYBIRD[0], LADYBIRD[1] + 0.1), ("caterpillar", CATERPILLAR[0], CATERPILLAR[1] - 0.1)]


def main() -> None:
    """Learns the two examples greedily, then with a learning rate of one half."""
    for rate, remark in (
        (1.0, "The last example got all it wanted, and the first is forgotten."),
        (0.5, "Each example moves the line a part of the way: both have a say, and noise in one does less harm."),
    ):
        print(f"Learning rate {rate}: length = A x width")
        slope = learn(0.25, rate)
        print(f"  At the end A is {slope:.4f}. {remark}\n")


def learn(slope: float, rate: float) -> float:
    """Shows each example once; returns the slope of the line after it."""
    for bug, width, target in EXAMPLES:
        error = target - slope * width
        # (A + dA) x = A x + error, so dA = error / x
        change = rate * error / width
        print(f"  {bug}: A = {slope:.4f} gives {slope * width:.4f}, not {target}: error {error:+.4f}, A {change:+.4f}")
        slope += change
    return slope


if __name__ == "__main__":
    main()
