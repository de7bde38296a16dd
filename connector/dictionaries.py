"""The platform's own categories (REST, platform.md section 1.3) into the store of the mappings, by region."""

from collections.abc import Iterator
from dataclasses import dataclass

from connector.errors import ConnectorError
from connector.platform import Platform
from connector.relay.links import CabinetLink
from connector.runtime import Runtime
from mappings.categories import Categories, from_rest
from mappings.service import ImportReport, import_categories


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came of one region's dictionary; `problem` says why nothing did."""

    opa_id: int
    region: str
    report: ImportReport | None
    problem: str = ""


def fetch_categories(
    runtime: Runtime, opa_ids: tuple[int, ...], *, by: str, tolerance: float
) -> Iterator[Fetched]:
    """Import the dictionary of each cabinet's region, once a region; one that fails stops no other."""
    done: set[str] = set()
    regions = {one.opa_id: one.region_id for one in runtime.settings.cabinet}
    for opa_id, link in runtime.links.cabinets.items():
        if (opa_ids and opa_id not in opa_ids) or regions[opa_id] in done:
            continue
        try:
            region = _region_name(link.platform, regions[opa_id])
            found = _read(link, region)
        except ConnectorError as error:
            yield Fetched(opa_id, regions[opa_id], None, error.sentence)
            continue
        done.add(regions[opa_id])
        report = import_categories(
            runtime.classifier.engine,
            found,
            by=by,
            at=runtime.journal.clock(),
            region=region,
            tolerance=tolerance,
        )
        yield Fetched(opa_id, region, report)


def _region_name(platform: Platform, region_id: str) -> str:
    """Messages name their region by its words, so the list is kept under them."""
    return next((one.name for one in platform.dictionary("regions") if one.id == region_id), region_id)


def _read(link: CabinetLink, region: str) -> Categories:
    subjects = [
        {"id": one.id, "name": one.name, "deleted": one.deleted}
        for one in link.platform.dictionary("subjects")
    ]
    names = {one["id"]: one["name"] for one in subjects}
    subsubjects = [
        {
            "id": one.id,
            "name": one.name,
            "deleted": one.deleted,
            "subject": {"id": one.parent_id, "name": names.get(one.parent_id, "")},
        }
        for one in link.platform.dictionary("subsubjects")
    ]
    return from_rest(subjects, subsubjects, region)
