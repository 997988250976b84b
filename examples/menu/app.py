"""A menu with voicemail: 1 tells the opening hours, 2 rings a colleague; who is not put through leaves a message."""

import os

from flask import Flask, jsonify, request

COLLEAGUE = os.environ.get("COLLEAGUE", "447700900002")
MENU = "Welcome to the bakery. For opening hours press one. To talk to us press two."
HOURS = "We are open from eight to six, every day but Sunday."
LEAVE = "Nobody is free now. Please leave a message after the tone."


def create_app() -> Flask:
    app = Flask(__name__)
    app.messages = []  # who called, and where their recording is

    def url(path: str) -> str:
        return request.url_root.rstrip("/") + path

    def talk(text: str, **options: object) -> dict[str, object]:
        return {"action": "talk", "text": text, **options}

    def menu(first: str = "") -> list[dict[str, object]]:
        keys = {"maxDigits": 1, "timeOut": 5}
        ask = {"action": "input", "type": ["dtmf"], "dtmf": keys, "eventUrl": [url("/choice")]}
        return [talk(f"{first} {MENU}".strip(), bargeIn=True), ask]

    @app.get("/answer")
    def answer():
        return jsonify(menu())

    @app.post("/choice")
    def choice():
        digits = request.get_json()["dtmf"]["digits"]
        if digits == "1":
            return jsonify([talk(HOURS)])
        if digits != "2":
            return jsonify(menu("Sorry, I did not get that."))
        ring = {
            "action": "connect",
            "from": request.get_json()["to"],
            "timeout": 20,
            "eventType": "synchronous",  # the event's reply goes on where nobody answered
            "eventUrl": [url("/colleague")],
            "endpoint": [{"type": "phone", "number": COLLEAGUE}],
        }
        return jsonify([talk("One moment, please."), ring])

    @app.post("/colleague")
    def colleague():
        if request.get_json().get("status") not in ("busy", "timeout", "unanswered", "rejected", "failed"):
            return "", 204
        record = {"action": "record", "beepStart": True, "endOnSilence": 3, "eventUrl": [url("/message")]}
        return jsonify([talk(LEAVE), record, talk("Thank you. Goodbye.")])

    @app.post("/message")
    def message():
        app.messages.append(request.get_json()["recording_url"])
        return "", 204

    @app.post("/event")
    def event():
        return "", 204

    return app


if __name__ == "__main__":
    create_app().run(port=3000)
