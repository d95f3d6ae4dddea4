"""Settings of the broker that `ionics up --secure` makes: TLS, passwords, and nothing without an access list.

Three listeners: clients prove themselves by SCRAM over TLS; the stack's own servers, and the command that sets them up,
by certificates of the stack's authority; so does the broker to its controller.
"""

from deploy.access.principals import DEPLOYMENT
from deploy.local.authority import Authority
from deploy.local.ports import LOOPBACK

MECHANISM = "SCRAM-SHA-512"
BROKER_NAME = "broker"
SUPER_USERS = (BROKER_NAME, DEPLOYMENT)

_LOGIN = "org.apache.kafka.common.security.scram.ScramLoginModule required"


def secure_properties(authority: Authority, clients: int, internal: int, controller: int) -> dict[str, str]:
    """Properties of the broker that differ from those of an open one.

    Args:
        authority: with the broker's certificate.
        clients: port for clients.
        internal: port for the broker itself.
        controller: port of the controller.
    """
    return {
        "listeners": f"CLIENTS://{LOOPBACK}:{clients},INTERNAL://{LOOPBACK}:{internal},"
        f"CONTROLLER://{LOOPBACK}:{controller}",
        "advertised.listeners": f"CLIENTS://{LOOPBACK}:{clients},INTERNAL://{LOOPBACK}:{internal}",
        "listener.security.protocol.map": "CLIENTS:SASL_SSL,INTERNAL:SSL,CONTROLLER:SSL",
        "inter.broker.listener.name": "INTERNAL",
        "listener.name.clients.sasl.enabled.mechanisms": MECHANISM,
        f"listener.name.clients.{MECHANISM.lower()}.sasl.jaas.config": f"{_LOGIN};",
        "listener.name.internal.ssl.client.auth": "required",
        "listener.name.controller.ssl.client.auth": "required",
        "ssl.principal.mapping.rules": "RULE:^CN=([a-z]+)$/$1/,DEFAULT",
        **_certificates(authority, BROKER_NAME),
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "allow.everyone.if.no.acl.found": "false",
        "super.users": ";".join(f"User:{name}" for name in SUPER_USERS),
    }


def java_properties(authority: Authority, name: str) -> dict[str, str]:
    """Properties of a program in Java at the internal listener, which proves itself by the certificate of this name."""
    return {"security.protocol": "SSL", **_certificates(authority, name)}


def internal_config(authority: Authority, bootstrap: str) -> dict[str, str]:
    """Properties of a client at the internal listener with all rights, as librdkafka names them."""
    return {
        "bootstrap.servers": bootstrap,
        "security.protocol": "SSL",
        "ssl.ca.location": str(authority.certificate),
        "ssl.certificate.location": str(authority.identity(BROKER_NAME)),
        "ssl.key.location": str(authority.identity(BROKER_NAME)),
    }


def client_config(authority: Authority) -> dict[str, str]:
    """What every client needs beside its credential, as librdkafka names it."""
    return {
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": MECHANISM,
        "ssl.ca.location": str(authority.certificate),
    }


def _certificates(authority: Authority, name: str) -> dict[str, str]:
    return {
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(authority.identity(name)),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(authority.certificate),
    }
