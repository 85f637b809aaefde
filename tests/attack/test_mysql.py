"""Attacks that only MySQL has, because its upgrade has no go-ahead: F4, R1, R5, S1."""

import pytest
from common import aborted, all_seen

from pysupport.mysql import OK, SSL_REQUEST, Server, greeting, packet, response
from pysupport.rig import Rig

PAIRS = [("mysql", c, s) for c in ("off", "opportunistic", "required") for s in ("off", "required")]


@pytest.fixture(scope="module")
def rig(certs, folder):
    rig = Rig(certs, folder, PAIRS)
    yield rig
    rig.close()


def test_s1_stripped(rig, certs):
    place = rig.at("mysql", "off", "required")
    client = place.serve(Server(tls=certs.server_context(), offer=False)).arrive()
    assert client.greeting[:3] == b"\xff\x51\x04"
    client.rest()
    client.close()
    assert place.record(client)["end"] == "starttls_not_offered"
    assert all_seen(place) == b""


def test_f4_where_none_was_offered(rig):
    place = rig.at("mysql", "off", "off")
    client = place.serve(Server()).arrive()
    client.send(SSL_REQUEST)
    aborted(place, client, "protocol_error", "client")
    assert all_seen(place) == b""


@pytest.mark.parametrize("injected", [packet(2, OK), packet(2, b"\xfemysql_clear_password\x00"), b"\x07"])
def test_r1_between_the_ssl_request_and_tls(rig, injected):
    place = rig.at("mysql", "off", "required")

    def serve(channel):
        channel.send(greeting(True))
        assert channel.exactly(36) == SSL_REQUEST
        channel.send(injected)
        channel.rest()

    client = place.serve(serve).arrive()
    client.send(response(1, False))
    # A packet of 22 bytes begins like a TLS record (0x16).
    rest = aborted(place, client, ("plaintext_after_starttls", "handshake_failed"), "server")
    assert rest[4:7] == b"\xff\x51\x04" and b"mysql_clear_password" not in rest
    assert b"proof" not in all_seen(place)


@pytest.mark.parametrize("mode", ["off", "required"])
def test_r5_an_error_in_place_of_the_greeting(rig, mode):
    """If TLS is required, the text of an error before TLS could be anyone's."""
    place = rig.at("mysql", mode, "required")
    forged = packet(0, b"\xff\x10\x04call 555-1234")
    client = place.serve(lambda channel: (channel.send(forged), channel.half_close(), channel.rest())).arrive()
    assert client.greeting[:3] == b"\xff\x51\x04" and b"555" not in client.greeting
    assert b"555" not in aborted(place, client, "closed", "server")


def test_r5_control_without_tls(rig):
    place = rig.at("mysql", "off", "off")
    full = b"\xff\x10\x04Too many connections"
    client = place.serve(lambda channel: (channel.send(packet(0, full)), channel.half_close(), channel.rest())).arrive()
    assert client.greeting == full
    aborted(place, client, "closed", "server")


