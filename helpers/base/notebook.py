"""The notebook that this runs in, if it is one."""

from __future__ import annotations

import sys
from typing import Any

# JupyterLab breaks what is printed anywhere, also inside words. So does what nbconvert makes of a notebook.
WHOLE_WORDS = "<style>.jp-OutputArea-output pre { word-break: normal; overflow-wrap: anywhere; }</style>"


def shell() -> Any:
    """IPython's shell; None in a program."""
    return sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None


def break_between_words() -> None:
    """Let lines that are printed in this notebook break between words. A terminal shows nothing of it."""
    if (notebook := shell()) is not None:
        notebook.display_pub.publish({"text/html": WHOLE_WORDS})
