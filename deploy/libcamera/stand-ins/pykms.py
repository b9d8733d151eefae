"""Stands in for the Pi's module that shows pictures on a screen: picamera2 imports it, and here never calls it."""

from unittest.mock import MagicMock

PixelFormat = MagicMock()
