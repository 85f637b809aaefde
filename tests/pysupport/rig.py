"""Proxies with a recording upstream behind each listener, shared by the tests of a file."""

import importlib

from pysupport.proxy import Proxy
from pysupport.timing import milliseconds
from pysupport.upstream import Upstream

MODES = ("off", "opportunistic", "required", "implicit")


# The module of this package that speaks a protocol, where it is not called so.
SPOKEN_BY = {"lmtp": "smtp", "tcp": "smtp", "xmpp-server": "xmpp"}


def speaker(protocol):
    """The module with the protocol's `Client` and `Server`, and `dial(port, protocol)`, which makes the former."""
    return importlib.import_module(f"pysupport.{SPOKEN_BY.get(protocol, protocol)}")


class Place:
    """A listener and the fake behind it."""

    def __init__(self, rig, protocol, client, server):
        self.rig, self.protocol, self.client, self.server = rig, protocol, client, server
        self.name = f"{protocol}-{client}-{server}"
        self.upstream = Upstream()

    @property
    def lmtp(self):
        return self.protocol == "lmtp"

    @property
    def port(self):
        return self.rig.proxy.port(self.name)

    def serve(self, behaviour):
        self.upstream.serve(behaviour)
        return self

    def dial(self):
        """A client of the listener, at TCP level."""
        return speaker(self.protocol).dial(self.port, self.protocol)

    def dial_before_the_reset(self):
        """The same where a reset is all that will come, and may overtake connect()'s own return: then of no use here."""
        for _ in range(50):
            try:
                return self.dial()
            except ConnectionResetError:
                pass
        raise AssertionError("50 connections were reset before they were made")

    def arrive(self, **options):
        """A client that has got over an implicit handshake, if there is one, and has read the greeting."""
        client = self.dial()
        if self.client == "implicit":
            client.start_tls(self.rig.certs.client_context(), "localhost", **options)
        client.arrive()
        return client

    def record(self, client):
        return self.rig.proxy.record(client)


class Rig:
    """One proxy with a listener for each of `pairs` (protocol, client mode, server mode)."""

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
    """The listener of a place: `client` and `server` add to its legs."""
    towards_client = {"tls": place.client, **(client or {})}
    if place.client != "off":
        towards_client["certificates"] = list(leaves)
    towards_server = {"address": place.upstream.address, "tls": place.server, **(server or {})}
    if place.server in ("required", "implicit"):
        towards_server = {"ca": certs.ca, "server_name": "localhost", **towards_server}
    return {
        "name": place.name,
        "listen": "127.0.0.1:0",
        "protocol": place.protocol,
        "client": towards_client,
        "server": towards_server,
    }


def pairs(*protocols):
    return [(protocol, client, server) for protocol in protocols for client in MODES for server in MODES]
