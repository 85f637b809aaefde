"""C1, C3, R1 and S1 against MySQL's way to TLS, each with its control."""

import pytest
from common import aborted, all_seen

from pysupport.mysql import OK, SSL_REQUEST, Server, greeting, packet, read_packet, response
from pysupport.rig import Rig

PAIRS = [("mysql", c, s) for c in ("off", "opportunistic", "required") for s in ("off", "required")]


@pytest.fixture(scope="module")
def rig(certs, folder):
    rig = Rig(certs, folder, PAIRS)
    yield rig
    rig.close()


@pytest.mark.parametrize("server", ["off", "required"])
@pytest.mark.parametrize("mode", ["opportunistic", "required"])
def test_c1_a_response_behind_the_ssl_request(rig, certs, mode, server):
    place = rig.at("mysql", mode, server)
    client = place.serve(Server(tls=certs.server_context())).arrive()
    client.send(SSL_REQUEST + response(2, True))
    assert b"proof" not in aborted(place, client, "plaintext_after_starttls", "client")
    assert all_seen(place) == b"", "nothing of it arrives"


@pytest.mark.parametrize("server", ["off", "required"])
@pytest.mark.parametrize("mode", ["opportunistic", "required"])
def test_c3_a_coalesced_client_hello_and_control(rig, certs, mode, server):
    place = rig.at("mysql", mode, server)
    client = place.serve(Server(tls=certs.server_context())).arrive()
    client.upgrade(certs.client_context())
    assert client.log_in(2, True) == (3, OK)
    client.send(packet(0, b"\x0e"))
    assert read_packet(client) == (1, OK)
    client.send(packet(0, b"\x01"))
    client.rest()
    client.close()
    assert place.record(client)["client_tls"] != "plain"


def test_r1_behind_the_greeting(rig):
    place = rig.at("mysql", "off", "required")
    client = place.serve(lambda channel: (channel.send(greeting(True) + packet(2, OK)), channel.rest())).arrive()
    client.rest()
    client.close()
    record = place.record(client)
    assert (record["end"], record["blame"]) == ("protocol_error", "server")


def test_s1_stripped(rig, certs):
    place = rig.at("mysql", "off", "required")
    client = place.serve(Server(tls=certs.server_context(), offer=False)).arrive()
    assert client.greeting[:3] == b"\xff\x51\x04"
    client.rest()
    client.close()
    assert place.record(client)["end"] == "starttls_not_offered"
    assert all_seen(place) == b""
