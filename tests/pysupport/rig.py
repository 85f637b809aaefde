"""A proxy with many listeners and a recording upstream behind each, shared by the tests of a file."""

import importlib

from pysupport.proxy import Proxy
from pysupport.timing import milliseconds
from pysupport.upstream import Upstream

MODES = ("off", "opportunistic", "required", "implicit")


# Protocols whose module in this package has another name.
MODULES = {"lmtp": "smtp", "tcp": "smtp", "xmpp-server": "xmpp"}


def protocol_module(protocol):
    """The module of this package with the protocol's `Client` and `Server`."""
    return importlib.import_module(f"pysupport.{MODULES.get(protocol, protocol)}")


class Place:
    """A listener of the proxy, and the upstream behind it."""

    def __init__(self, rig, protocol, client, server):
        self.rig, self.protocol, self.client, self.server = rig, protocol, client, server
        self.name = f"{protocol}-{client}-{server}"
        self.upstream = Upstream()
        self.fake = None

    @property
    def lmtp(self):
        return self.protocol == "lmtp"

    @property
    def port(self):
        return self.rig.proxy.port(self.name)

    def serve(self, behaviour):
        """Makes the upstream behave like this from now on; `fake` is the behaviour."""
        self.fake = behaviour
        self.upstream.serve(behaviour)
        return self

    def serve_fake(self, **options):
        """Makes the upstream the protocol's fake server. It has TLS unless the server leg is `off`."""
        options = {"tls": None if self.server == "off" else self.rig.certs.server_context(), **options}
        options = {"implicit": self.server == "implicit", **options}
        return self.serve(protocol_module(self.protocol).Server(protocol=self.protocol, **options))

    def dial(self):
        """A client that is connected to the listener."""
        return protocol_module(self.protocol).Client(self.port, protocol=self.protocol)

    def dial_before_the_reset(self):
        """Dials a listener that resets every connection. The reset may make connect() itself fail; then it dials again."""
        for _ in range(50):
            try:
                return self.dial()
            except ConnectionResetError:
                pass
        raise AssertionError("50 connections were reset before connect() returned")

    def arrive(self, **options):
        """A client that has made the handshake, if the client leg is implicit, and has read the greeting."""
        client = self.dial()
        if self.client == "implicit":
            client.start_tls(self.rig.certs.client_context(), "localhost", **options)
        client.arrive()
        return client

    def record(self, client):
        return self.rig.proxy.record(client)


class Rig:
    """One proxy with a listener for each of `pairs` (protocol, client mode, server mode).

    limits: added to the proxy's. client, server: added to every leg of that side. leaves: the proxy's certificates.
    """

    def __init__(self, certs, folder, pairs, limits=None, client=None, server=None, leaves=("ecdsa", "rsa")):
        self.certs = certs
        self.places = {pair: Place(self, *pair) for pair in pairs}
        listeners = []
        for place in self.places.values():
            listeners.append(listener(certs, place, client, server, leaves))
        self.proxy = Proxy(
            {
                "limits": {"negotiation_timeout": milliseconds(20000), "drain_timeout": "1s", **(limits or {})},
                "certificates": certificates(certs, leaves),
                "listeners": listeners,
            },
            folder,
        )

    def at(self, protocol, client, server):
        return self.places[protocol, client, server]

    def close(self):
        for place in self.places.values():
            place.upstream.close()
        self.proxy.__exit__(None)


def certificates(certs, leaves=("ecdsa",)):
    found = {name: getattr(certs, name) for name in leaves}
    return {name: {"chain": leaf.chain, "key": leaf.key} for name, leaf in found.items()}


def listener(certs, place, client=None, server=None, leaves=("ecdsa",)):
    """The configuration of a place's listener; `client` and `server` are added to its legs."""
    client_leg = {"tls": place.client, **(client or {})}
    if place.client != "off":
        client_leg["certificates"] = list(leaves)
    server_leg = {"address": place.upstream.address, "tls": place.server, **(server or {})}
    if place.server in ("required", "implicit"):
        server_leg = {"ca": certs.ca, "server_name": "localhost", **server_leg}
    return {
        "name": place.name,
        "listen": "127.0.0.1:0",
        "protocol": place.protocol,
        "client": client_leg,
        "server": server_leg,
    }


def pairs(*protocols):
    return [(protocol, client, server) for protocol in protocols for client in MODES for server in MODES]
