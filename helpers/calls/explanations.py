"""The table behind :mod:`helpers.calls.explain`: key -> what happened, its likely cause, what to do next.

Sources: Voice API webhook reference, NCCO reference, Voice API OpenAPI 1.10, and the Vonage support articles
115016024247 (why an NCCO is not fetched), 209591618 (SIP codes), 360057200092 (order of events), 207100288 (limits),
360000958367 (401) and 10359615124380 (hanging up too soon). All wording is ours.
"""

from __future__ import annotations

FINE = "This is how it should be."
NOTHING = "Nothing to do."

# fmt: off
TABLE: dict[str, tuple[str, str, str]] = {
    # Call statuses
    "status:started": ("The call was created.", FINE, "Wait for the next event."),
    "status:ringing": ("The phone that is called rings.", FINE, "Wait for an answer; ringing_timer limits the wait."),
    "status:answered": (
        "Somebody picked up.",
        FINE,
        "From here the NCCO runs, and a stream or talk request is accepted.",
    ),
    "status:completed": (
        "The call is over.",
        "The last action ended, or somebody hung up.",
        "disconnected_by says who; duration and price are strings.",
    ),
    "status:busy": ("The line is engaged.", "The person is in another call.", "Try again later."),
    "status:cancelled": (
        "The caller gave up before anyone answered.",
        "You hung up while it rang, or the calling side did.",
        "Let it ring longer before you hang up.",
    ),
    "status:unanswered": (
        "Nobody answered.",
        "The phone is off or out of reach, or the network stopped waiting.",
        "Try again later; `detail` says more.",
    ),
    "status:rejected": (
        "The call was refused before it was connected.",
        "The person declined, the number is wrong, or a carrier refused it.",
        "Look at `detail`. No completed event follows a rejected one, so do not wait for it.",
    ),
    "status:failed": (
        "The call could not be connected.",
        "There is no route to this number, or something broke on the way.",
        "Look at `detail`, then check the number: country code first, no plus, no spaces.",
    ),
    "status:timeout": (
        "It rang until your ringing_timer ran out.",
        "Nobody picked up in time.",
        "Raise ringing_timer in the request, or try again later.",
    ),
    "status:human": ("A person answered.", "Machine detection listened to the greeting.", "Go on with the call."),
    "status:machine": (
        "A voicemail or another machine answered.",
        "Machine detection listened to the greeting; sub_state beep_start means: speak now.",
        "Leave a message after the beep, or hang up.",
    ),
    "status:disconnected": (
        "Your WebSocket server closed the connection.",
        "The server stopped or raised an error.",
        "Look at its log. Replying with an NCCO keeps the call going.",
    ),
    "status:transcribed": ("The transcription of a recording is ready.", FINE, "Fetch transcription_url with a JWT."),
    # Details that come with unanswered, rejected and failed
    "detail:unavailable": ("The phone could not be reached.", "It is off or has no signal.", "Try again later."),
    "detail:timeout": ("The network stopped waiting for an answer.", "It rang too long.", "Try again later."),
    "detail:carrier_timeout": ("The carrier stopped waiting for an answer.", "It rang too long.", "Try again later."),
    "detail:declined": ("The person declined the call.", "They pressed Decline.", "Ask first, or send a message."),
    "detail:invalid_number": (
        "The number does not exist.",
        "A digit is missing or wrong, or the country code is.",
        "Write it in E.164 without the plus: 447700900001.",
    ),
    "detail:restricted": (
        "The number it comes from, or goes to, is not allowed.",
        "`from` is not a number you rent, or a carrier on the way does not take the destination.",
        "Use a number you rent as `from`; if it is one, ask support about the destination.",
    ),
    "detail:cannot_route": (
        "There is no route to this number.",
        "The destination is not supported, or is blocked for your account.",
        "Check the country code; open the destination in your account settings.",
    ),
    "detail:number_out_of_service": ("The number is out of service.", "Its owner gave it up.", "Ask for a new number."),
    "detail:internal_error": ("Something broke inside the platform.", "Not your code.", "Try again in a minute."),
    # SIP codes that carriers send
    "sip:200": ("The call ended normally (SIP 200).", FINE, NOTHING),
    "sip:403": (
        "A carrier refused the call (SIP 403).",
        "The caller number or a policy of the network.",
        "Use a number you rent as `from`.",
    ),
    "sip:404": ("The number does not exist (SIP 404).", "A wrong digit.", "Check the number."),
    "sip:408": ("The network gave no answer in time (SIP 408).", "The phone is out of reach.", "Try again later."),
    "sip:480": ("The phone cannot be reached now (SIP 480).", "It is off or has no signal.", "Try again later."),
    "sip:486": ("The line is engaged, or the call was declined (SIP 486).", "The person is busy.", "Try again later."),
    "sip:487": ("The call was cancelled while it rang (SIP 487).", "The calling side hung up.", NOTHING),
    # Events without a status
    "event:input": ("The caller finished typing or speaking.", FINE, "Read dtmf.digits; reply with the next NCCO."),
    "event:input_nothing": (
        "The caller was asked for input and pressed nothing.",
        "timeOut passed before a key was pressed.",
        "Raise dtmf.timeOut, or reply with an NCCO that asks again.",
    ),
    "event:record": ("A recording is ready.", FINE, "Fetch recording_url with a JWT of the same application."),
    "event:transfer": ("A leg moved to another conversation.", FINE, "Use conversation_uuid_to from now on."),
    "event:notify": (
        "Your NCCO reached its notify action.",
        FINE,
        "Reply with an NCCO to replace the running one, or with nothing.",
    ),
    "event:unknown": ("An event that this kit does not know.", "A newer kind of event.", "Read it field by field."),
    # Reasons in error events
    "reason:ncco": (
        "The NCCO was not understood.",
        "An action's name or the type of an option is wrong; streamUrl given as text is the usual one.",
        "Check it with helpers.ncco.check(ncco): it names the action and the field.",
    ),
    "reason:closed": (
        "Your server closed the connection before it had answered.",
        "The route raised an error, or the server stopped.",
        "Look at kit.server.errors, then call the URL yourself.",
    ),
    "reason:retrieve": (
        "The NCCO could not be fetched from your answer URL.",
        "The address is wrong or not reachable, or the reply was not 200 with JSON.",
        "Open the answer URL yourself; it must give a JSON list with content type application/json.",
    ),
    "reason:audio": (
        "The audio of a stream action could not be played, so the action was skipped.",
        "The file was not reachable, or is not audio that telephony takes.",
        "Open its URL yourself, and check the file with helpers.audio.files.inspect(...).",
    ),
    "reason:webhook": (
        "Your server did not reply usefully when the call asked it what to do next.",
        "The route raised an error, was too slow, or is not there.",
        "The call goes on with the old NCCO; look at the ladder for the reply.",
    ),
    "reason:no_answer_url": ("There is nowhere to get an NCCO from.", "Neither the call nor its application has one.",
                             "Give the application an answer_url, or the call an ncco."),
    "reason:not_linked": ("The dialled number is not linked to an application.", "app_id was not set for the number.",
                          "Link it: POST /number/update with app_id."),
    "reason:not_rented": ("The dialled number is not one of yours.", "It was never rented, or was given back.",
                          "Rent it first, or dial a number you rent."),
    "reason:rate": (
        "Calls were started too quickly.",
        "At most three calls a second, REST and connect together.",
        "Wait a second between calls.",
    ),
    "reason:other": ("The platform reported an error in the call.", "See `reason`.", "Look at the call's ladder."),
    # What your server said to a webhook
    "webhook:ok": ("Your server took the webhook.", FINE, NOTHING),
    "webhook:html": (
        "Your server replied with a web page instead of JSON.",
        "The route returned text or a template, or a tunnel's warning page answered.",
        "Return a list through jsonify(...): it sets content type application/json.",
    ),
    "webhook:type": (
        "Your server's reply does not say that it is JSON.",
        "The content type is not application/json.",
        "Return the list through jsonify(...).",
    ),
    "webhook:json": (
        "Your server's reply is not valid JSON.",
        "A bracket or a quotation mark is missing, or Python's str() was sent instead of JSON.",
        "Return the list through jsonify(...).",
    ),
    "webhook:ncco": (
        "Your server's reply is JSON, but not an NCCO.",
        "It must be a list of actions, each with a known name and options of the right type.",
        "Check it with helpers.ncco.check(ncco).",
    ),
    "webhook:empty": (
        "Your server replied with nothing.",
        "The route returned an empty body where an NCCO was expected.",
        "Return the NCCO as a JSON list.",
    ),
    "webhook:400": ("Your server says the request is wrong (400).", "The route read a field that is not there.",
                    "Look at the payload on the wire; use .get() for fields that may be missing."),
    "webhook:401": ("Your server asked for a login (401).", "The route, or a proxy before it, is protected.",
                    "Leave webhook routes open and check their signature instead."),
    "webhook:404": ("Your server has no such page (404).", "The URL's path and the route differ.",
                    "Compare the URL on the wire with the route, letter by letter."),
    "webhook:405": ("Your server does not take this method here (405).", "The route lacks methods=[\"GET\", \"POST\"].",
                    "Add the method on the wire to the route."),
    "webhook:429": ("Your server says it is too busy (429).", "A rate limit in your server or tunnel.",
                    "It is tried once more; raise the limit."),
    "webhook:500": ("Your route raised an error (500).", "A bug in the function that handles the route.",
                    "Read the traceback in kit.server.errors."),
    "webhook:502": ("The tunnel did not reach your server (502).", "The server is stopped, or listens on another port.",
                    "Start the server, then the tunnel."),
    "webhook:503": ("Your server is not available (503).", "It is starting, or overloaded.", "It is tried once more."),
    "webhook:504": ("A proxy gave up waiting for your server (504).", "The route is slow.", "It is tried once more."),
    "webhook:other": ("Your server replied with an error status.", "See the status.", "Look at kit.server.errors."),
    "webhook:connect_timeout": (
        "No connection to your server in time.",
        "A firewall swallows it, or the address belongs to nobody.",
        "Check that the public address is up and leads to your server.",
    ),
    "webhook:read_timeout": (
        "Your server took too long to reply.",
        "The route waits for something slow. An answer URL has 5 seconds, an event URL 10.",
        "Reply at once, and do slow work in a thread.",
    ),
    "webhook:refused": (
        "Nothing listens at your webhook's address.",
        "The server is stopped, or the port in the URL is an old one.",
        "Run the cell with kit.serve(app), and use the URL it gives.",
    ),
    "webhook:reset": (
        "The connection broke before your server had answered.",
        "The server stopped in the middle of the request.",
        "Start it again; the request is tried once more.",
    ),
    "webhook:reach": (
        "The webhook's address cannot be reached from here.",
        "The simulated network has no internet: it calls this machine only.",
        "Use kit.server.url in the simulator, and a public address in live mode.",
    ),
    "webhook:url": ("The webhook's URL cannot be used.", "It is not an http or https address, or its host is unknown.",
                    "Copy it from kit.server.url or kit.tunnel.url."),
    "webhook:tls": ("The certificate of your server is not trusted.", "It is self-signed, or lacks its chain.",
                    "Use the tunnel's https address."),
    "webhook:plain": ("Your server speaks http, and the address begins with https://.", "It has no certificate.",
                      "Write http:// in front of it, or use the tunnel's https address."),
    # Audio fetched for a stream action
    "fetch:ok": ("The audio file was fetched.", FINE, NOTHING),
    "fetch:unreachable": (
        "The audio file could not be fetched.",
        "Nothing answers at this address, or it answers too late.",
        "Open the URL yourself; the platform must be able to reach it too.",
    ),
    "fetch:reach": (
        "The audio file's address cannot be reached from here.",
        "The simulated network has no internet: it calls this machine only.",
        "Serve the file from kit.server.url in the simulator, and from a public address in live mode.",
    ),
    "fetch:plain": ("The file's server speaks http, and the address begins with https://.", "It has no certificate.",
                    "Write http:// in front of it, or use the tunnel's https address."),
    "fetch:large": ("The audio file is too large.", "It is hours of WAV, perhaps.", "Convert it to a mono MP3."),
    "fetch:status": ("There is no audio at this address.", "The URL's path is wrong, or the file is protected.",
                     "Open the URL yourself; it must give the file without a login."),
    "fetch:audio": (
        "What came from this address is not audio.",
        "A web page, or a format that telephony does not take.",
        "Ask helpers.audio.files.inspect(...): it says what the file is, and what makes a copy that plays.",
    ),
    "fetch:truncated": (
        "The audio file ends too early.",
        "The download was cut, or the file is damaged.",
        "Compare its size with the original, then copy it again.",
    ),
    # The API's own errors, by HTTP status
    "http:200": ("The API did what was asked.", FINE, NOTHING),
    "http:201": ("The API created it.", FINE, "Keep the uuid from the reply."),
    "http:204": ("The API did what was asked; there is nothing to return.", FINE, NOTHING),
    "http:400": (
        "The API does not accept this request (400).",
        "A field is missing or has the wrong type, or the call is not in the right state yet.",
        "Read invalid_parameters. Wait for answered before stream or talk, and two seconds before hanging up.",
    ),
    "http:401": (
        "The API does not accept your credentials (401).",
        "Another application's key, a wrong application id, no voice capability, an expired token, or a wrong clock.",
        "Check these five in this order; the reply does not say which one it is.",
    ),
    "http:403": ("Your account may not do this (403).", "A feature or destination is closed for it.",
                 "Look at the account's settings and balance."),
    "http:404": (
        "The API does not find it (404).",
        "The call is over, belongs to another application or region, or a conversation uuid was used as the call's.",
        "Use the leg's uuid while the call runs, with the key of its own application.",
    ),
    "http:405": ("The API does not know this method here (405).", "GET, POST, PUT and DELETE were mixed up.",
                 "Compare method and path with the reference."),
    "http:406": ("The API cannot reply in this format (406).", "The Accept header.", "Send Accept: application/json."),
    "http:415": ("The API does not read this format (415).", "The Content-Type header.",
                 "Send the body with requests' json=..., not data=...."),
    "http:420": ("The number could not be bought, updated or given back (420).",
                 "It is taken, not yours, or needs an address in its country.", "Search again and take another one."),
    "http:429": ("Too many requests (429).", "At most 3 new calls and 15 other requests a second; nothing is queued.",
                 "Wait a second and send it again."),
    "http:500": ("The API itself has a problem (500).", "Not your code.",
                 "Try again; check GET before placing a call twice."),
    "http:502": ("The API cannot be reached right now (502).", "Not your code.", "Try again in a minute."),
    "http:503": ("The API is not available right now (503).", "Not your code.", "Try again in a minute."),
    "http:504": ("The API took too long (504).", "Not your code.", "Try again; check GET before placing a call twice."),
    "http:other": ("The API replied with an error.", "See status and body.", "Look at the request on the wire."),
    # Fields that the API names in invalid_parameters
    "field:stream_url": ("stream_url must be a list with one URL.", "It was sent as text.",
                         'Write "stream_url": ["https://…/x.mp3"].'),
    "field:to": ("`to` must be a list with one endpoint.", "It was sent as an object or as text.",
                 'Write "to": [{"type": "phone", "number": "447700900001"}].'),
    "field:number": ("The phone number is not accepted.", "It has a plus, spaces or letters, or a leading zero.",
                     "Write it in E.164 without the plus: 447700900001."),
    "field:from": ("`from` is not accepted.", "It is missing, or is not a number of your account.",
                   "Use a number you rent: {\"type\": \"phone\", \"number\": …}."),
    "field:answer_url": ("answer_url must be a list with one URL.", "It was sent as text, or beside ncco.",
                         'Write "answer_url": ["https://…/answer"], and leave ncco out.'),
    "field:event_url": ("event_url must be a list with one URL.", "It was sent as text, or is missing.",
                        'Write "event_url": ["https://…/event"].'),
    "field:ncco": ("The NCCO is not accepted.", "It is not a list, is empty, or came beside answer_url.",
                   "Check it with helpers.ncco.check(ncco)."),
    # Everything else
    "client:unreachable": ("The address could not be reached.", "Nothing runs there, or the network is down.",
                           "Run setup() again; in live mode check your connection."),
    "client:timeout": ("The other side did not reply in time.", "It is slow, or the network is.", "Try again."),
    "client:other": ("Something went wrong in the notebook's own code.", "See the error.", "Read its last line first."),
    # Entries of a call's record
    "control:mute": ("The leg is muted: the others no longer hear it.", FINE, "Send unmute to let it be heard again."),
    "control:unmute": ("The others hear the leg again.", FINE, NOTHING),
    "control:earmuff": ("The leg is earmuffed: it hears the others no longer.", FINE, "Send unearmuff to end it."),
    "control:unearmuff": ("The leg hears the others again.", FINE, NOTHING),
    "entry:recording": ("A recording has begun.", FINE, "Wait for the event with recording_url, when it is over."),
    "entry:fault": ("A fault has struck, as it was told to.", "It is on.", "Switch it off: PUT /simulator/faults."),
    "entry:other": ("A step of the call.", FINE, NOTHING),
}
