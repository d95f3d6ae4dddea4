"""The public face of the IONICS Backbone: what agencies and consumers import.

from ionics import IncidentProducer, feed

with IncidentProducer("nzl-customs", reporting_country="NZL") as agency:
    submission = agency.report({...})
    print(agency.wait(submission).outcome)

for event in feed():
    print(event.incident.items[0].substance_text, event.cursor)
"""

from producers import IncidentProducer, Outcome, Receipt, Report, Submission
from projections.feed import AlertFeedEvent, CaseFeedEvent, FeedEvent, FeedFilter, feed
from schemas.alert import Alert, AlertDocument, AlertIncident, AlertPolicy, AlertReason, AlertSubject
from schemas.case import CaseChange, CaseLink, CaseMember, CaseReason, CaseVersion
from schemas.errors import (
    ImportFileError,
    InvalidIncidentError,
    IonicsError,
    LogError,
    OutboxError,
    ProjectionError,
    SettingsError,
)
from schemas.incident import (
    Concealment,
    DatePrecision,
    Delegation,
    Document,
    Entity,
    EventType,
    Incident,
    IncidentContent,
    Item,
    Location,
    RouteLeg,
    Shipment,
    Tlp,
)
from schemas.settings import Settings, load_settings

__all__ = [
    "Alert",
    "AlertDocument",
    "AlertFeedEvent",
    "AlertIncident",
    "AlertPolicy",
    "AlertReason",
    "AlertSubject",
    "CaseChange",
    "CaseFeedEvent",
    "CaseLink",
    "CaseMember",
    "CaseReason",
    "CaseVersion",
    "Concealment",
    "DatePrecision",
    "Delegation",
    "Document",
    "Entity",
    "EventType",
    "FeedEvent",
    "FeedFilter",
    "ImportFileError",
    "Incident",
    "IncidentContent",
    "IncidentProducer",
    "InvalidIncidentError",
    "IonicsError",
    "Item",
    "Location",
    "LogError",
    "OutboxError",
    "Outcome",
    "ProjectionError",
    "Receipt",
    "Report",
    "RouteLeg",
    "Settings",
    "SettingsError",
    "Shipment",
    "Submission",
    "Tlp",
    "feed",
    "load_settings",
]

if __name__ == "__main__":
    from cli.main import main

    main()
