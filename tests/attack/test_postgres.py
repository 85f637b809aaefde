"""Attacks that only PostgreSQL has: early startup messages, GSSAPI, ALPN, error texts (CVE-2024-10977): R5, S1, S3, A1, A2."""

import ssl

import pytest
from common import aborted, all_seen, control

from pysupport.channel import Ended
from pysupport.postgres import GSS, Server, fields, query, startup
from pysupport.rig import Rig, pairs

ALPN = {"alpn": ["postgresql"]}
INJECTED = startup(b"injected")


@pytest.fixture(scope="module")
def rig(certs, folder):
    rig = Rig(certs, folder, pairs("postgres"))
    yield rig
    rig.close()


def serve(rig, place):
    return place.serve_fake(tls=None if place.server == "off" else rig.certs.server_context(**ALPN))


@pytest.fixture(params=[(c, s) for c in ("opportunistic", "required") for s in ("off", "required")], ids="-".join)
def facing_client(rig, request):
    return serve(rig, rig.at("postgres", *request.param))


@pytest.fixture(params=[(c, s) for c in ("off", "required") for s in ("opportunistic", "required")], ids="-".join)
def facing_server(rig, request):
    return rig.at("postgres", *request.param)


# -- the server role, facing the client


def test_s3_gssapi_encryption(facing_client, certs):
    client = facing_client.dial()
    assert client.ask(GSS) == b"N"
    client.upgrade(certs.client_context())
    control(facing_client, client)


@pytest.mark.parametrize("server", ["off", "required"])
def test_nothing_is_heard_before_required_tls(rig, server):
    place = serve(rig, rig.at("postgres", "required", server))
    client = place.dial()
    client.send(INJECTED + query(b"injected"))
    assert fields(client.reply())["C"] == "28000"
    assert aborted(place, client, "tls_required", "client") == b""
    assert place.upstream.connections == []


@pytest.mark.parametrize("client_mode", ["opportunistic", "required"])
def test_a2_tls_from_the_first_byte_on_a_port_of_the_other_style(rig, certs, client_mode):
    place = serve(rig, rig.at("postgres", client_mode, "off"))
    client = place.dial()
    with pytest.raises((ssl.SSLError, Ended)):
        client.start_tls(certs.client_context(**ALPN), "localhost")
    client.close()
    assert place.record(client)["end"] == "protocol_error"


@pytest.mark.parametrize("alpn", [None, ["http/1.1"], ["smtp", "h2"]])
def test_a1_implicit_demands_alpn(rig, certs, alpn):
    place = serve(rig, rig.at("postgres", "implicit", "off"))
    client = place.dial()
    with pytest.raises((ssl.SSLError, Ended)) as failure:
        client.start_tls(certs.client_context(alpn=alpn), "localhost")
    assert "no application protocol" in str(failure.value), failure.value
    client.close()
    record = place.record(client)
    assert (record["end"], record["blame"]) == ("handshake_failed", "client")


@pytest.mark.parametrize("alpn", [["postgresql"], ["h2", "postgresql"]])
def test_a1_implicit_control(rig, certs, alpn):
    place = serve(rig, rig.at("postgres", "implicit", "off"))
    client = place.dial()
    client.start_tls(certs.client_context(alpn=alpn), "localhost")
    assert client.tls.selected_alpn_protocol() == "postgresql"
    control(place, client)


def test_a1_alpn_with_ssl_request(facing_client, certs):
    """With SSLRequest, ALPN is optional, but the name of another protocol is refused."""
    client = facing_client.dial()
    with pytest.raises((ssl.SSLError, Ended)) as failure:
        client.upgrade(certs.client_context(alpn=["h2"]))
    assert "no application protocol" in str(failure.value), failure.value
    client.close()
    facing_client.record(client)
    client = facing_client.dial()
    client.upgrade(certs.client_context(**ALPN))
    assert client.tls.selected_alpn_protocol() == "postgresql"
    control(facing_client, client)


# -- the client role, facing the server


def refused(place, client, ends):
    """The client got our own error, and nothing that was injected."""
    error = client.reply()
    assert fields(error)["C"] == "08006" and b"injected" not in error
    assert aborted(place, client, ends, "server") == b""
    assert len(place.upstream.connections) == 1, "no second attempt in plaintext"
    assert startup() not in all_seen(place)


def begin(place, certs):
    client = place.dial()
    if place.client == "required":
        client.upgrade(certs.client_context())
    client.send(startup())
    return client


def test_r5_the_text_of_an_error_stays_outside(facing_server, certs):
    error = b"ESFATAL\x00C08006\x00Minjected: call +1 900 555 0100\x00\x00"
    facing_server.serve(Server(tls=certs.server_context(), answer=error))
    client = begin(facing_server, certs)
    refused(facing_server, client, "starttls_refused")


@pytest.mark.parametrize("client_mode", ["off", "required"])
def test_s1_stripping(rig, certs, client_mode):
    place = rig.at("postgres", client_mode, "required")
    place.serve(Server(tls=certs.server_context(), answer=b"N"))
    client = begin(place, certs)
    refused(place, client, "starttls_not_offered")


@pytest.mark.parametrize("client_mode", ["off", "required"])
@pytest.mark.parametrize("alpn", [None, ["h2"]])
def test_a1_an_implicit_server_must_agree_to_alpn(rig, certs, client_mode, alpn):
    place = rig.at("postgres", client_mode, "implicit")
    place.serve(Server(tls=certs.server_context(alpn=alpn), implicit=True))
    client = begin(place, certs)
    assert fields(client.reply())["C"] == "08006"
    aborted(place, client, "handshake_failed", "server")
    assert startup() not in all_seen(place)


@pytest.mark.parametrize("client_mode", ["off", "required"])
def test_a1_an_implicit_server_control(rig, certs, client_mode):
    place = serve(rig, rig.at("postgres", client_mode, "implicit"))
    client = place.dial()
    if client_mode == "required":
        client.upgrade(certs.client_context())
    control(place, client)
