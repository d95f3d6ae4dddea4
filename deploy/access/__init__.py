"""Who reaches what on the broker: principals, their access lists and quotas, all from the topic catalogue.

`principals` names them, `grants` says what each may do, `quotas` how fast, `credentials` makes and keeps their
passwords, `apply` brings a cluster to that state.
"""

from deploy.access.apply import apply_access, catalogue
from deploy.access.credentials import make_credential
from deploy.access.grants import Grant, wanted_grants
from deploy.access.principals import BACKBONE, DEPLOYMENT

__all__ = [
    "BACKBONE",
    "DEPLOYMENT",
    "Grant",
    "apply_access",
    "catalogue",
    "make_credential",
    "wanted_grants",
]
