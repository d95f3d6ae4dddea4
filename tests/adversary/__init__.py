"""Those who try what they must not: `python -m tests.adversary --inputs 1000000` fuzzes admission and the decoder."""
