"""XMPP's upgrade dials the upstream again. That is a negotiation of its own, with its own timeout and blame."""

import pytest

from pysupport.rig import Rig
from pysupport.timing import milliseconds
from pysupport.xmpp import Server, header


@pytest.fixture(scope="module")
def rig(certs, folder):
    limits = {"negotiation_timeout": milliseconds(3000), "idle_timeout": "10m"}
    rig = Rig(certs, folder, [("xmpp", "opportunistic", server) for server in ("off", "required")], limits)
    yield rig
    rig.close()


def first_then_silent(server, connections):
    def behaviour(channel):
        connections.append(channel)
        if len(connections) == 1:
            return server(channel)
        return channel.rest()

    return behaviour


def test_an_upstream_that_is_silent_when_dialled_again(rig, certs):
    place = rig.at("xmpp", "opportunistic", "required")
    place.serve(first_then_silent(Server(tls=certs.server_context()), []))
    client = place.arrive()
    client.open()
    client.upgrade(certs.client_context())
    client.send(header("xmpp", to=b"old.example.net", version=b"1.0"))
    assert b"<remote-connection-failed" in client.rest() or b"timeout" in client.plain + client.inside
    client.close()
    record = place.record(client)
    assert (record["end"], record["blame"]) == ("timeout", "server"), record


@pytest.mark.parametrize("server", ["off", "required"])
def test_control_idle_takes_over_again(rig, certs, server):
    """After the second negotiation only idle_timeout applies: silence for longer than negotiation_timeout is allowed."""
    place = rig.at("xmpp", "opportunistic", server)
    place.serve(Server(tls=certs.server_context() if server == "required" else None))
    client = place.arrive()
    client.open()
    client.upgrade(certs.client_context())
    client.open()
    client.pause(3.5)
    assert client.quit().endswith(b"</stream:stream>")
    record = place.record(client)
    assert (record["end"], record["blame"]) == ("closed", "none"), record
