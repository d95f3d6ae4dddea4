"""Names of the consumer groups of the alerts, one a generation."""

ALERT_GROUPS = "ionics-alert-g"


def alert_group(generation: int) -> str:
    """Consumer group of the alerts of a generation."""
    return f"{ALERT_GROUPS}{generation}"
