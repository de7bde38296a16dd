"""The shape of the stand's Directum: sets, types, properties, navigations, and the CSDL that tells of them.

Names of the first group of each type are the vendor's (sed.md 4); those that begin with `Pos` are what an
administrator adds in the development studio, their names are ours.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.sax.saxutils import quoteattr

NAMESPACE = "Stand.Directum"
STRING, INT, BOOL, TIME = "Edm.String", "Edm.Int64", "Edm.Boolean", "Edm.DateTimeOffset"
LONGEST = {"Name": 250}
LONGEST_TEXT = 1000
READ_ONLY = frozenset({"Id", "Created", "Modified"})


@dataclass(frozen=True)
class Type:
    """An entity type. `single` leads to a set, `inside` to a type whose rows lie in this one."""

    name: str
    properties: Mapping[str, str]
    single: Mapping[str, str] = field(default_factory=dict)
    inside: Mapping[str, str] = field(default_factory=dict)
    required: frozenset[str] = frozenset()


STATES: Mapping[str, frozenset[str]] = {
    "LifeCycleState": frozenset({"Draft", "Active", "Obsolete"}),
    "ExecutionState": frozenset(
        {
            "OnReview", "OnExecution", "Executed", "WithoutExecut", "Aborted", "Sending", "OnControl",
            "ControlRemoved",
        }
    ),
    "ReviewResult": frozenset(
        {"Supported", "NotSupported", "Explained", "ActionsTaken", "Transferred", "Denied"}
    ),
}  # fmt: skip
_DOCUMENT = {
    "Id": INT, "Name": STRING, "Subject": STRING, "Note": STRING, "Created": TIME, "Modified": TIME,
    "RegistrationNumber": STRING, "RegistrationDate": TIME, "LifeCycleState": STRING,
}  # fmt: skip
_NAMED = {"Id": INT, "Name": STRING}

SETS: Mapping[str, Type] = {
    "IRequests": Type(
        "Request",
        {
            **_DOCUMENT, "RequestDate": TIME, "Deadline": TIME, "InitialDeadline": TIME, "ResponseDate": TIME,
            "ExecutionState": STRING, "IsRepeated": BOOL, "RequestType": STRING, "FullName": STRING,
            "PosKey": STRING, "PosRefusalCode": STRING, "PosRefusalText": STRING,
        },
        single={
            "Assignee": "IEmployees", "TransferredTo": "ICompanies",
            "AnswerLetter": "IOutgoingRequestLetters", "ProlongationDeadline": "IProlongations",
            "DocumentRegister": "IDocumentRegisters", "DocumentKind": "IDocumentKinds",
        },
        inside={"Questions": "RequestQuestion", "Versions": "Version"},
        required=frozenset({"Name", "Subject", "RequestDate", "FullName"}),
    ),
    "IOutgoingRequestLetters": Type(
        "OutgoingRequestLetter",
        {**_DOCUMENT, "PosSend": BOOL},
        single={"DocumentKind": "IDocumentKinds"},
        inside={"Versions": "Version"},
        required=frozenset({"Name", "Subject"}),
    ),
    "IAddendums": Type(
        "Addendum",
        _DOCUMENT,
        single={"LeadingDocument": "IOfficialDocuments"},
        inside={"Versions": "Version"},
        required=frozenset({"Name", "LeadingDocument"}),
    ),
    "IQuestions": Type("Question", {**_NAMED, "FullCode": STRING, "Status": STRING}),
    "IAssociatedApplications": Type("AssociatedApplication", {**_NAMED, "Extension": STRING}),
    "IEmployees": Type("Employee", {**_NAMED, "Email": STRING, "Phone": STRING}),
    "ICompanies": Type("Company", _NAMED),
    "IDocumentKinds": Type("DocumentKind", _NAMED),
    "IDocumentRegisters": Type("DocumentRegister", {**_NAMED, "Status": STRING}),
    "IProlongations": Type("Prolongation", {**_NAMED, "Deadline": TIME}),
}  # fmt: skip
INSIDE: Mapping[str, Type] = {
    "RequestQuestion": Type(
        "RequestQuestion",
        {"Id": INT, "ReviewResult": STRING, "PosStatus": STRING, "PosExport": STRING},
        single={"Question": "IQuestions"},
        required=frozenset({"Question"}),
    ),
    "Version": Type(
        "Version",
        {"Id": INT, "Number": INT, "Note": STRING},
        single={"AssociatedApplication": "IAssociatedApplications"},
        required=frozenset({"Number", "AssociatedApplication"}),
    ),
}
# a set of every document, through which an addendum finds its leading one
DOCUMENTS = ("IRequests", "IOutgoingRequestLetters")
LARGE = frozenset({"IRequests", "IOutgoingRequestLetters", "IAddendums", "IQuestions"})


def csdl() -> str:
    """Return the description of the service."""
    types = "".join(map(_type, (*SETS.values(), *INSIDE.values())))
    sets = "".join(
        f'<EntitySet Name="{name}" EntityType="{NAMESPACE}.{one.name}"/>' for name, one in SETS.items()
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        '<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices>'
        f'<Schema Namespace="{NAMESPACE}" xmlns="http://docs.oasis-open.org/odata/ns/edm">{types}'
        f'<EntityContainer Name="Container">{sets}</EntityContainer></Schema>'
        "</edmx:DataServices></edmx:Edmx>"
    )


def _type(one: Type) -> str:
    rows = [
        f"<Property Name={quoteattr(name)} Type={quoteattr(kind)}/>" for name, kind in one.properties.items()
    ]
    for name, target in one.single.items():
        kind = SETS[target].name if target in SETS else "Request"
        rows.append(f'<NavigationProperty Name="{name}" Type="{NAMESPACE}.{kind}"/>')
    rows += [
        f'<NavigationProperty Name="{name}" Type="Collection({NAMESPACE}.{kind})" ContainsTarget="true"/>'
        for name, kind in one.inside.items()
    ]
    return f'<EntityType Name="{one.name}"><Key><PropertyRef Name="Id"/></Key>{"".join(rows)}</EntityType>'
