"""The same call with Vonage's own library (`pip install vonage`). `python -m helpers.simulator run --` may lead it."""

import os

from vonage import Auth, Vonage
from vonage_voice import CreateCallRequest, Phone, Talk, ToPhone

auth = Auth(application_id=os.environ["VONAGE_APPLICATION_ID"], private_key=os.environ["VONAGE_PRIVATE_KEY"])
order = CreateCallRequest(
    to=[ToPhone(number=os.environ["VOICE_TO_NUMBER"])],
    from_=Phone(number=os.environ["VONAGE_VIRTUAL_NUMBER"]),
    ncco=[Talk(text="Your book has arrived.", language="en-GB")],
)
made = Vonage(auth).voice.create_call(order)
print("The call is", made.status)
