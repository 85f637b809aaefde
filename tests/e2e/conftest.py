"""Fixtures of the end-to-end tests: proxies in front of real programs, and a message to send."""

import pytest

from pysupport.clients import Message
from pysupport.proxy import Proxy
from pysupport.rig import certificates


class Front:
    """A proxy with named listeners: name → (protocol, client mode, server leg), and perhaps more keys of the listener."""

    def __init__(self, certs, folder, listeners, **configuration):
        entries = []
        for name, (protocol, client, server, *more) in listeners.items():
            if client != "off":
                client = {"tls": client, "certificates": ["ecdsa", "rsa"]}
            else:
                client = {"tls": "off"}
            if server["tls"] in ("required", "implicit"):
                server = {"ca": certs.ca, "server_name": "localhost", **server}
            entry = {"name": name, "listen": "127.0.0.1:0", "protocol": protocol, "client": client, "server": server}
            entries.append(entry | (more[0] if more else {}))
        self.proxy = Proxy(
            {"certificates": certificates(certs, ("ecdsa", "rsa")), "listeners": entries,
             "limits": {"drain_timeout": "1s"}, **configuration},
            folder,
        )  # fmt: skip

    def port(self, name):
        return self.proxy.port(name)

    def record(self, name):
        """The record of the session on that listener. There must be only one that was not fetched yet."""
        return self.proxy.record(where=lambda record: record["listener"] == name)


@pytest.fixture(scope="module")
def front(certs, folder):
    """front(listeners, …) starts a Front, which runs until the end of the module."""
    started = []

    def start(listeners, **configuration):
        started.append(Front(certs, folder, listeners, **configuration))
        return started[-1]

    yield start
    for each in started:
        each.proxy.__exit__(None)


@pytest.fixture
def message(certs, folder):
    return Message(folder)
