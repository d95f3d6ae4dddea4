"""Version of the SDK, as `provenance.sdk_version` states it."""

from importlib.metadata import PackageNotFoundError, version


def _installed() -> str:
    try:
        return version("ionics-backbone")
    except PackageNotFoundError:  # a source tree that was never installed
        return "0+source"


SDK_VERSION = _installed()
