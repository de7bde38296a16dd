"""The tables of the wire profile: what each may hold. Their meaning stands in `profile.toml`."""

import string
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from config.i18n import _


def _checked_path(*placeholders: str) -> AfterValidator:
    def check(path: str) -> str:
        if not path:
            return path
        found = {name for _t, name, _s, _c in string.Formatter().parse(path) if name is not None}
        if not path.startswith("/") or found != set(placeholders):
            wanted = " ".join(f"{{{name}}}" for name in placeholders)
            raise ValueError(
                _("must start with / and hold {wanted}").format(wanted=wanted)
                if wanted
                else _("must start with / and hold no braces")
            )
        return path

    return AfterValidator(check)


Name = Annotated[str, Field(pattern=r"^[^.\s]+(\.[^.\s]+)*$", max_length=200)]
Optional = Annotated[str, Field(pattern=r"^([^.\s]+(\.[^.\s]+)*)?$", max_length=200)]
Path0 = Annotated[str, Field(min_length=1), _checked_path()]
PathId = Annotated[str, Field(min_length=1), _checked_path("id")]
PathRegion = Annotated[str, Field(min_length=1), _checked_path("region")]
Count = Annotated[int, Field(ge=1)]


class Part(BaseModel):
    """A table of the profile: closed, immutable, no coercion."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Paths(Part):
    """Where the calls go, below the base URL; `{id}` is the message, `{region}` the region."""

    token: Path0
    list: Path0
    accept: PathId
    reply: PathId
    upload: Path0
    history: Annotated[str, _checked_path("id")]
    regions: Path0
    subjects: PathRegion
    subsubjects: PathRegion


class TokenWords(Part):
    """Constant members of the token request."""

    grant_type: str
    scope: str


class Paging(Part):
    """How lists are cut into pages, and when to stop reading one that does not end."""

    page: Name
    size: Name
    items: Name
    page_size: Annotated[int, Field(ge=1, le=10_000)]
    max_pages: Count
    max_passes: Count


class UploadNames(Part):
    """The multipart field of an upload and the member of its answer that bears the id."""

    field: Name
    id: Name


class Limits(Part):
    """Sizes, in bytes and characters; 0 characters = no limit known."""

    json_bytes: Count
    file_bytes: Count
    reply_chars: Annotated[int, Field(ge=0)]


class Environments(Part):
    """Host name patterns that tell the test environment from production; test is looked at first."""

    test: tuple[str, ...]
    production: tuple[str, ...]


class CategoryNames(Part):
    """Three levels of the platform's categories."""

    subject_id: Name
    subject: Name
    subsubject_id: Name
    subsubject: Name
    fact_id: Name
    fact: Name


class QuestionNames(Part):
    """One question of a message that has several."""

    text: Name


class PersonNames(Part):
    """A natural person."""

    surname: Name
    name: Name
    patronymic: Name
    email: Name
    phone: Name


class AddresseeNames(Part):
    """What an applicant has beside the person."""

    post_address: Name
    post_address_flat: Name
    reply_by_post: Name
    organisation: Name


class AttachmentNames(Part):
    """An attachment that is an object and not a bare URL."""

    id: Name
    url: Name


class TerritoryNames(Part):
    """Where the trouble is; `municipality` lists candidates, the first that is not empty wins."""

    region_id: Name
    region: Name
    address: Name
    coordinates: Name
    latitude: Name
    longitude: Name
    oktmo: Name
    fias_id: Name
    municipality: tuple[Name, ...]


class MessageNames(Part):
    """A message of the list, and the days to answer where it names no due date."""

    id: Name
    text: Name
    number: Name
    numbered_at: Name
    created_at: Name
    due_at: Name
    fast_track: Name
    collective: Name
    confidential: Name
    opa_id: Name
    attachments: Name
    applicant: Name
    co_applicants: Name
    law_appeal: Name
    channel: Name
    questions: Name
    rework_number: Name
    rework_comment: Name
    due_days: Count
    fast_track_days: Count
    category: CategoryNames
    question: QuestionNames
    person: PersonNames
    addressee: AddresseeNames
    attachment: AttachmentNames
    territory: TerritoryNames


class ReplyNames(Part):
    """A status or an answer; `round` may be empty: then it is not sent."""

    id: Name
    opa_id: Name
    opa_name: Name
    final: Name
    status: Name
    status_text: Name
    answer_type: Name
    text: Name
    comment: Name
    files: Name
    executor: Name
    manager: Name
    card_number: Name
    card_date: Name
    outgoing_number: Name
    outgoing_date: Name
    notify: Name
    postponed_to: Name
    forwarded_to: Name
    round: Optional


class KindWords(Part):
    """What one kind of reply is called in a reply and in the history."""

    final: bool
    answer_type: str
    notify: bool
    history: tuple[str, ...]


class HistoryNames(Part):
    """The history of a message: where its rows are, and the members of a row."""

    rows: Name
    status: Name
    status_text: Name
    answer_type: Name
    comment: Name
    rating: Optional  # beside the rows: the citizen's rating of the answer, 1 to 5


class DictionaryNames(Part):
    """A row of a dictionary."""

    id: Name
    name: Name
    deleted: Name
    parent_id: Name
