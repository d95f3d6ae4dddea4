"""Stages between topics: admit and enrich, the reference data that enriching uses, and the runtime under all stages.

In: `ionics.submissions`. Out: `ionics.incidents`, `ionics.decisions`, `ionics.receipts.<agency>`, `ionics.enriched.gN`,
`ionics.dead-letters`.
"""
