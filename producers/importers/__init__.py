"""Importers: a file → drafts of incidents for the SDK to sign and send, and rejects for the rows that cannot be read.

`read_ids` reads UNODC's Individual Drug Seizures, `read_csv` our own layout (``docs/csv-layout.md``). What is reported
stays as reported: an importer never resolves content. It maps the reporting agency and the fixed labels of a layout.
`write_rejects` leaves the rejects as a file beside the input.
"""

from producers.importers.csv_layout import read_csv
from producers.importers.draft import Draft, Reject
from producers.importers.ids import UNODC_PROFILE, IdsProfile, agencies_of, read_ids
from producers.importers.rejects import write_rejects

__all__ = ["UNODC_PROFILE", "Draft", "IdsProfile", "Reject", "agencies_of", "read_csv", "read_ids", "write_rejects"]
