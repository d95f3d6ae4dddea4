"""The figures. `make bench` runs all on a fresh local stack and prints them side by side; nothing here asserts."""
