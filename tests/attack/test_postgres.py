"""PostgreSQL's rows of the attacks: C1 to C4 (CVE-2021-23214), F4, R1 to R3 (CVE-2021-23222), R5 (CVE-2024-10977), S1, S3,
A1 and A2."""

import ssl

import pytest
from common import aborted, all_seen

from pysupport.channel import Ended
from pysupport.postgres import GSS, SSL, Server, cancel, fields, query, startup
from pysupport.rig import Rig, pairs

ALPN = {"alpn": ["postgresql"]}
INJECTED = startup(b"injected")


@pytest.fixture(scope="module")
def rig(certs, folder):
    rig = Rig(certs, folder, pairs("postgres"))
    yield rig
    rig.close()


def serve(rig, place, **options):
    tls = None if place.server == "off" else rig.certs.server_context(**ALPN)
    place.fake = Server(tls=tls, implicit=place.server == "implicit", **options)
    return place.serve(place.fake)


@pytest.fixture(params=[(c, s) for c in ("opportunistic", "required") for s in ("off", "required")], ids="-".join)
def facing_client(rig, request):
    return serve(rig, rig.at("postgres", *request.param))


@pytest.fixture(params=[(c, s) for c in ("off", "required") for s in ("opportunistic", "required")], ids="-".join)
def facing_server(rig, request):
    return rig.at("postgres", *request.param)


def control(place, client):
    """From here on the session is as any other."""
    assert client.login()[:1] == b"R"
    assert client.query(b"select 1")[5:] == b"select 1\x00"
    client.quit()
    place.upstream.finished()
    record = place.record(client)
    assert (record["end"], record["blame"]) == ("closed", "none")
    assert place.fake.started == [startup()]


# -- the client, or someone on its wire


@pytest.mark.parametrize("injected", [INJECTED, INJECTED + query(b"drop"), cancel(key=b"injected"), GSS, SSL, b"x"])
def test_c1_in_the_same_segment(facing_client, injected):
    client = facing_client.dial()
    client.send(SSL + injected)
    rest = aborted(facing_client, client, "plaintext_after_starttls", "client")
    assert rest[:1] == b"S" and rest[1:2] in (b"", b"\x15"), rest
    assert facing_client.upstream.connections == []


def test_c1_and_then_a_handshake(facing_client, certs):
    client = facing_client.dial()
    with pytest.raises((ssl.SSLError, Ended)):
        client.start_tls(certs.client_context(), "localhost", prefix=SSL + INJECTED, go_ahead=lambda c: c.exactly(1))
    aborted(facing_client, client, "plaintext_after_starttls", "client")
    assert facing_client.upstream.connections == []


def test_c1_control(facing_client, certs):
    client = facing_client.dial()
    client.upgrade(certs.client_context())
    control(facing_client, client)


def test_c2_a_packet_in_two_halves(facing_client, certs):
    client = facing_client.dial()
    with pytest.raises((ssl.SSLError, Ended)):
        client.start_tls(certs.client_context(), "localhost", prefix=SSL + INJECTED[:6], go_ahead=lambda c: c.exactly(1))
        client.send(INJECTED[6:])
        raise Ended("the handshake passed with foreign bytes before it")
    aborted(facing_client, client, "plaintext_after_starttls", "client")
    assert facing_client.upstream.connections == []


def test_c3_a_coalesced_client_hello_is_legitimate(facing_client, certs):
    client = facing_client.dial()
    client.upgrade(certs.client_context(), coalesced=True)
    control(facing_client, client)


def test_c4_plaintext_after_the_go_ahead(facing_client):
    client = facing_client.dial()
    assert client.ask() == b"S"
    client.send(INJECTED)
    rest = aborted(facing_client, client, "plaintext_after_starttls", "client")
    assert rest == b"" or rest[:1] == b"\x15", rest
    assert facing_client.upstream.connections == []


def test_c4_plaintext_inside_tls(facing_client, certs):
    client = facing_client.dial()
    client.upgrade(certs.client_context())
    assert client.login()[:1] == b"R"
    client.send_raw(query(b"injected"))
    client.rest()
    client.close()
    record = facing_client.record(client)
    assert record["end"] != "closed" and record["blame"] == "client", record
    assert b"injected" not in all_seen(facing_client)


@pytest.mark.parametrize("request_", [SSL, GSS], ids=["ssl", "gss"])
def test_f4_requests_inside_tls(facing_client, certs, request_):
    client = facing_client.dial()
    client.upgrade(certs.client_context())
    client.send(request_ + INJECTED)
    assert fields(client.message())["C"] == "0A000"
    assert aborted(facing_client, client, "protocol_error", "client") == b""
    assert facing_client.upstream.connections == []


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
    assert fields(client.message())["C"] == "28000"
    assert aborted(place, client, "tls_required", "client") == b""
    assert place.upstream.connections == []


@pytest.mark.parametrize("data", [b"\x00\x00\x00\x07", b"\x00\x00\x27\x15", b"GET / HTTP/1.0\r\n\r\n", b"\x00\x00\x00\x09" + SSL[4:]])
def test_f3_no_startup_packet(facing_client, data):
    client = facing_client.dial()
    client.send(data)
    assert fields(client.message())["C"] == "08P01"
    assert aborted(facing_client, client, "protocol_error", "client") == b""
    assert facing_client.upstream.connections == []


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
    """Optional there, but never another protocol's."""
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


# -- the server, or someone on its wire


def refused(place, client, ends):
    """An error in our words, and nothing of what was injected."""
    error = client.message()
    assert fields(error)["C"] == "08006" and b"injected" not in error
    assert aborted(place, client, ends, "server") == b""
    assert len(place.upstream.connections) == 1, "no second try in plaintext"
    assert startup() not in all_seen(place)


def begin(place, certs):
    client = place.dial()
    if place.client == "required":
        client.upgrade(certs.client_context())
    client.send(startup())
    return client


TAILS = {
    "r1-authentication-ok": b"S\x52\x00\x00\x00\x08\x00\x00\x00\x00",
    "r1-one-byte": b"Sx",
    "r1-looks-like-tls": b"S\x16\x03\x03\x00\x04injected",
    "r1-two-go-aheads": b"SS",
    "r2-half-a-message": b"SR\x00\x00",
}


@pytest.mark.parametrize("name", TAILS)
def test_bytes_after_the_go_ahead(facing_server, certs, name):
    facing_server.serve(Server(tls=certs.server_context(), answer=TAILS[name]))
    client = begin(facing_server, certs)
    refused(facing_server, client, ("plaintext_after_starttls", "handshake_failed"))
    assert facing_server.upstream.finished().inside == b""


def test_r1_control(facing_server, certs):
    facing_server.fake = Server(tls=certs.server_context(), answer=b"S")
    client = facing_server.serve(facing_server.fake).dial()
    if facing_server.client == "required":
        client.upgrade(certs.client_context())
    control(facing_server, client)
    assert facing_server.upstream.finished().inside != b""


def test_plaintext_where_the_server_hello_belongs(facing_server, certs):
    def behaviour(channel):
        assert channel.exactly(8) == SSL
        channel.send(b"S")
        channel.exactly(5)
        channel.send(b"R\x00\x00\x00\x08\x00\x00\x00\x00injected")
        channel.rest()

    client = begin(facing_server.serve(behaviour), certs)
    refused(facing_server, client, "plaintext_after_starttls")


@pytest.mark.parametrize("data", [b"NR\x00\x00\x00\x08\x00\x00\x00\x00", b"Ninjected"])
def test_r3_an_answer_to_what_was_not_asked(facing_server, certs, data):
    def behaviour(channel):
        channel.exactly(8)
        channel.send(data)
        channel.rest()

    client = begin(facing_server.serve(behaviour), certs)
    refused(facing_server, client, ("protocol_error", "starttls_not_offered"))


@pytest.mark.parametrize("early", [b"S", b"N", b"R\x00\x00\x00\x08\x00\x00\x00\x00"])
def test_r3_an_answer_before_the_question(facing_server, certs, early):
    def behaviour(channel):
        channel.send(early + b"injected")
        channel.rest()

    client = begin(facing_server.serve(behaviour), certs)
    error = client.message()
    assert fields(error)["C"] == "08006" and b"injected" not in error
    aborted(facing_server, client, ("protocol_error", "plaintext_after_starttls", "starttls_not_offered"), "server")


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
    assert fields(client.message())["C"] == "08006"
    aborted(place, client, "handshake_failed", "server")
    assert startup() not in all_seen(place)


@pytest.mark.parametrize("client_mode", ["off", "required"])
def test_a1_an_implicit_server_control(rig, certs, client_mode):
    place = serve(rig, rig.at("postgres", client_mode, "implicit"))
    client = place.dial()
    if client_mode == "required":
        client.upgrade(certs.client_context())
    control(place, client)
