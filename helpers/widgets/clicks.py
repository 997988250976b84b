"""Clicks while a cell runs."""

from __future__ import annotations

import anywidget


def answer_while_busy(widget: anywidget.AnyWidget) -> None:
    """Let clicks on a widget be handled while a cell runs, where Jupyter can do that.

    JupyterLab 4.4 sends a widget's messages to a thread of the kernel of their own (a subshell). ipykernel 7.4 sends
    them on to the thread that last spoke to the page, to suit cells that wait for a widget:
    ``BaseComm._reply_subshell_for``. A phone has to be answered, and an event to be looked at, during
    ``kit.wait_for(call)``, so they stay where they were sent. Without subshells nothing changes: clicks wait for the
    cell. What handles them must take a lock.
    """
    if hasattr(widget.comm, "_reply_subshell_for"):
        widget.comm._reply_subshell_for = lambda data, sent_to: sent_to
