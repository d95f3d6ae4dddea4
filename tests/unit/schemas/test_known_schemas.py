"""What decodes under an id, for whoever asks."""

import pytest

from schemas.codec import enriched_schema
from schemas.dictionary import SUBJECTS, SchemaDictionary
from schemas.errors import DecodeError, UnknownSchemaError
from schemas.known_schemas import KnownSchemas

_ID = 7


def _known() -> KnownSchemas:
    dictionary = SchemaDictionary()
    dictionary.schemas[_ID], dictionary.subjects[_ID] = enriched_schema(), SUBJECTS["enriched"]
    return KnownSchemas(lambda: dictionary)


def test_each_reader_gets_the_columns_that_it_wants() -> None:
    """Those who ask differently do not share a decoder; those who ask for the same do, in whatever order."""
    known = _known()
    whole = known.columnar(_ID, "enriched")
    two = known.columnar(_ID, "enriched", ["incident_id", "revision"])
    assert known.columnar(_ID, "enriched", ("revision", "incident_id")) is two
    assert known.columnar(_ID, "enriched") is whole
    assert set(two.decode(_ID, []).columns.columns) == {"_row", "incident_id", "revision"}
    assert {"incident_id", "revision", "narrative"} < set(whole.decode(_ID, []).columns.columns)


def test_a_column_that_is_not_there_is_refused() -> None:
    """So is a schema of another kind."""
    with pytest.raises(DecodeError, match="no columns colour"):
        _known().columnar(_ID, "enriched", ["incident_id", "colour"])
    with pytest.raises(UnknownSchemaError):
        _known().columnar(_ID, "admitted", ["incident_id"])
