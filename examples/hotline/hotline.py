"""A bookshop's hotline: a menu by keys and by speech, opening hours, a colleague's phone, and a voicemail that is kept.

All settings come from the environment (NEEDED, and the defaults below). Start it with `python hotline.py`.
"""

import hashlib
import logging
import os
import sys
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import jwt
import requests
from flask import Flask, abort, jsonify, request
from waitress import create_server

NEEDED = ("VONAGE_SIGNATURE_SECRET", "VONAGE_APPLICATION_ID", "VONAGE_PRIVATE_KEY", "COLLEAGUE")
DEFAULTS = {"HOST": "127.0.0.1", "PORT": "8080", "OPEN_DAYS": "12345", "OPEN_HOURS": "9-17", "MESSAGES": "messages"}
MENU = "For opening hours press one, or say hours. To talk to somebody press two, or say person."
HOURS = "We are open from nine to five, Monday to Friday."
LEAVE = "Please leave a message after the tone."
TRIES = 3  # a call that nobody listens to costs money, too
NOT_REACHED = ("busy", "timeout", "unanswered", "rejected", "failed")
FRESH = 300  # seconds that a signature is good for
log = logging.getLogger("hotline")


def create_app(settings, now=datetime.now):
    settings = {**DEFAULTS, **settings}
    app = Flask("hotline")
    app.fetching = ThreadPoolExecutor(1)  # a webhook must be answered at once, and fetching takes a while

    @app.before_request
    def believe_only_vonage():
        if request.path != "/healthz" and not is_signed(settings["VONAGE_SIGNATURE_SECRET"]):
            abort(401)

    @app.get("/healthz")
    def healthz():
        return "ok"

    @app.route("/answer", methods=["GET", "POST"])
    def answer():
        log.info("call from %s", (request.get_json() if request.is_json else request.args)["from"])
        return jsonify(menu("Welcome to the bookshop."))

    @app.post("/choice")
    def choice():
        event, tries = request.get_json(), int(request.args["tries"])
        wish = choice_of(event)
        log.info("%s wants: %s", event["from"], wish)
        if wish == "hours":
            return jsonify([talk(HOURS)])
        if wish == "person" and is_open(now(), settings):
            return jsonify([talk("One moment, please."), ring(event)])
        if wish == "person":
            return jsonify(voicemail("We are closed.", event["from"]))
        return jsonify(menu("Sorry?", tries + 1) if tries < TRIES else [talk("Goodbye.")])

    @app.post("/colleague")
    def colleague():
        if request.get_json().get("status") not in NOT_REACHED:
            return "", 204
        return jsonify(voicemail("Nobody is free now.", request.args["from"]))

    @app.post("/message")
    def message():
        app.fetching.submit(fetch, request.get_json()["recording_url"], request.args["from"], settings)
        return "", 204

    @app.post("/event")
    def event():
        return "", 204

    def url(path):
        """Where Vonage finds us. Behind a proxy only PUBLIC_URL knows."""
        return settings.get("PUBLIC_URL", request.url_root).rstrip("/") + path

    def menu(first, tries=1):
        return [
            talk(f"{first} {MENU}", bargeIn=True),
            {
                "action": "input",
                "type": ["dtmf", "speech"],
                "dtmf": {"maxDigits": 1, "timeOut": 5},
                "speech": {"context": ["hours", "person"], "endOnSilence": 1},
                "eventUrl": [url(f"/choice?tries={tries}")],
            },
        ]

    def ring(event):
        return {
            "action": "connect",
            "from": event["to"],
            "timeout": 15,
            "eventType": "synchronous",  # the reply to its event goes on where nobody answered
            "eventUrl": [url(f"/colleague?from={event['from']}")],
            "endpoint": [{"type": "phone", "number": settings["COLLEAGUE"]}],
        }

    def voicemail(first, caller):
        record = {"action": "record", "beepStart": True, "endOnSilence": 3, "timeOut": 120}
        return [
            talk(f"{first} {LEAVE}"),
            {**record, "eventUrl": [url(f"/message?from={caller}")]},
            talk("Thank you. Goodbye."),
        ]

    return app


def talk(text, **options):
    return {"action": "talk", "text": text, "language": "en-GB", **options}


def choice_of(event):
    """What the caller wants, by a key or by what was understood; None if it is nothing we have."""
    digits = (event.get("dtmf") or {}).get("digits")
    results = (event.get("speech") or {}).get("results") or []
    said = " ".join(one["text"] for one in results).lower()
    for key, word in (("1", "hours"), ("2", "person")):
        if digits == key or word in said:
            return word
    return None


def is_open(moment, settings):
    first, last = settings["OPEN_HOURS"].split("-")
    return str(moment.isoweekday()) in settings["OPEN_DAYS"] and int(first) <= moment.hour < int(last)


def is_signed(secret):
    """Whether Vonage signed this request, not long ago, and nobody has changed its body since."""
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    try:
        claims = jwt.decode(token, secret, ["HS256"])
    except jwt.InvalidTokenError:
        return False
    body = request.get_data()
    unchanged = not body or claims["payload_hash"] == hashlib.sha256(body).hexdigest()
    return unchanged and time.time() - claims["iat"] < FRESH


def fetch(url, caller, settings):
    """Fetch a recording. It is given only to the application that made it."""
    try:
        application, key = settings["VONAGE_APPLICATION_ID"], settings["VONAGE_PRIVATE_KEY"]
        claims = {"application_id": application, "jti": str(uuid.uuid4()), "iat": int(time.time())}
        token = jwt.encode(claims, key if key.startswith("-----") else Path(key).read_text(), "RS256")
        reply = requests.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=30)
        reply.raise_for_status()
        file = Path(settings["MESSAGES"]) / f"{caller}-{url.rpartition('/')[2]}.mp3"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(reply.content)
        log.info("message from %s kept in %s", caller, file)
    except Exception:
        log.exception("ALERT: message from %s is not kept, it is still at %s", caller, url)


def main():
    logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(asctime)s %(message)s")
    if missing := [name for name in NEEDED if not os.environ.get(name)]:
        sys.exit(f"Not set in the environment: {', '.join(missing)}")
    settings = {**DEFAULTS, **os.environ}
    server = create_server(create_app(settings), host=settings["HOST"], port=int(settings["PORT"]))
    log.info("listening on http://%s:%s", settings["HOST"], server.effective_port)
    server.run()


if __name__ == "__main__":
    main()
