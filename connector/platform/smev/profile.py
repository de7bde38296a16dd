"""The wire profile of PosEdms: element names and words, read from TOML; the default is `profile.toml`."""

from functools import cache
from pathlib import Path

from connector.platform.profiles import load_profile_of
from connector.platform.rest.names import Count, Name, Part


class EnvironmentWords(Part):
    """Values of the attribute `env`."""

    test: str
    production: str


class Operations(Part):
    """What each call is named, without Request and Response."""

    list: Name
    accept: Name
    reply: Name
    history: Name
    upload: Name
    download: Name
    regions: Name
    subjects: Name
    subsubjects: Name


class FieldNames(Part):
    """Elements of requests and of files."""

    client_id: Name
    page: Name
    size: Name
    id: Name
    region_id: Name
    reply: Name
    file: Name
    file_id: Name
    file_name: Name
    mime_type: Name
    attachment_uuid: Name
    download_result: Name


class StatusWords(Part):
    """How an answer says whether it is a success, and what a failure is called."""

    object: Name
    result: Name
    description: Name
    retry_after: Name
    success: str
    refused: tuple[str, ...]
    denied: tuple[str, ...]
    unavailable: tuple[str, ...]


class ItemNames(Part):
    """The repeated element of each list."""

    list: Name
    regions: Name
    subjects: Name
    subsubjects: Name


class SmevProfile(Part):
    """Everything of PosEdms that may change without a change of code."""

    namespace: str
    request: Name
    response: Name
    page_size: Count
    max_pages: Count
    max_passes: Count
    history: bool
    history_object: Name
    environments: EnvironmentWords
    operations: Operations
    fields: FieldNames
    status: StatusWords
    items: ItemNames


@cache
def default_smev_profile() -> SmevProfile:
    """Return the profile that ships with sedlink."""
    return load_profile_of(SmevProfile, __package__, None)


def load_smev_profile(path: Path) -> SmevProfile:
    """Return the default profile with the keys of a file put over it. Raises ProfileError."""
    return load_profile_of(SmevProfile, __package__, path)
