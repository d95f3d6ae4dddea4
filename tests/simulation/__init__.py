"""The real workers, stages, projector and outbox on a simulated log and clock, under a seeded scheduler of faults."""
