"""The HTTP API: what a focal point may see and report, over HTTPS with OpenID Connect tokens.

In: requests with a bearer token. Out: JSON of what row-level security lets the caller see, each reading in the access
log before it leaves; reports, signed with the agency's gateway key, into the SDK's outbox. `app.create_app` puts it
together; no process of it holds a role that could see more than its callers.
"""

from projections.api.app import create_app
from projections.api.local_issuer import LocalIssuer

__all__ = ["LocalIssuer", "create_app"]
