"""Reference data, and the pure resolvers that the enrichment stage calls.

In come texts and codes as reported; out go identities, schedules, quantities, countries and places, each saying how
it was found and how sure that is. Nothing here raises on a text, reads a clock or touches the network; the same
question to the same `Reference.version` has the same answer. Data, sources and the way to extend them:
``data/README.md``.
"""

from stream_processors.reference.countries import CountryMatch
from stream_processors.reference.dates import Precision
from stream_processors.reference.facade import Reference
from stream_processors.reference.places import PlaceMatch
from stream_processors.reference.quantities import Quantity
from stream_processors.reference.substances import SubstanceMatch

__all__ = ["CountryMatch", "PlaceMatch", "Precision", "Quantity", "Reference", "SubstanceMatch"]
