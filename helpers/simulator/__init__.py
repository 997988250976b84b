"""A phone network of our own: Vonage's REST surface, phones, calls, sound.

>>> from helpers.simulator import Simulator
>>> with Simulator(pace="stepped", seed=1) as network:
...     network.advance(10)
"""

from __future__ import annotations

from .service import Simulator, SimulatorError

__all__ = ["Simulator", "SimulatorError"]
