"""Attacks that only XMPP has: SASL and compression before TLS, restricted XML, dialling again: F1 to F4, S1, S2, A2."""

import pytest
from common import aborted, all_seen, control

from pysupport.rig import Rig
from pysupport.xmpp import AUTH, COMPRESS, END, FAILURE, STARTTLS, SUCCESS, Server

FACING = [("xmpp", c, s) for c in ("opportunistic", "required") for s in ("off", "required")]
ASKING = [(p, c, s) for p in ("xmpp", "xmpp-server") for c in ("off", "required") for s in ("opportunistic", "required")]
PLAIN = [("xmpp", "off", "off")]


@pytest.fixture(scope="module")
def rig(certs, folder):
    rig = Rig(certs, folder, sorted({*FACING, *ASKING, *PLAIN}))
    yield rig
    rig.close()


def serve(rig, at, **options):
    return rig.at(*at).serve_fake(**options)


@pytest.fixture(params=ASKING, ids="-".join)
def asking(request):
    return request.param


def offered(place):
    client = place.arrive()
    assert b"<starttls" in client.open()[1]
    return client


@pytest.mark.parametrize("client", ["off", "required"])
def test_starttls_behind_a_stanza(rig, certs, client):
    """After a stanza before the login, a plaintext upstream must still never see STARTTLS."""
    place = serve(rig, ("xmpp", client, "off"))
    session = place.arrive()
    session.open()
    if client == "required":
        session.upgrade(certs.client_context())
        session.open()
    assert session.ask(b"<iq type='get' id='first'/>") == b"<iq type='error' />"
    assert b"tls" in session.ask(STARTTLS, b"</stream:stream>")
    assert b"first" in all_seen(place) and b"starttls" not in all_seen(place)


@pytest.mark.parametrize("server", ["off", "required"])
def test_f1_required_lets_nothing_cross(rig, certs, server):
    place = serve(rig, ("xmpp", "required", server))
    client = offered(place)
    assert b"<encryption-required/>" in client.ask(AUTH.replace(b"AGEAYg==", b"early"), b"</failure>")
    assert b"<setup-failed/>" in client.ask(COMPRESS, b"</failure>"), "S2: compression was accepted before TLS"
    client.upgrade(certs.client_context())
    control(place, client)
    seen = all_seen(place)
    assert b"early" not in seen and b"compress" not in seen


@pytest.mark.parametrize("server", ["off", "required"])
def test_f1_after_auth_the_window_is_closed(rig, server):
    refusal = b"<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>"

    def auth(channel, _):
        channel.until(b"</auth>")
        channel.send(refusal)

    place = serve(rig, ("xmpp", "opportunistic", server), on={b"<auth": auth})
    client = offered(place)
    assert client.ask(AUTH, b"</failure>") == refusal
    client.send(STARTTLS)
    rest = client.rest()
    assert b"<failure" in rest and rest.endswith(END) and b"<proceed" not in rest
    client.close()
    place.record(client)
    # With TLS on its leg, the upstream refuses it; else the proxy does.
    assert (STARTTLS in all_seen(place)) == (server == "required")


def test_f2_the_word_in_data_is_data(rig, certs):
    place = serve(rig, ("xmpp", "opportunistic", "off"))
    client = offered(place)
    assert client.ask(AUTH.replace(b"AGEAYg==", STARTTLS)) == SUCCESS
    control(place, client)


def test_f3_a_doctype_instead_of_a_stream(rig):
    place = serve(rig, ("xmpp", "required", "off"))
    client = place.arrive()
    client.send(b"<!DOCTYPE a [<!ENTITY b 'bbbb'><!ENTITY c '&b;&b;'>]><a>&c;</a>")
    rest = aborted(place, client, "protocol_error", "client")
    assert b"<restricted-xml " in rest and not place.upstream.connections


def test_a2_tls_at_once_on_a_starttls_port(rig):
    place = serve(rig, ("xmpp", "required", "off"))
    client = place.arrive()
    client.send(b"\x16\x03\x01\x00\xc8\x01\x00\x00\xc4\x03\x03" + bytes(range(194)))
    rest = aborted(place, client, "protocol_error", "client")
    assert b"\x16\x03" not in rest[:2] and rest.endswith(END)
    assert not place.upstream.connections


# -- the client role, facing the server


def refused(place, client, ends):
    """The client got our own stream error, nothing that was injected, and the proxy did not dial again."""
    got, rest = client.open()
    assert b"<remote-connection-failed " in rest and rest.endswith(END), (got, rest)
    assert b"injected" not in got + rest
    client.close()
    record = place.record(client)
    assert record["end"] in ends and record["blame"] == "server", record
    assert len(place.upstream.connections) == 1


def test_s1_an_offer_that_is_none(rig, asking):
    at = (asking[0], asking[1], "required")
    place = serve(rig, at, offer=False)
    refused(place, place.arrive(), ("starttls_not_offered",))
    place = serve(rig, at, on={Server.STARTTLS: FAILURE + b"<injected/>"})
    refused(place, place.arrive(), ("starttls_refused", "protocol_error"))


def test_a_refusal_is_no_reason_to_give_up_where_tls_is_not_required(rig):
    def starttls(channel, _):
        channel.send(FAILURE + END)
        channel.half_close()
        channel.rest()
        return False

    place = serve(rig, ("xmpp", "off", "opportunistic"), on={Server.STARTTLS: starttls})
    client = place.arrive()
    control(place, client)
    assert len(place.upstream.connections) == 2
    assert not place.upstream.finished(1).inside
