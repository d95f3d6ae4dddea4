"""The read side: what the log says, as tables of PostgreSQL that can be asked.

In: ``ionics.enriched.gN``, ``ionics.links.gN``, ``ionics.cases.gN``, ``ionics.alerts.gN``, ``ionics.judgements``,
``ionics.watches`` and ``ionics.messages``. Out: rows about incidents, links, cases, alerts and requests,
and aggregates by class of audience in which a seizure counts once. Rows and contributions are pure functions over
frames; the sink stores them, a batch in one transaction with the positions; the digest compares tables; ``queries``
reads them as the role that the API has, within ``viewing``, as one focal point.
"""
