"""Attacks around ManageSieve's login, literals, referrals and refusals, in both roles: F1, F2, F4, R5, R7, S1, P1."""

import pytest
from common import aborted, all_seen, control

from pysupport.managesieve import OFFER, Server
from pysupport.rig import Rig, pairs

DOWN = [("managesieve", c, s) for c in ("opportunistic", "required") for s in ("off", "required")]
UP = [("managesieve", c, s) for c in ("off", "required") for s in ("opportunistic", "required")]


@pytest.fixture(scope="module")
def rig(certs, folder):
    rig = Rig(certs, folder, pairs("managesieve"))
    yield rig
    rig.close()


# -- the server role, facing the client


@pytest.fixture(params=DOWN, ids="-".join)
def down(rig, request):
    return rig.at(*request.param).serve_fake()


def test_f1_a_login_before_the_upgrade(down, certs):
    client = down.arrive()
    answer = client.command(b'AUTHENTICATE "PLAIN" "AGluamVjdGVkAGI="')
    if down.client == "required":
        assert answer.startswith(b"NO (ENCRYPT-NEEDED) ")
        client.upgrade(certs.client_context())
        control(down, client)
        assert b"AGluamVjdGVk" not in all_seen(down)
    else:
        # The login has crossed, so the upgrade window is closed: after a login the reply is the upstream's own.
        assert answer == b'OK "welcome"\r\n'
        assert client.command(b"STARTTLS").startswith(b"NO ")
        control(down, client)


def test_f2_starttls_in_a_literal_is_data(down, certs):
    client = down.arrive()
    answer = client.command(b"NOOP {15+}\r\nx\r\nSTARTTLS\r\n\r\n")
    assert answer.startswith(b"OK (TAG {15}\r\nx\r\nSTARTTLS\r\n\r\n) "), answer
    if down.client == "required":
        client.upgrade(certs.client_context())
    else:  # a literal has crossed, so the upgrade window is closed
        assert client.command(b"STARTTLS").startswith(b"NO ")
    control(down, client)


# -- the client role, facing the server


@pytest.fixture(params=UP, ids="-".join)
def up(rig, request):
    return rig.at(*request.param)


def refused(place, client, ends):
    """The client got our own temporary failure, and nothing that was injected."""
    greeting = client.greeting
    rest = aborted(place, client, ends, "server")
    assert greeting.startswith(b"BYE (TRYLATER) "), greeting
    assert rest == b"" and b"injected" not in greeting
    assert len(place.upstream.connections) == 1, "no second attempt in plaintext"


@pytest.mark.parametrize("where", ["greeting", "starttls"])
def test_r7_a_referral_before_tls(up, certs, where):
    evil = b'BYE (REFERRAL "sieve://injected.example") "injected"\r\n'
    options = {"banner": evil} if where == "greeting" else {"on": {b"STARTTLS": evil}}
    client = up.serve(Server(tls=certs.server_context(), **options)).arrive()
    refused(up, client, "starttls_refused")


@pytest.mark.parametrize("answer", [b'NO "injected"\r\n', b'BYE "injected"\r\n', b"no\r\n"])
def test_s1_r5_required_and_refused(rig, certs, answer):
    for client_mode in ("off", "opportunistic", "required", "implicit"):
        place = rig.at("managesieve", client_mode, "required")
        client = place.serve(Server(tls=certs.server_context(), on={b"STARTTLS": answer})).arrive()
        refused(place, client, "starttls_refused")
        assert b"AUTHENTICATE" not in all_seen(place)


@pytest.mark.parametrize("line", [b'"STARTTLSX"', b'"XSTARTTLS"', b'"SIEVE" "STARTTLS"', b"STARTTLS"])
def test_s1_required_and_not_offered(rig, certs, line):
    place = rig.at("managesieve", "off", "required")
    fake = Server(tls=certs.server_context(), offer=False, capabilities=[line])
    refused(place, place.serve(fake).arrive(), "starttls_not_offered")


def test_s1_opportunistic_and_refused_goes_on_in_plaintext(rig, certs):
    place = rig.at("managesieve", "off", "opportunistic")
    client = place.serve(Server(tls=certs.server_context(), on={b"STARTTLS": b'NO "not now"\r\n'})).arrive()
    assert OFFER not in client.greeting
    assert control(place, client)["server_tls"] == "plain"
    assert len(place.upstream.connections) == 1, "the session stays on the same connection"


def test_p1_an_offer_inside_tls_leads_nobody_astray(up, certs):
    class Offering(Server):
        def capability_greeting(self):
            return OFFER + b"\r\n" + super().capability_greeting()

    client = up.serve(Offering(tls=certs.server_context())).arrive()
    if up.client == "required":
        assert client.greeting.count(OFFER) == 1
        client.upgrade(certs.client_context())
    assert OFFER not in client.greeting
    control(up, client)


@pytest.mark.parametrize("leaf", ["expired", "wrong_name", "unknown_ca"])
def test_required_with_a_bad_certificate(rig, certs, leaf):
    place = rig.at("managesieve", "off", "required")
    client = place.serve(Server(tls=certs.server_context(getattr(certs, leaf)))).arrive()
    refused(place, client, "verify_failed")


def test_f4_a_client_that_leaves_does_not_smuggle_starttls(rig):
    """Commands that still wait for an answer when the client half-closes are checked like all others."""
    place = rig.at("managesieve", "off", "off")
    client = place.serve(Server(tls=rig.certs.server_context())).arrive()
    client.send(b'AUTHENTICATE "LOGIN"\r\n"x"\r\n"*"\r\nSTARTTLS\r\n')
    client.half_close()
    answer = client.rest()
    client.close()
    assert b'NO "STARTTLS is not available"\r\n' in answer, answer
    assert b"STARTTLS" not in all_seen(place)
    place.record(client)
