"""Names of the consumer groups of the matcher and of the cases, one a generation."""

MATCH_GROUPS = "ionics-match-g"
CASES_GROUPS = "ionics-cases-g"


def match_group(generation: int) -> str:
    """Consumer group of the matcher of a generation."""
    return f"{MATCH_GROUPS}{generation}"


def cases_group(generation: int) -> str:
    """Consumer group of the cases of a generation."""
    return f"{CASES_GROUPS}{generation}"
