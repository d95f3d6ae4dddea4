"""The statements by which the state of deliveries moves on.

A delivery moves only while it is PENDING or GROUPED, so that whoever held a lease too long takes nothing back.
"""

from typing import LiteralString

_NAMED: LiteralString = """subscription_id, recipient, agency_id, via, event_kind, event_id::text, revision, digest,
    event_at, severity, code, withdrawn, acknowledge_s, escalation, attempts"""
_OPEN: LiteralString = "state IN ('PENDING', 'GROUPED')"

_COLUMNS: LiteralString = """delivery_id, subscription_id, recipient, agency_id, via, event_kind, event_id, revision,
    digest, event_at, severity, code, withdrawn, escalation, acknowledge_s, escalate_at, generation, topic, partition,
    following, directory, closed"""
_VALUES: LiteralString = """%(delivery_id)s, %(subscription_id)s, %(recipient)s, %(agency_id)s, %(via)s,
    %(event_kind)s, %(event_id)s, %(revision)s, %(digest)s, %(event_at)s, %(severity)s, %(code)s, %(withdrawn)s,
    %(escalation)s, %(acknowledge_s)s::integer,
    clock_timestamp() + %(acknowledge_s)s::integer * interval '1 second'"""

# What waits in another generation is judged by this one from now on.
ADD: LiteralString = f"""
INSERT INTO dissemination.delivery AS d ({_COLUMNS})
VALUES ({_VALUES}, %(generation)s, %(topic)s, %(partition)s, %(following)s, %(directory)s, %(closed)s)
ON CONFLICT (delivery_id) DO UPDATE SET
    generation = EXCLUDED.generation, topic = EXCLUDED.topic, partition = EXCLUDED.partition,
    following = EXCLUDED.following, adopted_until = NULL
WHERE d.{_OPEN} AND (d.generation <> EXCLUDED.generation OR d.topic IS NULL)
"""  # noqa: S608  # of constants above

ADD_LIKE: LiteralString = f"""
INSERT INTO dissemination.delivery ({_COLUMNS})
SELECT {_VALUES}, generation, topic, partition, following, directory, closed
FROM dissemination.delivery WHERE delivery_id = %(like)s
ON CONFLICT (delivery_id) DO NOTHING
"""  # noqa: S608  # of constants above

ADOPT: LiteralString = f"""
UPDATE dissemination.delivery
SET generation = %(generation)s, topic = NULL, partition = NULL, following = NULL, leased_until = NULL,
    adopted_until = clock_timestamp() + interval '10 minutes'
WHERE {_OPEN} AND generation <> %(generation)s
"""  # noqa: S608  # of constants above

# Where views stand is asked in the statement that leases, so that nothing is tried before it can be judged.
_JUDGED: LiteralString = """
    generation = %(generation)s
    AND (topic IS NULL OR EXISTS (
        SELECT FROM {views} v WHERE v.topic = d.topic AND v.partition = d.partition AND v.next >= d.following))
    AND (SELECT coalesce(max(next), 0) FROM {views} WHERE topic = 'ionics.directory') >= directory
    AND (SELECT coalesce(max(next), 0) FROM {views} WHERE topic = 'ionics.directory-closed') >= closed
"""
# Found once a statement: asked of each delivery anew, a lane of a thousand that wait would be read a thousand times.
_BUSY: LiteralString = """
busy AS MATERIALIZED (
    SELECT recipient, via FROM dissemination.delivery WHERE leased_until >= statement_timestamp()
    UNION SELECT * FROM unnest(%(recipients)s::text[], %(ways)s::text[])
)"""
_FREE: LiteralString = """
    due_at <= statement_timestamp() AND (leased_until IS NULL OR leased_until < statement_timestamp())
    AND NOT EXISTS (SELECT FROM busy WHERE busy.recipient = d.recipient AND busy.via = d.via)
"""

# Workers lease in turns, or two of them could lease parts of one lane: neither sees what the other has not committed.
TURN: LiteralString = "SELECT pg_advisory_xact_lock(4711002)"

CLAIM: LiteralString = f"""
WITH {_BUSY}, due AS (
    SELECT delivery_id, recipient, via, due_at FROM dissemination.delivery d
    WHERE state = 'PENDING' AND {_FREE} AND {_JUDGED}
    ORDER BY due_at LIMIT 4 * %(limit)s FOR UPDATE SKIP LOCKED
), taken AS (
    SELECT delivery_id FROM (
        SELECT delivery_id, due_at, row_number() OVER (PARTITION BY recipient, via ORDER BY due_at) AS number FROM due
    ) AS numbered WHERE number <= %(a_lane)s ORDER BY due_at LIMIT %(limit)s
), leased AS (
    UPDATE dissemination.delivery d
    SET leased_by = %(worker)s, leased_until = clock_timestamp() + %(lease_s)s * interval '1 second'
    FROM taken WHERE d.delivery_id = taken.delivery_id RETURNING d.*
)
SELECT {_NAMED} FROM leased ORDER BY due_at, event_at
"""  # noqa: S608  # of constants above

# Whoever is first names the message; after a crash it is the same message again.
CLAIM_GROUP: LiteralString = f"""
WITH {_BUSY}, first AS (
    SELECT recipient, via, group_id FROM dissemination.delivery d
    WHERE state = 'GROUPED' AND {_FREE} AND {_JUDGED}
    ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED
), members AS (
    SELECT delivery_id FROM dissemination.delivery d JOIN first USING (recipient, via)
    WHERE state = 'GROUPED' AND d.group_id IS NOT DISTINCT FROM first.group_id AND {_FREE} AND {_JUDGED}
    ORDER BY event_at LIMIT 500 FOR UPDATE OF d SKIP LOCKED
), named AS (
    UPDATE dissemination.delivery d SET group_id = coalesce(d.group_id, %(new)s)
    FROM members WHERE d.delivery_id = members.delivery_id RETURNING d.group_id
)
SELECT group_id FROM named LIMIT 1
"""  # noqa: S608  # of constants above

LEASE_GROUP: LiteralString = f"""
WITH leased AS (
    UPDATE dissemination.delivery
    SET leased_by = %(worker)s, leased_until = clock_timestamp() + %(lease_s)s * interval '1 second'
    WHERE state = 'GROUPED' AND group_id = %(group)s RETURNING *
)
SELECT {_NAMED} FROM leased ORDER BY event_at, delivery_id
"""  # noqa: S608  # of constants above

# A worker that begins again holds nothing of what it held before.
LET_GO: LiteralString = f"""
UPDATE dissemination.delivery SET leased_until = NULL WHERE {_OPEN} AND leased_by = %(worker)s
"""  # noqa: S608  # the same

WAITING: LiteralString = f"""
SELECT FROM dissemination.delivery
WHERE {_OPEN} AND generation = %(generation)s AND due_at <= clock_timestamp()
    AND (leased_until IS NULL OR leased_until < clock_timestamp()) LIMIT 1
"""  # the same

TOLD_BEFORE: LiteralString = """
SELECT FROM dissemination.delivery
WHERE event_id = %(event_id)s AND agency_id = %(agency_id)s AND recipient = %(recipient)s AND via = %(via)s
    AND delivery_id <> %(delivery_id)s AND state IN ('DELIVERED', 'PENDING', 'GROUPED') LIMIT 1
"""

TOLD_LATELY: LiteralString = """
SELECT (
    SELECT count(DISTINCT coalesce(group_id, delivery_id)) FROM dissemination.delivery d
    WHERE d.recipient = asked.recipient AND d.via = asked.via AND state = 'DELIVERED'
        AND sent_at > clock_timestamp() - interval '1 minute')
FROM unnest(%(recipients)s::text[], %(ways)s::text[]) WITH ORDINALITY AS asked(recipient, via, number) ORDER BY number
"""

DELIVERED: LiteralString = f"""
UPDATE dissemination.delivery
SET state = 'DELIVERED', sent_at = clock_timestamp(), leased_until = NULL, error = NULL, group_id = %(group)s
WHERE delivery_id = ANY (%(ids)s::uuid[]) AND {_OPEN}
"""  # noqa: S608  # of constants above

GIVE_UP: LiteralString = f"""
UPDATE dissemination.delivery
SET state = 'GIVEN_UP', attempts = attempts + 1, leased_until = NULL, error = %(error)s
WHERE delivery_id = %(id)s AND {_OPEN}
"""  # noqa: S608  # of constants above

FAILED: LiteralString = f"""
UPDATE dissemination.delivery
SET attempts = attempts + 1, leased_until = NULL, error = %(error)s,
    due_at = clock_timestamp() + %(again_s)s * interval '1 second'
WHERE delivery_id = %(id)s AND {_OPEN}
"""  # noqa: S608  # of constants above

HOLD_LANE: LiteralString = f"""
UPDATE dissemination.delivery SET due_at = clock_timestamp() + %(again_s)s * interval '1 second'
WHERE recipient = %(recipient)s AND via = %(via)s AND {_OPEN}
    AND due_at < clock_timestamp() + %(again_s)s * interval '1 second'
"""  # noqa: S608  # of constants above

PASSED_OVER: LiteralString = f"""
UPDATE dissemination.delivery SET leased_until = NULL,
    state = CASE WHEN adopted_until > clock_timestamp() THEN state ELSE 'WITHDRAWN' END,
    escalate_at = CASE WHEN adopted_until > clock_timestamp() THEN escalate_at END,
    due_at = CASE WHEN adopted_until > clock_timestamp() THEN clock_timestamp() + interval '5 seconds' ELSE due_at END
WHERE delivery_id = %(id)s AND {_OPEN}
"""  # noqa: S608  # of constants above

PUT_OFF: LiteralString = f"""
UPDATE dissemination.delivery
SET state = 'GROUPED', leased_until = NULL, due_at = clock_timestamp() + %(after_s)s * interval '1 second'
WHERE delivery_id = %(id)s AND {_OPEN}
"""  # noqa: S608  # of constants above

RELEASE: LiteralString = f"""
UPDATE dissemination.delivery SET leased_until = NULL WHERE delivery_id = ANY (%(ids)s::uuid[]) AND {_OPEN}
"""  # noqa: S608  # of constants above

SEEN: LiteralString = """
UPDATE dissemination.delivery SET seen_at = %(at)s
WHERE delivery_id = %(delivery_id)s AND recipient = %(focal_point_id)s AND seen_at IS NULL
"""

KEEP_ACKNOWLEDGEMENT: LiteralString = """
INSERT INTO dissemination.acknowledgement (event_id, agency_id, focal_point_id, at)
VALUES (%(event_id)s, %(agency_id)s, %(focal_point_id)s, %(at)s) ON CONFLICT DO NOTHING
"""

ACKNOWLEDGE: LiteralString = """
UPDATE dissemination.delivery SET acknowledged_at = %(at)s, acknowledged_by = %(focal_point_id)s, escalate_at = NULL
WHERE event_id = %(event_id)s AND agency_id = %(agency_id)s AND event_at <= %(at)s AND acknowledged_at IS NULL
"""

OVERDUE: LiteralString = f"""
SELECT {_NAMED} FROM dissemination.delivery d
WHERE escalate_at <= clock_timestamp() AND NOT EXISTS (
    SELECT FROM dissemination.acknowledgement a
    WHERE a.event_id = d.event_id AND a.agency_id = d.agency_id AND a.at >= d.event_at)
ORDER BY escalate_at LIMIT %(limit)s
"""  # noqa: S608  # of constants above

ESCALATED: LiteralString = """
UPDATE dissemination.delivery SET escalate_at = NULL WHERE delivery_id = %(id)s AND escalate_at IS NOT NULL
"""
