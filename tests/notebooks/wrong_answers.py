"""Answers to the tasks of the lessons, but for 09, as somebody would write them who saw only the task. None is right."""

from __future__ import annotations

WRONG: dict[str, list[str]] = {
    "00-1": [
        'NAME, mine = "Ada", call(say("Ada"))',
        'NAME, mine = "Ada", call(sound("greeting.mp3"))',
        'NAME, mine = "Ada", call(say("Hello NAME."))',
        'NAME = "Ada"\nmine = kit.vonage.create_call(to=kit.my_number, from_=kit.number, ncco=[say("Hello Ada.")])',
        'NAME, mine = "Ada", "Hello Ada"',
        'NAME, mine = "Ada", [say("Hello Ada")]',
        'kit.phone().declines()\nNAME, mine = "Ada", call(say("Hello Ada."), status="over")',
    ],
    "00-2": [
        'mine = call(sound("jingle.mp3"), say("That was it."))',
        'mine = call(say("Here it comes."), sound("greeting.mp3"))',
        'mine = call(sound("jingle.mp3"))',
        'mine = call(say("Here it comes."), sound("jungle.mp3"))',
        'mine = call(say("One."), say("Two."), sound("jingle.mp3"))',
        'mine = "jingle.mp3"',
    ],
    "00-3": [
        'NAME, mine = "Ada", call(say("Hello Ada."), sound("jingle.mp3"), say("Goodbye Ada."))',
        'NAME, mine = "Ada", call(say("Hello Ada."), sound("jingle.mp3"), to="447700900002")',
        'NAME, mine = "Ada", call(say("Hello Ada."), say("Goodbye Ada."), sound("jingle.mp3"), to="447700900002")',
        'NAME, mine = "Ada", call(say("Hello Ada."), sound("jingle.mp3"), say("Goodbye."), to="447700900002")',
        'NAME, mine = "Bob", call(say("Hello Ada."), sound("jingle.mp3"), say("Goodbye Ada."), to="447700900002")',
        'NAME, mine = 7, call(say("Hello 7."), sound("jingle.mp3"), say("Goodbye 7."), to="447700900002")',
    ],
    "01-1": [
        'american = requests.get(f"{NUMBERS}/number/search", params={"country": "GB", "features": "VOICE,SMS", "size": 5},'
        " auth=AUTH, timeout=10)",
        'american = requests.get(f"{NUMBERS}/number/search", params={"country": "US", "features": "VOICE", "size": 5},'
        " auth=AUTH, timeout=10)",
        'american = requests.get(f"{NUMBERS}/number/search", params={"country": "US", "features": "VOICE,SMS"},'
        " auth=AUTH, timeout=10)",
        'american = requests.get(f"{NUMBERS}/number/search", params={"country": "US", "features": "VOICE,SMS", "size": 5},'
        " timeout=10)",
        'american = kit.vonage.search_numbers("US", features="VOICE,SMS", size=5)',
        'american = requests.get(f"{NUMBERS}/account/numbers", params={"country": "US"}, auth=AUTH, timeout=10)',
    ],
    "01-2": [
        'cheapest = kit.vonage.search_numbers("US", features="VOICE")["numbers"][0]["msisdn"]',
        'cheapest = kit.vonage.search_numbers("US", features="VOICE,SMS")["numbers"][0]["msisdn"]\n'
        'kit.vonage.buy_number("US", cheapest)',
        "cheapest = kit.number",
        'cheapest = "0.80"',
        'offers = kit.vonage.search_numbers("US", size=100)["numbers"]\n'
        'cheapest = min(offers, key=lambda offer: float(offer["cost"]))',
    ],
    "01-3": [
        "short = kit.number",
        'short = kit.vonage.search_numbers("US", features="SMS,VOICE")["numbers"][1]["msisdn"]',
        'short = kit.vonage.search_numbers("US", features="SMS,VOICE")["numbers"][2]["msisdn"]\n'
        'kit.vonage.buy_number("US", short)\nkit.vonage.list_numbers(pattern=short)',
        'short = kit.vonage.search_numbers("US", features="SMS,VOICE")["numbers"][3]["msisdn"]\n'
        'kit.vonage.buy_number("US", short)\nkit.vonage.cancel_number("US", short)',
        'short = kit.vonage.search_numbers("GB", features="SMS,VOICE")["numbers"][0]["msisdn"]\n'
        'kit.vonage.buy_number("GB", short)\nkit.vonage.list_numbers(pattern=short)\nkit.vonage.cancel_number("GB", short)',
        'short = "12345"',
    ],
    "02-1": [
        'polite.get("/bye")(lambda: "Goodbye, Ada.")\nkit.serve(polite)\naddress = YOUR_URL + "/bye"',
        'polite.get("/bye")(lambda: f"Goodbye, {request.args[\'name\']}.")\nkit.serve(polite)\naddress = YOUR_URL + "/bye"',
        'polite.get("/bye")(lambda: f"Goodbye, {request.args.get(\'name\')}.")\nkit.serve(polite)\n'
        'address = YOUR_URL + "/bye"',
        'polite.post("/bye")(lambda: "Goodbye, " + request.args.get("name", ""))\nkit.serve(polite)\n'
        'address = YOUR_URL + "/bye"',
        'polite.get("/bye")(lambda: "Goodbye, " + request.args.get("name", ""))\nkit.serve(polite)\n'
        'address = YOUR_URL + "/good-bye"',
        'polite.get("/bye")(lambda: "Hello, " + request.args.get("name", "you"))\nkit.serve(polite)\n'
        'address = YOUR_URL + "/bye"',
        'address = "/bye"',
    ],
    "02-2": [
        'counting.get("/seconds")(lambda: str(60 * int(request.args["minutes"])))\nkit.serve(counting)\n'
        'address = YOUR_URL + "/seconds"',
        'counting.get("/seconds")(lambda: str(60 * request.args.get("minutes", 1, type=int)))\nkit.serve(counting)\n'
        'address = YOUR_URL + "/seconds"',
        'counting.get("/seconds")(lambda: "120")\nkit.serve(counting)\naddress = YOUR_URL + "/seconds"',
        'counting.get("/seconds")(lambda: f"{60 * request.args.get(\'minutes\', type=int)} seconds")\n'
        'kit.serve(counting)\naddress = YOUR_URL + "/seconds"',
        'counting.get("/seconds")(lambda: 60 * int(request.args["minutes"]))\nkit.serve(counting)\n'
        'address = YOUR_URL + "/seconds"',
        "def seconds():\n    minutes = request.args.get('minutes', type=int)\n"
        "    return str(60 * minutes) if minutes else ('no', 400)\n"
        'counting.get("/seconds")(seconds)\nkit.serve(counting)\naddress = YOUR_URL + "/seconds"',
    ],
    "02-3": [
        'mine = call(sound("jingle.mp3"), event_url=YOUR_URL + "/event")',
        'listening.post("/event")(lambda: "")\nlistening.get("/last", endpoint="last")(lambda: "completed")\nkit.serve(listening)\n'
        'mine = call(sound("jingle.mp3"), event_url=YOUR_URL + "/event")',
        'seen = []\nlistening.post("/event")(lambda: seen.append(request.json["status"]))\n'
        'listening.get("/last", endpoint="last")(lambda: seen[-1])\nkit.serve(listening)\n'
        'mine = call(sound("jingle.mp3"), event_url=YOUR_URL + "/event")',
        'seen = []\nlistening.post("/event")(lambda: seen.append(request.json["status"]) or "")\n'
        'listening.get("/last", endpoint="last")(lambda: seen[0])\nkit.serve(listening)\n'
        'mine = call(sound("jingle.mp3"), event_url=YOUR_URL + "/event")',
        'seen = ["-"]\nlistening.post("/event")(lambda: seen.append(request.json["status"]) or "")\n'
        'listening.get("/last", endpoint="last")(lambda: seen[-1])\nkit.serve(listening)\n'
        'mine = call(sound("jingle.mp3"), event_url=YOUR_URL + "/events")',
        'seen = ["-"]\nlistening.post("/event")(lambda: seen.append(request.json["status"]) or "")\n'
        'listening.get("/last", endpoint="last")(lambda: seen[-1])\nkit.serve(listening)\n'
        'mine = call(say("jingle.mp3"), event_url=YOUR_URL + "/event")',
    ],
    "03-1": [
        "def answered(events): return len([e for e in events if e['status'] == 'answered'])",
        "def answered(events): return len([e for e in events if e.get('status') == 'answered'])",
        "def answered(events): return len({e['uuid'] for e in events if e.get('status') == 'completed'})",
        "def answered(events): return len({e['uuid'] for e in events})",
        "def answered(events): print(len({e['uuid'] for e in events if e.get('status') == 'answered'}))",
        "def answered(events): return {e['uuid'] for e in events if e.get('status') == 'answered'}",
        "answered = 3",
    ],
    "03-2": [
        'impatient = call(say("Hello."), ringing_timer=5)',
        'kit.phone().rings_out()\nimpatient = call(say("Hello."), status="over")',
        'kit.phone().rings_out(5)\nimpatient = call(say("Hello."), status="over")',
        'kit.phone().rings_out()\nimpatient = call(say("Hello."), ringing_timer=50, status="over")',
        'kit.phone().rings_out()\nimpatient = call(say("Hello."), ringing_timer=10, status="timeout")',
        'kit.phone().declines(5)\nimpatient = call(say("Hello."), status="over")',
        'kit.phone().rings_out()\nimpatient = call(say("Hello."), ringing_timer=5, status="timeout")',
        "impatient = 5",
    ],
    "03-3": [
        "address = YOUR_URL",
        'un = []\nwatching.post("/event")(lambda: un.append(request.json["to"]) or "")\n'
        'watching.get("/missed", endpoint="missed")(lambda: jsonify(un))\nkit.serve(watching)\naddress = YOUR_URL',
        "un = []\ndef event():\n    if request.json['status'] in ('busy', 'timeout', 'rejected'):\n"
        "        un.append(request.json['to'])\n    return ''\n"
        'watching.post("/event")(event)\nwatching.get("/missed", endpoint="missed")(lambda: jsonify(un))\nkit.serve(watching)\n'
        "address = YOUR_URL",
        "un = []\ndef event():\n    if request.json.get('status') in ('busy', 'timeout', 'rejected'):\n"
        "        un.append(request.json['to'])\n    return ''\n"
        'watching.post("/event")(event)\nwatching.get("/missed", endpoint="missed")(lambda: jsonify(un))\nkit.serve(watching)\n'
        "address = YOUR_URL",
        "un = set()\ndef event():\n    if request.json.get('status') == 'busy':\n"
        "        un.add(request.json['to'])\n    return ''\n"
        'watching.post("/event")(event)\nwatching.get("/missed", endpoint="missed")(lambda: jsonify(sorted(un)))\nkit.serve(watching)\n'
        "address = YOUR_URL",
        "un = set()\ndef event():\n    if request.json.get('status') != 'answered':\n"
        "        un.add(str(request.json.get('to')))\n    return ''\n"
        'watching.post("/event")(event)\nwatching.get("/missed", endpoint="missed")(lambda: jsonify(sorted(un)))\nkit.serve(watching)\n'
        "address = YOUR_URL",
        'watching.post("/event")(lambda: "")\nwatching.get("/missed", endpoint="missed")(lambda: "447700900031")\nkit.serve(watching)\n'
        "address = YOUR_URL",
    ],
    "04-1": [
        'mine = "unfit.wav"',
        'mine = "heard/mine.mp3"\ntelephone_ear("unfit.wav").phone_ready(mine)',
        'mine = "heard/mine16.wav"\ntelephone_ear("unfit.wav").phone_ready(mine)',
        'mine = "heard/greeting8.wav"\ntelephone_ear("greeting.wav").phone_ready(mine, rate=8000)',
        'Path("heard").mkdir(exist_ok=True)\nmine = "heard/renamed.wav"\n'
        'Path(mine).write_bytes((AUDIO / "jingle.mp3").read_bytes())',
        'mine = "heard/nothing.wav"',
        "mine = 8000",
    ],
    "04-2": [
        'address = YOUR_URL + "/audio/jingle.mp3"',
        'keeping.get("/my-jingle")(lambda: (AUDIO / "jingle.mp3").read_bytes())\nkit.serve(keeping)\n'
        'address = YOUR_URL + "/my-jingle"',
        'keeping.get("/my-jingle")(lambda: Response((AUDIO / "jingle.mp3").read_bytes(), content_type="audio/mpeg"))\n'
        'kit.serve(keeping)\naddress = YOUR_URL + "/my-jingle"',
        'keeping.get("/my-jingle")(lambda: Response((AUDIO / "jingle.mp3").read_bytes(), content_type="audio/mp3",'
        ' headers={"Cache-Control": "max-age=3600"}))\nkit.serve(keeping)\naddress = YOUR_URL + "/my-jingle"',
        'keeping.get("/my-jingle")(lambda: Response((AUDIO / "music.mp3").read_bytes(), content_type="audio/mpeg",'
        ' headers={"Cache-Control": "max-age=3600"}))\nkit.serve(keeping)\naddress = YOUR_URL + "/my-jingle"',
        'keeping.get("/my-jingle")(lambda: Response((AUDIO / "jingle.mp3").read_bytes(), content_type="audio/mpeg",'
        ' headers={"Cache-Control": "max-age=60"}))\nkit.serve(keeping)\naddress = YOUR_URL + "/my-jingle"',
    ],
    "04-3": [
        'twice = call(sound("unfit.wav"), sound("unfit.wav"))',
        'twice = call(sound("jingle.mp3"), sound("jingle.mp3"))',
        'serving.get("/mine.wav")(lambda: Response((AUDIO / "unfit.wav").read_bytes(), content_type="audio/wav"))\n'
        "kit.serve(serving)\n"
        'twice = call(*[{"action": "stream", "streamUrl": [f"{YOUR_URL}/mine.wav"]}] * 2)',
        'serving.get("/once.wav")(lambda: Response((AUDIO / "unfit.wav").read_bytes(), content_type="audio/wav",'
        ' headers={"Cache-Control": "max-age=3600"}))\nkit.serve(serving)\n'
        'twice = call({"action": "stream", "streamUrl": [f"{YOUR_URL}/once.wav"]})',
        'serving.get("/other.wav")(lambda: Response((AUDIO / "greeting.wav").read_bytes(), content_type="audio/wav",'
        ' headers={"Cache-Control": "max-age=3600"}))\nkit.serve(serving)\n'
        'twice = call(*[{"action": "stream", "streamUrl": [f"{YOUR_URL}/other.wav"]}] * 2)',
        'serving.get("/jingle.mp3")(lambda: Response((AUDIO / "jingle.mp3").read_bytes(), content_type="audio/mpeg",'
        ' headers={"Cache-Control": "max-age=3600"}))\nkit.serve(serving)\n'
        'twice = call(*[{"action": "stream", "streamUrl": [f"{YOUR_URL}/jingle.mp3"]}] * 2)',
        'serving.get("/page.wav")(lambda: "<h1>Log in</h1>")\nkit.serve(serving)\n'
        'twice = call(*[{"action": "stream", "streamUrl": [f"{YOUR_URL}/page.wav"]}] * 2)',
    ],
    "05-1": [
        "night = kit.settings.application_id",
        'night = requests.post(APPLICATIONS, json={"name": "Night line"}, auth=LOGIN, timeout=10).json()["id"]',
        'night = kit.vonage.create_application("Night line", answer_url="https://example.com/night")["id"]',
        'night = kit.vonage.create_application("night", event_url="https://example.com/night")["id"]',
        'night = kit.vonage.create_application("Night line", event_url="https://example.com/night", event_method="GET")',
        'night = "Night line"',
    ],
    "05-2": [
        "short = 60",
        "now = int(time.time())\nshort = jwt.encode({'application_id': kit.settings.application_id, 'iat': now, 'jti': 'a1',"
        " 'exp': now + 900}, kit.settings.private_key, algorithm='RS256')",
        "now = int(time.time())\nshort = jwt.encode({'application_id': kit.settings.application_id, 'iat': now, 'jti': 'a2',"
        " 'exp': 60}, kit.settings.private_key, algorithm='RS256')",
        "now = int(time.time())\nshort = jwt.encode({'application_id': kit.settings.application_id, 'iat': now,"
        " 'exp': now + 60}, kit.settings.private_key, algorithm='RS256')",
        "now = int(time.time())\nshort = jwt.encode({'iat': now, 'jti': 'a3', 'exp': now + 60},"
        " kit.settings.private_key, algorithm='RS256')",
        "now = int(time.time())\nshort = jwt.encode({'application_id': kit.settings.application_id, 'iat': now, 'jti': 'a4',"
        " 'exp': now + 60}, 'my secret is long enough for HS256, is it not', algorithm='HS256')",
        "old = int(time.time()) - 3600\nshort = jwt.encode({'application_id': kit.settings.application_id, 'iat': old,"
        " 'jti': 'a5', 'exp': old + 60}, kit.settings.private_key, algorithm='RS256')",
    ],
    "05-3": [
        "from helpers.settings import load_private_key, make_jwt\nday = kit.settings.application_id\n"
        "day_token = make_jwt(day, load_private_key(kit.settings.private_key))",
        "from helpers.settings import load_private_key, make_jwt\n"
        'day = kit.vonage.create_application("Day line", event_url="https://example.com/day")["id"]\n'
        "day_token = make_jwt(day, load_private_key(kit.settings.private_key))",
        "from helpers.settings import load_private_key, make_jwt\n"
        'made = kit.vonage.create_application("Day", event_url="https://example.com/day")\n'
        'day, day_token = made["id"], make_jwt(made["id"], load_private_key(made["keys"]["private_key"]))',
        "from helpers.settings import load_private_key, make_jwt\n"
        'made = kit.vonage.create_application("Day line", event_url="https://example.com/day")\n'
        'key = load_private_key(made["keys"]["private_key"])\n'
        'day, day_token = made["id"], make_jwt(kit.settings.application_id, key)',
        'day = kit.vonage.create_application("Day line")\nday_token = day["keys"]["private_key"]',
    ],
    "06-1": [
        'kit.serve(create_app(answer=[say("Welcome.")]))\nmine = kit.wait_for(kit.phone().dial(kit.number))\n'
        'other = kit.wait_for(kit.phone("447700900002").dial(kit.number))',
        'mine, other = call(say("Hello boss.")), call(say("Welcome."), to="447700900002")',
        'kit.serve(create_app(answer=[say("Welcome.")]))\nmine = kit.wait_for(kit.phone().dial(kit.number))\nother = mine',
        'kit.serve(create_app(answer=[say("Welcome.")]))\nmine = kit.wait_for(kit.phone().dial(kit.number))\n'
        'kit.serve(create_app(answer=[say("Hello boss.")]))\nother = kit.wait_for(kit.phone().dial(kit.number))',
        'kit.serve(create_app(answer=lambda p: [say("Hi " + p["form"])]))\nmine = kit.phone().dial(kit.number)\n'
        'kit.wait_for(mine)\nother = kit.phone("447700900002").dial(kit.number)\nkit.wait_for(other)',
        'kit.serve(create_app(answer=[sound("jingle.mp3")]))\nmine = kit.wait_for(kit.phone().dial(kit.number))\n'
        'other = kit.wait_for(kit.phone("447700900002").dial(kit.number))',
    ],
    "06-2": [
        'def your_number(parameters): return [say("Your number ends in 0 0 4 1.")]\n'
        "kit.serve(create_app(answer=your_number))",
        'def your_number(parameters): return [say("Your number ends in " + parameters["from"][-4:])]\n'
        "kit.serve(create_app(answer=your_number))",
        'def your_number(parameters): return [say("Your number: " + " ".join(parameters["to"][-4:]))]\n'
        "kit.serve(create_app(answer=your_number))",
        'def your_number(parameters): return [say("Your number: " + " ".join(parameters["from"][-4:]))]\n'
        "kit.serve(create_app())",
        'def your_number(parameters): return "Your number: " + " ".join(parameters["from"][-4:])\n'
        "kit.serve(create_app(answer=your_number))",
        'your_number = "0 0 4 1"',
    ],
    "06-3": [
        'def private_line(parameters): return [say("Welcome back."), sound("jingle.mp3")]\n'
        "kit.serve(create_app(answer=private_line))",
        'def private_line(parameters): return [say("Sorry, this is a private line.")]\n'
        "kit.serve(create_app(answer=private_line))",
        "def private_line(parameters):\n"
        '    return [sound("jingle.mp3"), say("Welcome back.")] if parameters["from"] == kit.my_number else [say("Sorry.")]\n'
        "kit.serve(create_app(answer=private_line))",
        "def private_line(parameters):\n"
        '    return [say("Welcome back."), sound("jingle.mp3")] if parameters["from"] == kit.my_number else []\n'
        "kit.serve(create_app(answer=private_line))",
        "def private_line(parameters):\n"
        '    return [say("Welcome back."), sound("jingle.mp3")] if parameters["from"] == kit.my_number '
        'else [say("Sorry. " * 20)]\nkit.serve(create_app(answer=private_line))',
        "def private_line(parameters):\n"
        '    return [say("Welcome back."), sound("jingle.mp3")] if parameters["to"] == kit.my_number else [say("Sorry.")]\n'
        "kit.serve(create_app(answer=private_line))",
    ],
    "07-1": [
        'soft = call(sound("jingle.mp3", loop=2))',
        'soft = call(sound("jingle.mp3", level=-0.5))',
        'soft = call(sound("jingle.mp3", level=-0.5), sound("jingle.mp3", level=-0.5))',
        'soft = call(sound("jingle.mp3", loop=2, level=0.5))',
        'soft = call(sound("hold.mp3", loop=2, level=-0.5))',
        'soft = call(sound("jingle.mp3", loop=2, level=-0.5), length_timer=4)',
        'soft = call(sound("jingle.mp3", loop=3, level=-0.5))',
    ],
    "07-2": [
        'asked = call(say("Hello Ada."))',
        'kit.serve(create_app(answer=[say("Hello Ada.")]))\n'
        'asked = call(answer_url=f"{YOUR_URL}/answer?name=Ada", answer_method="GET")',
        'kit.serve(create_app(answer=[say("Hello Bob.")]))\n'
        'asked = call(answer_url=f"{YOUR_URL}/answer?name=Ada", answer_method="POST")',
        'kit.serve(create_app(answer=[say("Hello Ada.")]))\n'
        'asked = call(answer_url=f"{YOUR_URL}/answer", answer_method="POST")',
        'deciding.get("/hello")(lambda: jsonify([say("Hello " + request.args["name"])]))\nkit.serve(deciding)\n'
        'asked = call(answer_url=f"{YOUR_URL}/hello?name=Ada", answer_method="POST")',
        'asked = f"{YOUR_URL}/hello?name=Ada"',
    ],
    "07-3": [
        'held = call(sound("hold.mp3", loop=2, level=-0.5))',
        'KEYS = {"action": "input", "type": ["dtmf"], "dtmf": {"maxDigits": 1}}\n'
        'kit.phone().script([{"do": "wait", "seconds": 3}, {"do": "press", "digits": "1"}])\n'
        'held = call(sound("hold.mp3", loop=2, level=-0.5), KEYS)',
        'KEYS = {"action": "input", "type": ["dtmf"], "dtmf": {"maxDigits": 1}}\n'
        'kit.phone().script([{"do": "wait", "seconds": 3}, {"do": "press", "digits": "1"}])\n'
        'held = call(sound("hold.mp3", loop=2, level=-0.5, bargeIn=True), KEYS, say("Goodbye, and thank you very much."))',
        'KEYS = {"action": "input", "type": ["dtmf"], "dtmf": {"maxDigits": 1}}\n'
        'kit.phone().script([{"do": "wait", "seconds": 3}, {"do": "press", "digits": "2"}])\n'
        'held = call(sound("hold.mp3", loop=2, level=-0.5, bargeIn=True), KEYS)',
        'KEYS = {"action": "input", "type": ["dtmf"], "dtmf": {"maxDigits": 1}}\n'
        'kit.phone().script([{"do": "wait", "seconds": 3}, {"do": "press", "digits": "1"}])\n'
        'held = call(sound("hold.mp3", loop=0, bargeIn=True), KEYS)',
        'KEYS = {"action": "input", "type": ["dtmf"], "dtmf": {"maxDigits": 4}}\n'
        'kit.phone().script([{"do": "wait", "seconds": 3}, {"do": "press", "digits": "1"}])\n'
        'held = call(sound("hold.mp3", loop=2, level=-0.5, bargeIn=True), KEYS)',
        'kit.phone().script([{"do": "wait", "seconds": 3}, {"do": "hang_up"}])\n'
        'held = call(sound("hold.mp3", loop=2, level=-0.5))',
    ],
    "08-1": [
        'waiting = call(sound("music.mp3"), length_timer=5)',
        "waiting = call(*PARKED, status='answered')\nkit.vonage.stream(waiting.uuid, MUSIC)\nkit.wait(5)\n"
        "kit.vonage.hang_up(waiting.uuid)\nkit.wait_for(waiting)",
        "waiting = call(*PARKED, status='answered')\nkit.vonage.stream(waiting.uuid, MUSIC)\n"
        "kit.vonage.stop_stream(waiting.uuid)\nkit.wait(5)\nkit.vonage.hang_up(waiting.uuid)\nkit.wait_for(waiting)",
        "waiting = call(*PARKED, status='answered')\nkit.vonage.stream(waiting.uuid, MUSIC)\nkit.wait(5)\n"
        "kit.vonage.stop_stream(waiting.uuid)\nkit.wait_for(waiting, timeout=300)",
        "waiting = call(*PARKED, status='answered')\nkit.vonage.stream(waiting.uuid, MUSIC)\nkit.wait(5)\n"
        "kit.vonage.stop_stream(waiting.uuid)",
        "waiting = call(*PARKED, status='answered')\nkit.vonage.stream(waiting.uuid, f'{YOUR_URL}/audio/hold.mp3')\n"
        "kit.wait(5)\nkit.vonage.stop_stream(waiting.uuid)\nkit.vonage.hang_up(waiting.uuid)\nkit.wait_for(waiting)",
    ],
    "08-2": [
        "muted = call(*PARKED, status='answered')\nkit.vonage.mute(muted.uuid)\nkit.wait(3)\nkit.vonage.unmute(muted.uuid)\n"
        "kit.vonage.hang_up(muted.uuid)\nkit.wait_for(muted)",
        *(
            "ENDPOINT = [{'type': 'phone', 'number': '447700900002'}]\n"
            "reply = call({'action': 'connect', 'from': kit.number, 'endpoint': ENDPOINT}, status='answered')\nkit.wait(5)\n"
            "mine, agent = kit.call(reply.conversation).legs\n" + steps + "\nkit.wait(1)\n"
            "kit.vonage.hang_up(mine)\nmuted = kit.wait_for(mine)"
            for steps in (
                "kit.vonage.mute(mine)\nkit.wait(3)\nkit.vonage.unmute(mine)",
                "kit.vonage.earmuff(mine)\nkit.wait(3)\nkit.vonage.unearmuff(mine)",
                "kit.vonage.mute(agent)\nkit.wait(3)",
                "kit.vonage.mute(agent)\nkit.vonage.unmute(agent)\nkit.wait(3)",
                "kit.vonage.mute(agent)\nkit.wait(10)\nkit.vonage.unmute(agent)",
                "kit.vonage.earmuff(agent)\nkit.wait(3)\nkit.vonage.unearmuff(agent)",
            )
        ),
    ],
    "08-3": [
        'room = call(sound("hold.mp3"), say("Thank you for waiting."), length_timer=20)',
        *(
            "reply = call(*PARKED, status='answered')\n"
            "kit.vonage.stream(reply.uuid, f'{YOUR_URL}/audio/hold.mp3', loop=0)\n"
            + steps
            + "\nroom = kit.wait_for(reply)"
            for steps in (
                "kit.wait(4)\nkit.vonage.stop_stream(reply.uuid)\nkit.vonage.hang_up(reply.uuid)",
                "kit.wait(4)\nkit.vonage.transfer(reply.uuid, ncco=[say('Thank you for waiting.')])",
                "kit.wait(4)\nkit.vonage.stop_stream(reply.uuid)\nkit.vonage.transfer(reply.uuid, ncco=[say('Goodbye.')])",
                "kit.wait(14)\nkit.vonage.stop_stream(reply.uuid)\n"
                "kit.vonage.transfer(reply.uuid, ncco=[say('Thank you for waiting.')])",
                "kit.wait(4)\nkit.vonage.stop_stream(reply.uuid)\nkit.vonage.talk(reply.uuid, 'Thank you for waiting.')\n"
                "kit.wait(3)\nkit.vonage.hang_up(reply.uuid)",
            )
        ),
    ],
    "10-1": [
        'first = second = room(dan, say("Hello Ben and Dan, this is Ada."))',
        'first, second = room(ben, say("Hello, this is Ada.")), room(dan, say("Hello, this is Ada."))',
        'first, second = room(ben, say("Hello Ben and Dan, this is Ada.")), room(dan, say("Hello Dan, this is Ada."))',
        'first, second = room(ben, say("Hello Ben.")), room(dan, say("Hello Dan."))',
        'first, second = call(say("Hello Ben, this is Ada.")), call(say("Hello Dan, this is Ada."))',
        'first = second = room(classroom.phone, say("Hello Ada, this is Ada."))',
        "first, second = ben.dial(classroom.number), dan.dial(classroom.number)",
        'first, second = "Ben", "Dan"',
    ],
    "10-2": [
        "told = room(dan, *RING(CHLOE))",
        "told = room(dan, say('I ring Ben and Chloe.'), *RING(BEN), *RING(CHLOE))",
        "ben.busy()\ntold = room(dan, say('I ring Ben.'), *RING(BEN), *RING(CHLOE))",
        "ben.busy()\ntold = room(dan, *RING(BEN), say('I ring Ben.'), *RING(CHLOE), say('I ring Chloe.'))",
        "ben.busy()\nchloe.busy()\ntold = room(dan, say('Ben.'), *RING(BEN), say('Chloe.'), *RING(CHLOE))",
        "told = call(say('I ring Ben.'), say('I ring Chloe.'))",
    ],
    "10-3": [
        "through = message = room(dan, *DESK)",
        "through, message = room(dan, *DESK, keys='1'), room(chloe, *DESK, keys='2')",
        "through = room(dan, *DESK, keys='1', on_event=lambda e: RING(BEN) if 'dtmf' in e else None)\n"
        "message = room(chloe, *DESK, keys='2', on_event=lambda e: [say('Thank you.')] if 'dtmf' in e else None)",
        "through = room(dan, *CONNECT_TO_BENS_NUMBER)\nmessage = room(chloe, *TAPE)",
        "through = room(dan, *DESK, keys='1', on_event=lambda e: CONNECT_TO_BENS_NUMBER if 'dtmf' in e else None)\n"
        "message = room(chloe, *DESK, keys='2', on_event=lambda e: [say('Speak.')] if 'dtmf' in e else None)",
    ],
    "11-1": [
        "def is_open(moment):\n    return 9 <= moment.hour < 17",
        "def is_open(moment):\n    return moment.isoweekday() < 7 and 9 <= moment.hour <= 17",
        "def is_open(moment):\n    return moment.weekday() < 6 and 9 <= moment.hour < 17",
        "def is_open(moment):\n    return 'open'",
        "def is_open(moment):\n    if moment.weekday() == 6: return 10 <= moment.hour < 13\n"
        "    return moment.weekday() < 6 and 9 <= moment.hour < 17",
        "is_open = True",
    ],
    "11-2": [
        *(
            f"SORRY = [say('Sorry.')]\ndef choose(event):\n    {body}\nkit.serve(create_app(answer=MENU, on_event=choose))"
            for body in (
                "return {'hours': HOURS, 'person': PERSON}.get(wish(event))",
                "return {'1': HOURS, '2': PERSON}.get(event['dtmf']['digits'], SORRY)",
                "return {'1': HOURS, '2': PERSON}.get(event.get('dtmf', {}).get('digits'))",
                "return {'hours': PERSON, 'person': HOURS}.get(wish(event), SORRY) if 'dtmf' in event else None",
                "return SORRY",
                "return HOURS if 'speech' in event else None",
            )
        ),
        "def choose(event):\n    return {'hours': HOURS, 'person': PERSON}.get(wish(event))",
        "choose = MENU",
    ],
    "11-3": [
        *(
            "AGENT = [{'type': 'phone', 'number': '447700900002'}]\n"
            "RING = {'action': 'connect', 'from': kit.number, 'endpoint': AGENT, 'timeout': 10}\n"
            "SYNC, RECORD = {**RING, 'eventType': 'synchronous'}, {'action': 'record', 'endOnSilence': 3}\n"
            "GONE, SORRY = ('busy', 'timeout', 'unanswered', 'rejected'), say('Sorry, leave a message.')\n"
            f"def desk(event):\n    {body}\nkit.serve(create_app(answer=MENU, on_event=desk))"
            for body in (
                "return [RING, SORRY, RECORD] if wish(event) else None",
                "return [SYNC] if wish(event) else [SORRY, RECORD] if event.get('status') in GONE else None",
                "return [SYNC] if wish(event) else [SORRY] if event.get('status') in GONE else None",
                "return [{**SYNC, 'timeout': 30}] if wish(event) else [SORRY, RECORD] if event.get('status') in GONE else None",
                "return [SORRY, RECORD] if wish(event) else None",
                "return HOURS if wish(event) else None",
            )
        ),
        "def desk(event):\n    return kit.vonage.download_recording(event['recording_url'])",
        "desk = []",
    ],
}
