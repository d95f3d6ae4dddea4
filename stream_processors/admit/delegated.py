"""Who may see a delegated report: its owner and agencies of the type SECRETARIAT, by the directory."""

from schemas.directory import SECRETARIAT, Directory
from schemas.errors import InvalidIncidentError
from schemas.incident import AGENCY, Incident


def check_delegation(incident: Incident, directory: Directory) -> None:
    """Refuse a delegated report that anybody else could see, or that no secretariat would get.

    Raises:
        InvalidIncidentError: DELEGATION_AUDIENCE, with the name in the audience that goes too far.
    """
    if incident.delegation is None:
        return
    secretariats = 0
    for number, name in enumerate(incident.audience):
        agency = directory.agencies.get(name.removeprefix(AGENCY))
        if agency is not None and agency.agency_type == SECRETARIAT:
            secretariats += 1
        elif name != f"{AGENCY}{incident.agency_id}":
            raise InvalidIncidentError(
                "DELEGATION_AUDIENCE",
                f"audience[{number}]",
                f"{name} is no agency of the type SECRETARIAT; a delegated report goes to its owner and to these alone",
            )
    if not secretariats:
        raise InvalidIncidentError(
            "DELEGATION_AUDIENCE", "audience", "a delegated report names an agency of the type SECRETARIAT"
        )
