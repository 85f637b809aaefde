"""Attacks around LDAP's Bind, operation order, notices and referrals, in both roles: F1, F4, F5, R5, R7, S1, T1."""

import pytest
from common import aborted, all_seen, control

from pysupport.ldap import Server, bind, element, message, read, result, root_dse, starttls
from pysupport.rig import Rig, pairs

NOTICE = b"1.3.6.1.4.1.1466.20036"


@pytest.fixture(scope="module")
def rig(certs, folder):
    rig = Rig(certs, folder, pairs("ldap"))
    yield rig
    rig.close()


@pytest.fixture(params=[(c, s) for c in ("opportunistic", "required") for s in ("off", "required")], ids="-".join)
def facing_client(rig, request):
    return rig.at("ldap", *request.param).serve_fake()


@pytest.fixture(params=[(c, s) for c in ("off", "required") for s in ("opportunistic", "required")], ids="-".join)
def facing_server(rig, request):
    return rig.at("ldap", *request.param)


# -- the server role, facing the client


@pytest.mark.parametrize("end", ["close_notify", "none"])
def test_t1_plaintext_inside_tls(facing_client, certs, end):
    """The proxy does not return to plaintext (RFC 4511 section 4.14.3 would allow it)."""
    client = facing_client.dial()
    client.upgrade(certs.client_context())
    assert client.ask(bind(20)) == result(20, 0x61, 0)
    if end == "close_notify":
        client.half_close_notify_only()
    client.send_raw(bind(2))
    rest = client.rest()
    assert result(2, 0x61, 0) not in rest
    client.close()
    facing_client.record(client)
    assert bind(2) not in all_seen(facing_client)


def test_f1_a_bind_before_starttls(rig):
    place = rig.at("ldap", "opportunistic", "off").serve_fake()
    client = place.dial()
    assert client.ask(bind(1)) == result(1, 0x61, 0)
    assert client.ask(starttls(2))[5] == 0x78  # after a Bind, the answer is the upstream's own
    client.quit()
    place.record(client)


def test_f1_required(rig, certs):
    place = rig.at("ldap", "required", "off").serve_fake()
    client = place.dial()
    answer = client.ask(bind(1))
    assert answer[5] == 0x61 and answer[7:10] == b"\x0a\x01\x0d"
    client.upgrade(certs.client_context())
    control(place, client)
    assert bind(1) not in all_seen(place)


class Slow(Server):
    """Answers a Bind with saslBindInProgress, and a Search not at all."""

    def __call__(self, channel):
        while True:
            number, tag, _ = read(channel)
            if tag == 0x42:
                channel.half_close()
                channel.rest()
                return
            if tag == 0x60:
                channel.send(result(number, 0x61, 14))


def test_f5_an_operation_is_outstanding(rig):
    place = rig.at("ldap", "opportunistic", "off").serve(Slow())
    client = place.dial()
    client.send(root_dse(1) + starttls(2))
    number, _, whole = read(client)
    assert number == 2 and whole[7:10] == b"\x0a\x01\x01"
    client.quit()
    place.record(client)
    assert starttls(2) not in all_seen(place)


def test_f5_in_mid_sasl(rig):
    place = rig.at("ldap", "opportunistic", "off").serve(Slow())
    client = place.dial()
    assert client.ask(bind(1)) == result(1, 0x61, 14)
    assert client.ask(starttls(2))[7:10] == b"\x0a\x01\x01"
    client.quit()
    place.record(client)
    assert starttls(2) not in all_seen(place)


def test_f5_control(rig, certs):
    place = rig.at("ldap", "opportunistic", "off").serve_fake()
    client = place.dial()
    client.ask(root_dse(1))
    client.upgrade(certs.client_context())
    control(place, client)


# -- the client role, facing the server


def answering(*answers):
    """A server that answers the first request with these bytes and then only reads."""

    def behaviour(channel):
        read(channel)
        channel.send(b"".join(answers))
        channel.rest()

    return behaviour


def begin(place, certs):
    """A client that has sent its first request."""
    client = place.dial()
    client.send(starttls(1) if place.client == "required" else bind(5))
    return client


def refused(place, client, ends):
    """The client got our own Notice of Disconnection, and nothing that was injected."""
    number, tag, whole = read(client)
    assert (number, tag) == (0, 0x78) and NOTICE in whole and b"\x0a\x01\x34" in whole and b"injected" not in whole
    assert aborted(place, client, ends, "server") == b""
    assert len(place.upstream.connections) == 1, "no second attempt in plaintext"
    assert all_seen(place) in (starttls(1), starttls(1) + message(2, 0x42))


@pytest.mark.parametrize("code", [1, 2, 10, 14, 52, 80])
def test_r7_and_s1_only_success_proceeds(rig, certs, code):
    """Code 10 is a referral."""
    place = rig.at("ldap", "off", "required").serve(answering(result(1, 0x78, code)))
    refused(place, begin(place, certs), "starttls_not_offered" if code == 2 else "starttls_refused")


def test_r5_a_notice_of_the_servers(facing_server, certs):
    words = element(10, b"\x34") + element(4, b"") + element(4, b"injected: call +1 900 555 0100") + element(0x8A, NOTICE)
    client = begin(facing_server.serve(answering(message(0, 0x78, words))), certs)
    refused(facing_server, client, "starttls_refused")


@pytest.mark.parametrize("server", ["off", "opportunistic"])
@pytest.mark.parametrize("mode", ["off", "opportunistic"])
def test_f4_a_padded_starttls(rig, mode, server):
    """An unknown control makes the message longer than the negotiation buffer: it is still a StartTLS, and must not pass."""
    place = rig.at("ldap", mode, server).serve(Server())
    client = place.dial()
    assert client.ask(root_dse(1))
    padding = element(0xA0, element(0x30, element(4, b"1.2.3") + element(4, b"x" * 20000)))
    padded = element(0x30, element(2, b"\x02") + element(0x77, element(0x80, b"1.3.6.1.4.1.1466.20037")) + padding)
    client.send(padded)
    aborted(place, client, "protocol_error", "client")
    seen = all_seen(place)
    assert b"x" * 100 not in seen and seen.endswith(root_dse(1))
