"""The errors inknet raises: one root, and each is also the built-in error it is a kind of."""


class InknetError(Exception):
    """The root of every error raised on purpose; its message says what failed, what was seen, what to do."""


class InputError(InknetError, ValueError):
    """An array handed in has the wrong shape, dtype or values."""


class ModelError(InknetError, ValueError):
    """A model file is damaged, of a later version, or no model at all."""
