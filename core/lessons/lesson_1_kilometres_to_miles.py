"""A machine that predicts: miles are kilometres times some number, and its error tells it which way to move that.

Run it: python core/lessons/lesson_1_kilometres_to_miles.py
"""

KILOMETRES, MILES = 100.0, 62.137  # one true example


def main() -> None:
    """Tries some factors by hand, then lets the error choose them."""
    print("By hand: guess a factor, look at the error, guess again.")
    for factor in (0.5, 0.6, 0.7, 0.61):
        show(factor)

    print("\nBy the error: it says how far to move, and in which direction.")
    factor = 0.5
    for _ in range(6):
        error = show(factor)
        factor += 0.5 * error / KILOMETRES  # half of the way, so that no guess goes too far
    print(f"\nMiles are about {factor:.3f} times kilometres, and nobody had to say so.")


def show(factor: float) -> float:
    """Prints a prediction; returns its error."""
    predicted = KILOMETRES * factor
    error = MILES - predicted
    print(f"  factor {factor:.4f}: {KILOMETRES:.0f} km are {predicted:7.3f} miles, the error is {error:+7.3f}")
    return error


if __name__ == "__main__":
    main()
