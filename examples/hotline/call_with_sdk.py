"""A call with Vonage's own library (`pip install vonage`), as its documentation says."""

from os import environ

from vonage import Auth, Vonage
from vonage_voice import CreateCallRequest, Phone, Talk, ToPhone

auth = Auth(
    application_id=environ["VONAGE_APPLICATION_ID"],
    private_key=environ["VONAGE_PRIVATE_KEY"],
)
order = CreateCallRequest(
    to=[ToPhone(number=environ["VOICE_TO_NUMBER"])],
    from_=Phone(number=environ["VONAGE_VIRTUAL_NUMBER"]),
    ncco=[Talk(text="Your book has arrived.", language="en-GB")],
)
made = Vonage(auth).voice.create_call(order)
print("The call is", made.status)
