"""The error of the local stack, where its callers look for it."""

from schemas.errors import StackError

__all__ = ["StackError"]
