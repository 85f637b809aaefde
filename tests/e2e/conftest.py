"""What the end-to-end tests share: a folder that clients see as /mnt, and proxies in front of real programs."""

import pytest

from pysupport.clients import Message
from pysupport.proxy import Proxy
from pysupport.rig import certificates


class Front:
    """A proxy with listeners that the tests name: name → (protocol, client leg, server leg)."""

    def __init__(self, certs, folder, listeners, **configuration):
        entries = []
        for name, (protocol, client, server) in listeners.items():
            if client != "off":
                client = {"tls": client, "certificates": ["ecdsa", "rsa"]}
            else:
                client = {"tls": "off"}
            if server["tls"] in ("required", "implicit"):
                server = {"ca": certs.ca, "server_name": "localhost", **server}
            entries.append(
                {"name": name, "listen": "127.0.0.1:0", "protocol": protocol, "client": client, "server": server}
            )
        self.proxy = Proxy(
            {"certificates": certificates(certs, ("ecdsa", "rsa")), "listeners": entries,
             "limits": {"drain_timeout": "1s"}, **configuration},
            folder,
        )  # fmt: skip

    def port(self, name):
        return self.proxy.port(name)

    def record(self, name):
        """The record of the (only) session on that listener that was not yet asked for."""
        return self.proxy.record(where=lambda record: record["listener"] == name)


@pytest.fixture(scope="module")
def front(certs, folder):
    """front(listeners): started, and stopped with the module."""
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
