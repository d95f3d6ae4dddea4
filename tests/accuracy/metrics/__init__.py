"""How well pairs were found: pure functions over frames.

In: what a predictor says of pairs (left, right, probability, outcome) and what is true. Out: precision, recall and F1
with intervals, blocking recall, B-cubed, calibration, the review queue, and the errors sorted by cause.
"""
