"""The stage of the cases."""
