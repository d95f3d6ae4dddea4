"""A seeded world: seizures as they were, and the reports that agencies make of them, with the truth beside each.

Agencies have habits (language, unit, rounding, spelling, what they leave blank), and slips come by chance; a second
report is written by another agency from the same seizure, or copied. Networks share identifiers across different
seizures, and near misses look alike and are not the same. Nothing here knows how a matcher compares: no field is
disturbed independently with a probability of its own kind, which is what such models assume.
"""

from tests.accuracy.world.reports import PER_DAY, Report, Scale, reports

__all__ = ["PER_DAY", "Report", "Scale", "reports"]
