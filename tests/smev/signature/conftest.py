"""Messages of every kind, built here, for the tests of signatures."""

import pytest

from smev.signature import Place, sign

TYPES = "urn://x-artefacts-smev-gov-ru/services/message-exchange/types/1.3"
BASIC = "urn://x-artefacts-smev-gov-ru/services/message-exchange/types/basic/1.3"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"

CONTENT = (
    '<c:Appeal xmlns:c="urn://example.org/appeal" Id="CONTENT"><c:Text>Течёт крыша &amp; &lt;стена</c:Text>'
    "</c:Appeal>"
)
DATA = (
    '<t:SenderProvided{kind}Data Id="DATA"><t:MessageID>9d2c3a56-0000-11ee-8000-000000000001</t:MessageID>'
    "{to}"
    f"<b:MessagePrimaryContent>{CONTENT}</b:MessagePrimaryContent>{{more}}</t:SenderProvided{{kind}}Data>"
)
METADATA = (
    '<t:MessageMetadata Id="META"><t:MessageId>9d2c3a56-0000-11ee-8000-000000000002</t:MessageId>'
    "<t:MessageType>REQUEST</t:MessageType><t:SendingTimestamp>2026-01-01T00:00:00Z</t:SendingTimestamp>"
    "</t:MessageMetadata>"
)


def envelope(body):
    return (
        f'<s:Envelope xmlns:s="{SOAP}" xmlns:t="{TYPES}" xmlns:b="{BASIC}"><s:Header/><s:Body>{body}</s:Body>'
        "</s:Envelope>"
    ).encode()


REQUEST_DATA = DATA.format(kind="Request", to="", more="")
RESPONSE_DATA = DATA.format(kind="Response", to="<t:To>somewhere</t:To>", more="")
MESSAGES = {
    "SendRequest": (
        f"<t:SendRequestRequest>{REQUEST_DATA}</t:SendRequestRequest>",
        [Place.PERSONAL, Place.CALLER],
    ),
    "SendResponse": (
        f"<t:SendResponseRequest>{RESPONSE_DATA}<b:AttachmentContentList/></t:SendResponseRequest>",
        [Place.PERSONAL, Place.CALLER],
    ),
    "GetRequest": (
        (
            "<t:GetRequestRequest><b:MessageTypeSelector><b:Timestamp>2026-01-01T00:00:00Z</b:Timestamp>"
            "</b:MessageTypeSelector></t:GetRequestRequest>"
        ),
        [Place.CALLER],
    ),
    "GetResponse": (
        '<t:GetResponseRequest><b:MessageTypeSelector Id="X"/></t:GetResponseRequest>',
        [Place.CALLER],
    ),
    "GetStatus": (
        "<t:GetStatusRequest><b:Timestamp>2026-01-01T00:00:00Z</b:Timestamp></t:GetStatusRequest>",
        [Place.CALLER],
    ),
    "Ack": (
        (
            '<t:AckRequest><b:AckTargetMessage accepted="true">9d2c3a56-0000-11ee-8000-000000000002'
            "</b:AckTargetMessage></t:AckRequest>"
        ),
        [Place.CALLER],
    ),
    "SendRequestAnswer": (f"<t:SendRequestResponse>{METADATA}</t:SendRequestResponse>", [Place.SMEV]),
    "GetRequestAnswer": (
        (
            f'<t:GetRequestResponse><t:RequestMessage><t:Request Id="REQUEST">{REQUEST_DATA}{METADATA}'
            "<t:ReplyTo>back</t:ReplyTo></t:Request></t:RequestMessage></t:GetRequestResponse>"
        ),
        [Place.PERSONAL, Place.SENDER, Place.SMEV],
    ),
    "GetResponseAnswer": (
        (
            f'<t:GetResponseResponse><t:ResponseMessage><t:Response Id="RESPONSE">{RESPONSE_DATA}{METADATA}'
            "</t:Response></t:ResponseMessage></t:GetResponseResponse>"
        ),
        [Place.PERSONAL, Place.SENDER, Place.SMEV],
    ),
    "GetStatusAnswer": (
        (
            '<t:GetStatusResponse><t:SmevAsyncProcessingMessage><t:AsyncProcessingStatusData Id="STATUS"/>'
            "</t:SmevAsyncProcessingMessage></t:GetStatusResponse>"
        ),
        [Place.SMEV],
    ),
}


@pytest.fixture(scope="session")
def unsigned():
    """Envelopes by name, without signatures."""
    return {name: envelope(body) for name, (body, _places) in MESSAGES.items()}


@pytest.fixture(scope="session")
def signed(unsigned, signer, fast):
    """The same envelopes with every signature that belongs in them."""
    result = {}
    for name, (_body, places) in MESSAGES.items():
        message = unsigned[name]
        for place in places:
            message = sign(message, signer, place, provider=fast)
        result[name] = message
    return result


@pytest.fixture(scope="session")
def places():
    """Which signatures belong in which envelope."""
    return {name: set(wanted) for name, (_body, wanted) in MESSAGES.items()}
