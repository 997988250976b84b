"""What the lessons have at hand where their steps come, and wrong answers to the steps. None of them is right."""

from __future__ import annotations

ASK = 'requests.get(f"{YOUR_URL}'
A_CALL = 'reply = place([say("Hello.")])\nkit.wait_for(reply)\nevents = kit.events.by(reply["uuid"])\n'
MUSIC = (
    'app = Flask("audio")\n'
    'music = app.get("/music.mp3")(lambda: Response((AUDIO / "music.mp3").read_bytes(), content_type="audio/mpeg"))\n'
    "kit.serve(app)"
)
CARE = (
    "from helpers.server import send_audio\n"
    'app = Flask("two ways")\napp.get("/with-care/<path:name>")(lambda name: send_audio(name))\nkit.serve(app)'
)
SLOW = (
    'kit.serve(create_app(answer=lambda: time.sleep(0.6) or [sound("jingle.mp3")]))\nphone = kit.phone().answers()\n'
    "slow = kit.wait_for(phone.dial(kit.number))"
)
FILLED = (
    'TO, filled = kit.my_number, [sound("jingle.mp3")]\n'
    "place = lambda ncco, **how: kit.vonage.create_call(to=TO, from_=kit.number, ncco=ncco, **how)"
)
TEMPLATE = (
    'from helpers.ncco import render_ncco\nTEMPLATE = [{"action": "stream", "streamUrl": ["{{url}}/audio/{{file}}"]}]'
)
BUILDER = (
    "from helpers.widgets.builder import Builder\n"
    'builder = Builder([{"action": "stream", "streamUrl": ["https://example.com/audio/jingle.mp3"]}])'
)
FOLLOWS = 'FOLLOWS = {"1, hours": [say("We are open from nine to five.")], "2": [say("Please leave a message.")]}'
GREETS_IN_CLASS = (
    "kit.serve(create_app(answer=lambda parameters: [say('Hello ' + people[parameters['from']])]))\n"
    "people = {one.phone: one.name for one in classroom.members}"
)
HOTLINE = (
    "kit.serve(create_app(answer=lambda: ring(TEAM[0]), on_event=lambda e: ring(TEAM[1])\n"
    "    if e.get('status') in NOT_REACHED and e['to'] == TEAM[0] else None))"
)
SHOP = (
    "import runpy\n"
    'shop = runpy.run_path(str(kit.settings.audio.parent / "examples/hotline/hotline.py"))["create_app"]\n'
    "from werkzeug.middleware.dispatcher import DispatcherMiddleware\n"
    "from helpers.base.secret import reveal\n"
    "held = {'VONAGE_SIGNATURE_SECRET': reveal(kit.settings.signature_secret), 'PUBLIC_URL': YOUR_URL}\n"
    "kit.serve(DispatcherMiddleware(shop(held), {'/hotline': shop(held)}))\nphone = kit.phone().answers()"
)
RUNNING = 'kit.phone().answers()\ncall_ = call\ncall = place(PARKED)\nkit.wait_for(call, "answered")'
BY_HAND = (
    f"{RUNNING}\nfrom helpers.settings import load_private_key, make_jwt\n"
    "token = make_jwt(kit.settings.application_id, load_private_key(kit.settings.private_key))\n"
    'headers, JINGLE = {"Authorization": f"Bearer {token}"}, f"{YOUR_URL}/audio/jingle.mp3"\n'
    "stream = f\"{kit.settings.api_url}/v1/calls/{call['uuid']}/stream\"\n"
    'STRING, LIST = {"stream_url": JINGLE}, {"stream_url": [JINGLE]}'
)
TWO_LEGS = (
    'kit.phone().answers()\nkit.phone(OTHER).answers()\ntalk = place(CONNECT)\nkit.wait_for(talk, "answered")\nkit.wait(1)\n'
    'legs = {e["to"]: e["uuid"] for e in kit.events.by(talk["conversation_uuid"], status="ringing")}'
)
MOVED = (
    'kit.phone().answers()\nmoved = place(PARKED)\nkit.wait_for(moved, "answered")\n'
    'kit.vonage.transfer(moved["uuid"], ncco=[say("This is the sales department."), *PARKED])\nkit.wait(3)'
)
APPLICATION = (
    'scratch = kit.vonage.create_application("Scratch")\nLOGIN = AUTH\nSCRATCH = f"{APPLICATIONS}/{scratch[\'id\']}"\n'
    'requests.put(SCRATCH, json={"name": "Scratch 2"}, auth=LOGIN, timeout=10)'
)
TOKEN = (
    "now = int(time.time())\n"
    'claims = {"application_id": kit.settings.application_id, "iat": now, "jti": str(uuid.uuid4()), "exp": now + 900}\n'
    'token = jwt.encode(claims, kit.settings.private_key, algorithm="RS256")\npayload = token.split(".")[1]\n'
    'read = lambda part: json.loads(base64.urlsafe_b64decode(part + "=="))'
)
GREETS = (
    'app = Flask("greets")\n'
    "app.get(\"/hello\")(lambda: f\"Hello, {request.args.get('name', 'stranger')}.\")\n"
    "kit.serve(app)"
)
WRONG_METHOD = (
    'app, place_ = create_app(), place\nplace = lambda: place_([say("Hello.")])\n'
    'wrong = Flask("wrong")\nwrong.get("/event")(lambda: "")\nkit.serve(wrong)'
)
VOICE = (
    'from types import SimpleNamespace\nmicrophone = SimpleNamespace(name="my-voice-0")\n'
    'telephone_ear("greeting.wav").phone_ready("heard/my-voice-0.mp3")\n'
    'play = lambda sound, times: call(*[{"action": "stream", "streamUrl": [sound]}] * times)'
)
DIALS = 'phone, NAMES = kit.phone(), {}\nkit.serve(create_app(answer=[sound("jingle.mp3")]))'
BEFORE = {
    "00-a": "place_ = place\nplace = lambda ncco: kit.wait_for(place_(ncco))",
    "00-b": "place_ = place\nplace = lambda ncco: kit.wait_for(place_(ncco))\n"
    'WAIT, BACK = say("One moment, please."), say("Thank you for waiting.")',
    "00-c": 'record = call(sound("jingle.mp3"), say("Thank you for listening."))',
    "01-b": 'offer = kit.vonage.search_numbers("GB", features="VOICE")["numbers"][0]',
    "02-c": GREETS,
    "03-a": f"{A_CALL}completed = events[-1]",
    "03-b": f"{A_CALL}muddle = [events[3], events[1], events[0], events[2], events[2]]",
    "03-d": 'EVENT_URL = f"{YOUR_URL}/event"',
    "03-c": "phone = kit.phone()\n"
    'call_that_becomes = lambda status: kit.wait_for(kit.vonage.create_call(to=kit.my_number, from_=kit.number, ncco=[say("Hello.")]), status)',
    "03-e": WRONG_METHOD,
    "04-a": MUSIC,
    "04-b": f'{CARE}\nCARE = f"{{YOUR_URL}}/with-care/jingle.mp3"\nreply = requests.get(CARE, timeout=10)',
    "04-c": CARE,
    "04-d": f'{CARE}\nSOUND = f"{{YOUR_URL}}/with-care/jingle.mp3"\n'
    'care = call(*[{"action": "stream", "streamUrl": [SOUND]}] * 2)',
    "04-e": VOICE,
    "05-a": APPLICATION,
    "05-b": TOKEN,
    "05-c": f'{TOKEN}\nurlsafe_b64encode = base64.urlsafe_b64encode\nheader, _, signature = token.split(".")',
    "05-d": TOKEN,
    "06-a": 'REST, LOGIN, params = NUMBERS, AUTH, {"pattern": kit.number}',
    "06-b": f"{DIALS}\ncall = kit.wait_for(phone.dial(kit.number))",
    "06-c": 'phone, REPLY = kit.phone(), {"action": "talk", "text": "Hello"}\napp = Flask("f")\napp.post("/event", endpoint="e")(lambda: ("", 200))\napp.route("/answer", methods=["GET", "POST"])(lambda: jsonify(REPLY))\nkit.serve(app)',
    "06-d": DIALS,
    "06-e": SLOW,
    "07-b": f'{FILLED}\nSOUND, third = "jingle.mp3", call(sound("jingle.mp3"))\n{TEMPLATE}',
    "07-c": f"{FILLED}\n{TEMPLATE}\ndisplay = print",
    "07-d": FILLED,
    "07-e": FILLED,
    "07-f": 'third = call(say("Hello."))',
    "08-a": BY_HAND,
    "08-b": RUNNING,
    "08-c": 'WORDS = "One moment, please."',
    "08-d": TWO_LEGS,
    "08-e": 'both = call(say("Hello."))',
    "08-f": MOVED,
    "08-g": 'from helpers.vonage import VonageError\nearly = place([say("Hello.")])\nkit.wait_for(early)',
    "08-h": 'recorded = {"recording_url": f"{kit.settings.api_url}/v1/files/{uuid.uuid4()}"}',
    "09-a": BUILDER,
    "09-b": FOLLOWS,
    "10-b": GREETS_IN_CLASS,
    "10-c": HOTLINE,
    "10-d": "kit.serve(create_app(answer=DESK, on_event=lambda e: CONNECT_TO_BENS_NUMBER if 'dtmf' in e else None))",
    "11-a": "from helpers.rehearsal import play\nmenu = create_app(answer=MENU)",
    "11-b": SHOP,
    "11-c": SHOP,
}
WRONG_STEPS: dict[str, list[str]] = {
    "00-a": [
        'voice = place([say("Hello, and welcome. This is Python, on the telephone.")])',
        'voice = place([sound("jingle.mp3")])',
        'voice = place([sound("greeting.mp3"), say("Thank you.")])',
        'voice = YOUR_URL + "/audio/greeting.mp3"',
        'voice = [sound("greeting.mp3")]',
        'voice = place([sound("greetings.mp3")])',
    ],
    "00-b": [
        'music = place([WAIT, {"action": "wait", "timeout": 8}, BACK])',
        'music = place([sound("hold.mp3")])',
        'music = place([WAIT, BACK, sound("hold.mp3")])',
        'music = place([WAIT, sound("music.mp3"), BACK])',
        "music = place([WAIT, BACK])",
        'music = "hold.mp3"',
    ],
    "00-c": ["begins = 0.0", "begins = 5.3", 'begins = "2.7"', "begins = record", "begins = 4.8", "begins = True"],
    "00-d": [
        'mended = call(say("The plus is gone."), to="447700900002", status="ringing")',
        'mended = call(say("Hello."))',
        'mended = "447700900001"',
        "mended = e164",
        'mended = kit.vonage.create_call(to=kit.my_number, from_=kit.number, ncco=[say("The plus is gone.")])',
    ],
    "01-a": ['secret = "ada"', 'secret = "ada:open-sesame"', "secret = CODED", 'secret = b"open-sesame"'],
    "01-b": [
        'rent = 12 * offer["cost"]',
        'rent = float(offer["cost"])',
        'rent = offer["cost"]',
        "rent = offer",
        "rent = 3",
    ],
    "01-c": [
        'wrong = requests.get(f"{NUMBERS}/account/numbers", auth=AUTH, timeout=10)',
        'wrong = requests.get(f"{NUMBERS}/account/numbers", timeout=10)',
        'wrong = requests.get(f"{NUMBERS}/number/search", auth=("a", "b"), timeout=10)',
        "wrong = 401",
        "wrong = kit.vonage.list_numbers()",
    ],
    "01-d": [
        'number = "+447700900123"',
        'number = "07700900123"',
        'number = "4407700900123"',
        "number = 447700900123",
        'number = "44 7700 900123"',
    ],
    "02-a": [
        'kit.serve(f := Flask("f"))\nchanged = requests.get(kit.server.url + "/hello", timeout=10)',
        'app = Flask("f")\napp.get("/hello")(lambda: "Hello from your own server.")\nkit.serve(app)\n'
        'changed = requests.get(kit.server.url + "/hello", timeout=10)',
        'app = Flask("f")\napp.get("/hi")(lambda: "Hi.")\nkit.serve(app)\n'
        'changed = requests.get(kit.server.url + "/hi", timeout=10)',
        'changed = "Hello again."',
        'app = Flask("f")\napp.get("/hello")(lambda: "")\nkit.serve(app)\n'
        'changed = requests.get(kit.server.url + "/hello", timeout=10)',
    ],
    "02-b": [
        "while_off = kit.tunnel.status",
        'while_off = kit.tunnel.off()\nkit.tunnel.on()\nwhile_off = "on"',
        "kit.tunnel.off()\nkit.tunnel.on()\nwhile_off = kit.tunnel.status",
        "while_off = False",
        'while_off = "closed"',
    ],
    "02-c": [
        'greeted = requests.get(YOUR_URL + "/hello", timeout=10)',
        'greeted = requests.get(YOUR_URL + "/hello?who=Ada", timeout=10)',
        'greeted = requests.get(YOUR_URL + "/hello?name=", timeout=10)',
        'greeted = requests.post(YOUR_URL + "/hello?name=Ada", timeout=10)',
        'greeted = requests.get(YOUR_URL + "/?name=Ada", timeout=10)',
        'greeted = "Hello, Ada."',
    ],
    "02-d": [
        'sent = requests.get(YOUR_URL + "/event", timeout=10)',
        'sent = requests.post(YOUR_URL + "/event", json={"status": "busy"}, timeout=10)',
        'sent = requests.post(YOUR_URL + "/event", data={"status": "ringing"}, timeout=10)',
        'sent = requests.post(YOUR_URL + "/events", json={"status": "ringing"}, timeout=10)',
        'sent = {"status": "ringing"}',
    ],
    "03-a": [
        'euros = int(completed["duration"]) * float(completed["rate"])',
        'euros = completed["price"]',
        'euros = float(completed["rate"])',
        "euros = 0",
        'euros = int(completed["duration"]) / 60',
    ],
    "03-b": [
        "ordered = muddle",
        'ordered = sorted(muddle, key=lambda event: event["timestamp"])',
        'ordered = ["started", "ringing", "answered", "completed"]',
        "ordered = muddle[:4]",
        'ordered = {event["status"]: event for event in muddle}',
        "ordered = []",
    ],
    "03-c": [
        'phone.busy()\ndeclined = call_that_becomes("busy")\nphone.answers()',
        'declined = call(say("Hello."))',
        "declined = phone.declines()\nphone.answers()",
        'declined = "rejected"',
        'phone.declines()\ndeclined = place([say("Hello.")])\nphone.answers()',
    ],
    "03-d": [
        'made_up = requests.post(f"{YOUR_URL}/event", json={"status": "busy"}, timeout=10)',
        'made_up = requests.post(f"{YOUR_URL}/event", json={"status": "ringing"},'
        ' headers=kit.signed(json={"status": "ringing"}), timeout=10)',
        'made_up = kit.panel().send("busy")',
        'made_up = requests.get(f"{YOUR_URL}/event", headers=kit.signed(), timeout=10)',
        'made_up = {"status": "busy"}',
    ],
    "03-e": [
        "cured = kit.wait_for(place())",
        "kit.serve(app)\ncured = place()",
        'kit.serve(app)\ncured = call(say("Hello."), event_url=f"{YOUR_URL}/elsewhere")',
        "before = kit.wait_for(place())\nkit.serve(app)\ncured = before",
        "cured = kit.serve(app)",
        'wrong = Flask("w")\nwrong.put("/event")(lambda: "")\nkit.serve(wrong)\ncured = kit.wait_for(place())',
    ],
    "04-a": [
        'described = requests.get(f"{YOUR_URL}/music.mp3", timeout=10)',
        'described = requests.head(f"{YOUR_URL}/musik.mp3", timeout=10)',
        'described = requests.head(f"{YOUR_URL}/music.mp3", timeout=10).headers',
        'described = "audio/mpeg"',
        'app = Flask("f")\napp.get("/music.mp3")(lambda: "music")\nkit.serve(app)\n'
        'described = requests.head(f"{YOUR_URL}/music.mp3", timeout=10)',
    ],
    "04-b": [
        "unchanged = requests.get(CARE, timeout=10)",
        'unchanged = requests.get(CARE, headers={"Range": "bytes=0-99"}, timeout=10)',
        """unchanged = requests.get(CARE, headers={"If-None-Match": '"0"'}, timeout=10)""",
        'unchanged = requests.get(CARE, headers={"ETag": reply.headers["ETag"]}, timeout=10)',
        'unchanged = requests.head(CARE, headers={"If-None-Match": reply.headers["ETag"]}, timeout=10)',
        "unchanged = 304",
    ],
    "04-c": [
        f'refused = {ASK}/with-care/jingle.mp3", timeout=10)',
        f'refused = {ASK}/with-care/../pyproject.toml", timeout=10)',
        f'refused = {ASK}/nobody/..%2Fpyproject.toml", timeout=10)',
        "refused = 404",
        f'refused = {ASK}/with-care/pyproject.toml", timeout=10)',
    ],
    "04-d": ["times = 2", "times = 0", 'times = "1"', 'times = care.entries("fetch")', "times = True"],
    "04-e": [
        'in_a_call = call(sound("greeting.mp3"))',
        'in_a_call = play(f"{YOUR_URL}/my-voice-0.mp3", 1)',
        'in_a_call = call(sound("my-voice-0.mp3"))',
        'kit.serve(create_app(audio=Path("heard")))\nin_a_call = place([{"action": "stream", "streamUrl": '
        '[f"{YOUR_URL}/my-voice-0.mp3"]}])',
        'in_a_call = f"{YOUR_URL}/my-voice-0.mp3"',
        'in_a_call = call(say("my-voice-0.mp3"))',
    ],
    "05-a": [
        'repaired = requests.put(SCRATCH, json={"name": "Scratch 3"}, auth=LOGIN, timeout=10)',
        "repaired = requests.put(SCRATCH, json=scratch, auth=LOGIN, timeout=10)",
        "repaired = requests.get(SCRATCH, auth=LOGIN, timeout=10)",
        'repaired = kit.vonage.create_application("Scratch 3")',
        'repaired = requests.put(SCRATCH, json={"name": "Scratch 3", "capabilities": scratch["capabilities"]}, timeout=10)',
    ],
    "05-b": [
        "seconds = 15",
        'seconds = read(payload)["exp"]',
        'seconds = "900"',
        'seconds = read(payload)["iat"] - read(payload)["exp"]',
    ],
    "05-c": [
        "forged = token",
        "forged = coded",
        'forged = f"{header}.{coded}"',
        'forged = f"{header}.{payload}.{signature}"',
        'forged = jwt.encode({**claims, "exp": now + 86400}, kit.settings.private_key, algorithm="RS256")',
        'forged = f"{header}.{coded}.{signature[::-1]}"',
    ],
    "05-d": [
        "calls = requests.get(CALLS, timeout=10)",
        "calls = requests.get(CALLS, auth=AUTH, timeout=10)",
        'calls = requests.get(CALLS, headers={"Authorization": token}, timeout=10)',
        'calls = requests.get(CALLS, headers={"Authorization": f"Bearer {token[:-9]}"}, timeout=10)',
        "calls = kit.vonage.list_calls()",
    ],
    "06-a": [
        'linked = requests.get(f"{REST}/account/numbers", params=params, timeout=10)',
        'linked = requests.get(f"{REST}/account/numbers", params={"pattern": "1"}, auth=LOGIN, timeout=10)',
        "linked = kit.number",
        "linked = kit.vonage.list_numbers(pattern=kit.number)",
        'linked = requests.get(f"{REST}/number/search", params={"country": "GB"}, auth=LOGIN, timeout=10)',
    ],
    "06-b": [
        "hung_up = kit.wait_for(phone.dial(kit.number))",
        "hung_up = phone.dial(kit.number)",
        'hung_up = place(PARKED)\nkit.wait_for(hung_up, "answered")\nphone.hang_up()\nhung_up = kit.wait_for(hung_up)',
        "hung_up = phone",
        'hung_up = "user"',
        'hung_up = phone.dial(kit.number)\nkit.wait_for(hung_up, "answered")\nkit.wait(1.5)\n'
        "kit.vonage.hang_up(hung_up)\nhung_up = kit.wait_for(hung_up)",
    ],
    "06-c": [
        'mended = call(say("Hello"))',
        'REPLY = [say("Good-bye")]\nmended = kit.wait_for(phone.dial(kit.number))',
        "mended = kit.wait_for(phone.dial(kit.number))",
        "mended = REPLY = [REPLY]",
        'REPLY = "[Hello]"\nmended = kit.wait_for(phone.dial(kit.number))',
    ],
    "06-d": [
        "raised = kit.wait_for(phone.dial(kit.number))",
        'kit.serve(create_app(answer=lambda: NAMES["nobody"]))\nraised = phone.dial(kit.number)',
        'app = Flask("f")\napp.route("/answer", methods=["GET", "POST"])(lambda: ("", 404))\nkit.serve(app)\n'
        "raised = kit.wait_for(phone.dial(kit.number))",
        'raised = NAMES.get("nobody")',
        'raised = call(say("Hello."))',
        'app = Flask("f")\napp.route("/answer", methods=["GET", "POST"])(lambda: "<h1>Error</h1>")\nkit.serve(app)\n'
        "raised = kit.wait_for(phone.dial(kit.number))",
    ],
    "06-e": [
        "seconds = 0",
        "seconds = slow.longest_silence()",
        'seconds = "0.7"',
        "seconds = slow.duration",
        "seconds = 0.1",
    ],
    "07-a": [
        'MENDED = \'[{"action": "stream", "streamUrl": "https://example.com/audio/jingle.mp3"}]\'',
        'MENDED = [{"action": "stream", "streamUrl": ["https://example.com/audio/jingle.mp3"]}]',
        'MENDED = \'{"action": "stream", "streamUrl": ["https://example.com/audio/jingle.mp3"]}\'',
        "MENDED = \"[{'action': 'stream', 'streamUrl': ['https://example.com/audio/jingle.mp3']}]\"",
        'MENDED = \'[{"action": "talk", "text": "Hello"}]\'',
    ],
    "07-b": [
        "cut = kit.wait_for(place(ncco=filled, length_timer=5))",
        'cut = kit.wait_for(place(ncco=[sound("music.mp3")]))',
        'cut = kit.wait_for(place(ncco=[sound("music.mp3")], length_timer=9))',
        'cut = place(ncco=[sound("music.mp3")], length_timer=5)',
        'cut = call(say("music.mp3"), length_timer=5)',
        "cut = third",
    ],
    "07-c": [
        "theirs = mine",
        'theirs = call(sound("greeting.mp3"))',
        "theirs = kit.wait_for(kit.vonage.create_call(to=FRIEND, from_=kit.number, ncco=filled))",
        'theirs = kit.vonage.create_call(to=FRIEND, from_=kit.number, ncco=[sound("greeting.mp3")])',
        "theirs = FRIEND",
        'theirs = call(sound("greeting.mp3"), to="447700900003")',
    ],
    "07-d": [
        "foreign = kit.wait_for(place(filled))",
        'foreign = kit.vonage.create_call(to=TO, from_="447700900999", ncco=filled)',
        'foreign = "rejected"',
        'kit.phone().declines()\nforeign = kit.wait_for(place(filled), "over")\nkit.phone().answers()',
    ],
    "07-e": [
        "thrice = kit.wait_for(place(ncco=filled * 3))",
        'thrice = kit.wait_for(place(ncco=[{**filled[0], "loop": 2}]))',
        'thrice = place(ncco=[{**filled[0], "loop": 3}])',
        'thrice = [{**filled[0], "loop": 3}]',
        "thrice = kit.wait_for(place(ncco=filled))",
    ],
    "07-f": [
        'euros = kit.vonage.get_call(third.uuid)["price"]',
        'euros = float(kit.vonage.get_call(third.uuid)["rate"])',
        "euros = 0.0",
        "euros = third",
    ],
    "08-a": [
        "mended = requests.put(stream, json=STRING, headers=headers, timeout=10)",
        "mended = requests.put(stream, json=LIST, timeout=10)",
        'mended = requests.put(stream.replace(call["uuid"], call["conversation_uuid"]), json=LIST, headers=headers, timeout=10)',
        'mended = requests.put(stream, json={"stream_url": [MUSIC]}, headers=headers, timeout=10)',
        "mended = requests.delete(stream, headers=headers, timeout=10)",
        'mended = kit.vonage.stream(call["uuid"], JINGLE)',
    ],
    "08-b": [
        "spoken = call",
        'spoken = kit.vonage.stream(call["uuid"], MUSIC)',
        'spoken = "Thank you for waiting."',
        'spoken = call_(say("Thank you."), to="447700900002")',
    ],
    "08-c": [
        "longer = call(say(WORDS))",
        "longer = place([say(WORDS)])\nkit.wait_for(longer, 'answered')\n"
        "kit.vonage.stream(longer['uuid'], MUSIC, loop=0)\nlonger = kit.wait_for(longer)",
        'longer = call(say(WORDS), {"action": "wait", "timeout": 10})',
        'longer = call(say(WORDS), sound("jingle.mp3"))',
        'longer = "wait"',
    ],
    "08-d": [
        "annas = legs[kit.my_number]",
        'annas = talk["conversation_uuid"]',
        "annas = OTHER",
        "annas = legs",
        'annas = talk["uuid"]',
    ],
    "08-e": [
        "kept = both.ladder()",
        'kept = both.ladder().save("other.svg").replace("other", "another")',
        'kept = call(say("Hello once more.")).ladder().save("other.txt")',
        'kept = "heard/08-talk.svg"',
        "Path('empty.txt').touch()\nkept = 'empty.txt'",
    ],
    "08-f": [
        "kitchen = moved",
        'kit.vonage.transfer(moved["uuid"], ncco=[say("This is the kitchen.")])\nkitchen = moved',
        'kit.vonage.transfer(moved["uuid"], ncco=PARKED)\nkitchen = moved',
        'kit.vonage.talk(moved["uuid"], "This is the kitchen.")\nkitchen = moved',
        'kitchen = [say("This is the kitchen."), *PARKED]',
        "kitchen = call(say('This is the kitchen.'), to=OTHER)",
    ],
    "08-g": [
        "late = early",
        "late = place(PARKED)",
        "late = 404",
        'late = call(say("Hello."), to=OTHER)',
        "late = kit.vonage.get_call(early['uuid'])",
    ],
    "08-h": [
        'refused = requests.get(f"{YOUR_URL}/v1/files/x", timeout=10)',
        "refused = 401",
        'refused = requests.get(kit.settings.api_url + "/v1/calls", timeout=10)',
        'refused = recorded["recording_url"]',
        'refused = requests.head(recorded["recording_url"], timeout=10)',
    ],
    "09-a": [
        "built = builder",
        "built = builder.ncco",
        'builder.add("talk", at=0, text="Hello.")\nbuilt = builder',
        'builder.load([{"action": "talk", "text": "Hello."}])\nbuilt = builder',
        'builder.add("talk")\nbuilt = builder',
        'built = "talk"',
    ],
    "09-b": [
        "three = FOLLOWS",
        'three = {"3": [say("We are in Main Street.")]}',
        'three = {**FOLLOWS, "3": FOLLOWS["2"]}',
        'three = {**FOLLOWS, "3": say("We are in Main Street.")}',
        'three = [say("We are in Main Street.")]',
        'three = create_app(answer=[say("We are in Main Street.")])',
        'three = {**FOLLOWS, "2": [say("We are in Main Street.")]}',
    ],
    "09-c": [
        'mended = "<speak>Hello {{name}}, calling from {{msg.call.form}}.</speak>"',
        'mended = "<speak>Hello {{name}}, calling from 447700900001.</speak>"',
        'mended = "<speak>Hello Tom, calling from {{msg.call.from}}.</speak>"',
        'mended = [say("<speak>Hello {{name}}, calling from {{msg.call.from}}.</speak>")]',
        'mended = "<speak>Hello {{name}, calling from {{msg.call.from}}.</speak>"',
    ],
    "10-a": [
        "rung = CHLOE",
        "rung = classroom.ring(CHLOE)\nclassroom.wait_for(rung, 'answered')\nclassroom.phone.hang_up()\nclassroom.wait_for(rung)",
        "rung = classroom.ring(CHLOE)",
        "chloe.declines()\nrung = classroom.wait_for(classroom.ring(CHLOE), 'over')\nchloe.answers()",
        "rung = room(dan, say('Hello.'))",
    ],
    "10-b": [
        'own = room(dan, say("Hello Ada."))',
        'own = room(classroom.phone, say("Hello stranger."))',
        'own = call(say("Hello Ada."))',
        "own = classroom.phone.dial(classroom.number)",
        "own = classroom.name",
    ],
    "10-c": [
        "ben.busy()\nuuid = dan.dial(classroom.number)\nclassroom.wait(12)\ndan.hang_up()\nben.answers()\ndeclined = uuid",
        "uuid = dan.dial(classroom.number)\nclassroom.wait(12)\ndan.hang_up()\ndeclined = uuid",
        "ben.declines()\ndeclined = room(dan, *ring(TEAM[0]))\nben.answers()",
        "ben.declines()\nchloe.busy()\nuuid = dan.dial(classroom.number)\nclassroom.wait(12)\nben.answers()\nchloe.answers()\ndeclined = uuid",
        "declined = ben.declines()\nben.answers()",
    ],
    "10-d": [
        "once = room(dan, *DESK)",
        "uuid = dan.dial(classroom.number)\nfor _ in range(2):\n    classroom.wait(5)\n    dan.press('1')\nclassroom.wait(6)\n"
        "dan.hang_up()\nonce = classroom.wait_for(uuid)",
        "once = room(dan, *CONNECT_TO_BENS_NUMBER)",
        "once = room(dan, *DESK, keys='1')",
        "once = 1",
    ],
    "11-a": [
        'lost = play(MENU, keys="2", replies={"2": [say("One moment.")]})',
        "lost = play(MENU, replies=menu)",
        'lost = play(MENU, keys="7", replies={"7": [say("Sorry.")]})',
        'lost = play([*MENU, say("Sorry.")], keys="7")',
        'lost = "7"',
    ],
    "11-b": [
        'knock = requests.post(f"{YOUR_URL}/hotline/event", json={}, timeout=5)',
        'knock = requests.get(f"{YOUR_URL}/hotline/healthz", timeout=5)',
        'knock = requests.post(f"{YOUR_URL}/hotline/event", json={"a": 1}, headers=kit.signed(json={}), timeout=5)',
        'knock = requests.post(f"{YOUR_URL}/event", json={}, headers=kit.signed(json={}), timeout=5)',
        "knock = 204",
    ],
    "11-c": [
        'call_ = phone.dial(kit.number)\nkit.wait(3)\nphone.press("1")\nsilent = kit.wait_for(call_, "over")',
        "call_ = phone.dial(kit.number)\nkit.wait(3)\nphone.hang_up()\nsilent = kit.wait_for(call_, 'over')",
        'silent = call(say("Sorry. Sorry."), say("Goodbye."))',
        "silent = phone.dial(kit.number)",
        'silent = "Goodbye"',
    ],
}
