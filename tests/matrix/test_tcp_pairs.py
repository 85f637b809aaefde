"""The four pairs of modes of plain TLS (protocol tcp)."""

import hashlib
import os

import pytest

from pysupport.channel import Channel, End, connect
from pysupport.rig import Rig

MODES = ("off", "implicit")
UP, DOWN = os.urandom(300_000), os.urandom(200_000)


@pytest.fixture(scope="module")
def rig(certs, folder):
    rig = Rig(certs, folder, [("tcp", client, server) for client in MODES for server in MODES])
    yield rig
    rig.close()


def dial(rig, place):
    channel = Channel(connect(place.port).sock)
    if place.client == "implicit":
        channel.start_tls(rig.certs.client_context(), "localhost")
    return channel


def exchange(certs, tls):
    """A server that reads to the client's end, answers, and ends."""

    def behaviour(channel):
        if tls:
            channel.start_tls(certs.server_context(), server=True)
        got = channel.rest()
        channel.send(hashlib.sha256(got).digest() + DOWN)
        channel.half_close()

    return behaviour


@pytest.mark.parametrize("client", MODES)
@pytest.mark.parametrize("server", MODES)
def test_pair(rig, client, server):
    place = rig.at("tcp", client, server)
    place.upstream.serve(exchange(rig.certs, server == "implicit"))
    channel = dial(rig, place)
    channel.send(UP)
    channel.half_close()
    assert channel.rest() == hashlib.sha256(UP).digest() + DOWN, "the answer comes after the client's half-close"
    assert channel.end is (End.CLOSE_NOTIFY if client == "implicit" else End.FIN)
    seen = place.upstream.finished()
    assert bytes(seen.inside if server == "implicit" else seen.plain) == UP
    assert seen.end is (End.CLOSE_NOTIFY if server == "implicit" else End.FIN)
    record = place.record(channel)
    assert (record["end"], record["blame"]) == ("closed", "none")
    assert (record["client_tls"] == "plain", record["server_tls"] == "plain") == (client == "off", server == "off")
    assert (record["bytes_in"], record["bytes_out"]) == (len(UP), len(DOWN) + 32)
    channel.close()


@pytest.mark.parametrize("server", MODES)
def test_server_speaks_first(rig, server):
    place = rig.at("tcp", "off", server)

    def behaviour(channel):
        if server == "implicit":
            channel.start_tls(rig.certs.server_context(), server=True)
        channel.send(b"hello before you say a word")
        channel.rest()

    place.upstream.serve(behaviour)
    channel = dial(rig, place)
    assert channel.exactly(27) == b"hello before you say a word"
    channel.half_close()
    channel.rest()
    channel.close()


def test_plaintext_to_a_tls_port(rig):
    place = rig.at("tcp", "implicit", "off")
    place.upstream.serve(exchange(rig.certs, False))
    channel = connect(place.port)
    channel.send(b"GET / HTTP/1.0\r\n\r\n")
    channel.rest()
    channel.close()
    record = place.record(channel)
    assert (record["end"], record["blame"]) == ("handshake_failed", "client")
    assert not place.upstream.connections, "a client without TLS must not cost the upstream a connection"
