"""The errors Inkling raises: one root, and each is also the built-in error it is a kind of."""


class InklingError(Exception):
    """The root of every error raised on purpose; its message says what failed, what was seen, what to do."""


class UsageError(InklingError, ValueError):
    """A command line or a setting asks for what does not exist."""


class PictureError(InklingError, ValueError):
    """A file is not a picture that can be read."""


class CameraError(InklingError, OSError):
    """A camera that was asked for cannot be had, or has stopped giving frames."""


class PlotError(InklingError, ImportError):
    """A plot cannot be drawn, because what draws it is not installed."""


class DatasetError(InklingError, ValueError):
    """A file of images or labels is not what its format promises."""


class DataError(InklingError, OSError):
    """A data set is missing, incomplete or not what it claims to be."""


class BusyError(InklingError, BlockingIOError):
    """Another process is doing what only one can do at a time."""
