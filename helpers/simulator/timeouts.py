"""How long the network waits for others, in seconds: an answer webhook, an event webhook, a file, a WebSocket server.

The first three are the most that an application may set for its webhooks, and what counts where it sets nothing
(Application API 2.4.1); for the others Vonage publishes no figure.
"""

from __future__ import annotations

CONNECT_TIMEOUT = 1.0  # until a webhook's server has taken the connection
ANSWER_TIMEOUT = 5.0  # for the reply of an answer URL, a fallback, or the URL of a transfer
EVENT_TIMEOUT = 10.0  # for the reply to an event
FILE_TIMEOUT = 10.0  # for a whole sound file
SOCKET_TIMEOUT = 5.0  # until a WebSocket server has to have accepted
GOODBYE_TIMEOUT = 2.0  # for the goodbye of a WebSocket server
