"""A program at the other end of a call: it keeps what it hears, and says it again when a key is pressed.

Vonage calls it by websocket: every 20 ms a message with sound comes, and sound goes back the same way. Any key says all
of it again, the key * stops that at once (`clear`). When everything has been heard (`notify`), it hangs up.
"""

import asyncio
import json
import os

from websockets.asyncio.server import serve


async def echo(call):
    """One call: what comes is bytes, which is sound, or text, which is JSON."""
    heard = []
    async for message in call:
        if isinstance(message, bytes):
            heard.append(message)
            continue
        event = json.loads(message)
        print(event["event"], event.get("digit", ""), flush=True)
        if event["event"] == "websocket:dtmf" and event["digit"] == "*":
            await call.send(json.dumps({"action": "clear"}))
        elif event["event"] == "websocket:dtmf":
            for sound in heard:
                await call.send(sound)
            await call.send(json.dumps({"action": "notify", "payload": {"messages": len(heard)}}))
        elif event["event"] == "websocket:notify":
            print(event["payload"]["messages"], "messages were heard again", flush=True)
            return


async def main():
    async with serve(echo, "127.0.0.1", int(os.environ.get("PORT", "8081")), compression=None) as server:
        host, port = server.sockets[0].getsockname()
        print(f"listening on ws://{host}:{port}", flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
