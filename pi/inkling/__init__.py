"""Inkling reads handwritten digits off paper, shows them, and learns overnight on the device."""

__version__ = "0.1.0"
