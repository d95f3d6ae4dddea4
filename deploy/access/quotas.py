"""How fast each principal may go on each broker: agencies within limits, the backbone's own parts without.

A principal over its quota is made to wait by the broker; nothing is refused and nothing is lost.
"""

from deploy.access.principals import BACKBONE, DEPLOYMENT

MIB = 1 << 20
_FREE = 1 << 50

ANYBODY = ""
"""Stands for every principal without quotas of its own."""

QUOTAS: dict[str, dict[str, int]] = {
    # Some 4,000 incidents a second; reading its receipts and the directory takes less.
    ANYBODY: {"producer_byte_rate": 4 * MIB, "consumer_byte_rate": 8 * MIB, "request_percentage": 50},
    **{
        principal: {"producer_byte_rate": _FREE, "consumer_byte_rate": _FREE, "request_percentage": _FREE}
        for principal in (*BACKBONE, DEPLOYMENT)
    },
}
"""Kafka's quotas by principal: bytes a second on a broker, and hundredths of one of its threads."""
