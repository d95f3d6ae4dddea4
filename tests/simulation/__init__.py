"""The real workers, stages, projector and outbox on a simulated log and clock, under a seeded scheduler of faults.

`world` puts a deployment together; `scheduler` runs its processes in turns; `faults` and `process` say what may go
wrong at each of their calls; `broker`, `groups` and `log` are Kafka, `tables` is the read store; `agencies` and
`parties` are the people. `ledger` says what must hold, `running` counts, `mutations` takes lines of defence out.
`python -m tests.simulation` is `make simulate`.
"""
