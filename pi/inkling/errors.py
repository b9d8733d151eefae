"""The errors Inkling raises: one root, and each is also the built-in error it is a kind of."""


class InklingError(Exception):
    """The root of every error raised on purpose; its message says what failed, what was seen, what to do."""


def told(error: Exception) -> str:
    """What went wrong, as one line; of the system's own errors without the number that it has for them."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return " ".join(str(error).split())


class UsageError(InklingError, ValueError):
    """A command line or a setting asks for what does not exist."""


class PictureError(InklingError, ValueError):
    """A file is not a picture that can be read."""


class CameraError(InklingError, OSError):
    """A camera that was asked for cannot be had, or has stopped giving frames."""


class PinError(InklingError, OSError):
    """Lights or buttons that were asked for cannot be had."""


class PlotError(InklingError, ImportError):
    """A plot cannot be drawn, because what draws it is not installed."""


class DatasetError(InklingError, ValueError):
    """A file of images or labels is not what its format promises."""


class DataError(InklingError, OSError):
    """A data set is missing, incomplete or not what it claims to be."""


class DeviceError(InklingError, OSError):
    """The machine does not have, or does not do, what is asked of it."""


class SamplesError(InklingError, OSError):
    """The owner's samples cannot be had or kept, or are not what is asked for."""


class ShelfError(InklingError, ValueError):
    """A model on the shelf is not there, is spoiled, or cannot be had in this way."""


class OnnxError(InklingError, ImportError):
    """An ONNX file cannot be read or written, because what does so is not installed."""


class BusyError(InklingError, BlockingIOError):
    """Another process is doing what only one can do at a time."""
