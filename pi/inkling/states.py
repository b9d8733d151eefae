"""What the box is doing, apart from what it reads: told to displays, which show it in their own ways."""

from enum import Enum


class State(Enum):
    """What the box is doing; its value names it to people and to programs."""

    STARTING = "starting"  # no frame has come yet
    READY = "ready"  # frames come, and nothing is written on what they show
    LOOKING = "looking"  # something is written, and no reading holds yet
    READING = "reading"  # a reading holds, all of it digits
    UNSURE = "unsure"  # a reading holds, and at least one of its marks is not surely a digit
    CAMERA_MISSING = "camera missing"  # no frame comes
    TRAINING = "training"
    UNDERVOLTAGE = "undervoltage"  # the supply is too weak, now
    ERROR = "error"  # it has failed, and a person is needed
