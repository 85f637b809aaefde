"""Attacks around ACAP's login, literals, referrals and refusals, in both roles: F1, F2, F4, R4, R5, R7, S1, P1."""

import pytest
from common import aborted, all_seen, control

from pysupport.acap import Server
from pysupport.rig import Rig, pairs

DOWN = [("acap", c, s) for c in ("opportunistic", "required") for s in ("off", "required")]
UP = [("acap", c, s) for c in ("off", "required") for s in ("opportunistic", "required")]


@pytest.fixture(scope="module")
def rig(certs, folder):
    rig = Rig(certs, folder, pairs("acap"))
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
        assert answer.startswith(b"a1 NO (ENCRYPT-NEEDED) ")
        client.upgrade(certs.client_context())
        control(down, client)
        assert b"AGluamVjdGVk" not in all_seen(down)
    else:
        # The login has crossed, so the upgrade window is closed: after a login the reply is the upstream's own.
        assert answer == b'a1 OK "welcome"\r\n'
        assert client.command(b"STARTTLS").startswith(b"a1 BAD ")
        control(down, client)


@pytest.mark.parametrize("plus", [b"+", b""])
def test_f2_starttls_in_a_literal_is_data(down, certs, plus):
    client = down.arrive()
    client.send(b"a1 LANG {12" + plus + b"}\r\nb STARTTLS\r\n\r\n")
    answer = client.reply()
    if answer.startswith(b"+ "):
        answer = client.reply()
    assert answer.startswith((b"a1 LANG ", b"a1 NO ")), answer
    if down.client == "required":
        client.upgrade(certs.client_context())
    else:  # a literal has crossed, so the upgrade window is closed
        assert client.command(b"STARTTLS").startswith(b"a1 BAD ")
    control(down, client)
    assert b"a1 STARTTLS" not in all_seen(down)


# -- the client role, facing the upstream


@pytest.fixture(params=UP, ids="-".join)
def up(rig, request):
    return rig.at(*request.param)


def refused(place, client, ends):
    """The client got our own temporary failure, and nothing that was injected."""
    greeting = client.greeting
    rest = aborted(place, client, ends, "server")
    assert greeting.startswith(b"* BYE (TRYLATER) "), greeting
    assert rest == b"" and b"injected" not in greeting
    assert len(place.upstream.connections) == 1, "no second attempt in plaintext"


def saying(data, certs):
    def starttls(channel, command):
        channel.send(data.replace(b"$TAG", command.tag))
        channel.start_tls(certs.server_context(), server=True)
        channel.send(b'* ACAP (IMPLEMENTATION "inside") (SASL "PLAIN")\r\n')

    return starttls


@pytest.mark.parametrize("before", [b"", b'* ALERT "injected"\r\n* ACAP (SASL "injected")\r\n* LANG {8}\r\ninjected\r\n'])
def test_r4_forged_lines_go_no_further(up, certs, before):
    """Responses before the go-ahead are dropped. Also the control of R1."""
    fake = Server(tls=certs.server_context(), on={b"STARTTLS": saying(before + b'$TAG OK ""\r\n', certs)})
    client = up.serve(fake).arrive()
    if up.client == "required":
        assert client.greeting == b'* ACAP (IMPLEMENTATION "inside") (STARTTLS)\r\n'
        client.upgrade(certs.client_context())
    assert client.greeting == b'* ACAP (IMPLEMENTATION "inside") (SASL "PLAIN")\r\n'
    control(up, client)
    assert b"injected" not in client.plain + client.inside


@pytest.mark.parametrize("where", ["greeting", "starttls"])
def test_r7_a_referral_before_tls(up, certs, where):
    if where == "greeting":
        options = {"banner": b'* BYE (REFER "acap://injected.example/") "injected"\r\n'}
    else:
        options = {"on": {b"STARTTLS": b'$TAG NO (REFER "acap://injected.example/") "injected"\r\n'}}
    client = up.serve(Server(tls=certs.server_context(), **options)).arrive()
    refused(up, client, "starttls_refused")


@pytest.mark.parametrize("answer", [b'$TAG NO "injected"\r\n', b'$TAG BAD "injected"\r\n', b'* BYE "injected"\r\n'])
def test_s1_r5_required_and_refused(rig, certs, answer):
    for client_mode in ("off", "opportunistic", "required", "implicit"):
        place = rig.at("acap", client_mode, "required")
        client = place.serve(Server(tls=certs.server_context(), on={b"STARTTLS": answer})).arrive()
        refused(place, client, "starttls_refused")
        assert b"AUTHENTICATE" not in all_seen(place)


@pytest.mark.parametrize("item", [b"(STARTTLSX)", b'(SASL "STARTTLS")', b'(IMPLEMENTATION "(STARTTLS)")'])
def test_s1_required_and_not_offered(rig, certs, item):
    place = rig.at("acap", "off", "required")
    fake = Server(tls=certs.server_context(), offer=False, capabilities=[item])
    refused(place, place.serve(fake).arrive(), "starttls_not_offered")


def test_s1_opportunistic_and_refused_goes_on_in_plaintext(rig, certs):
    place = rig.at("acap", "off", "opportunistic")
    client = place.serve(Server(tls=certs.server_context(), on={b"STARTTLS": b'$TAG NO "not now"\r\n'})).arrive()
    assert b" (STARTTLS) " not in client.greeting
    assert control(place, client)["server_tls"] == "plain"
    assert len(place.upstream.connections) == 1, "the session stays on the same connection"


def test_p1_an_offer_inside_tls_leads_nobody_astray(up, certs):
    class Offering(Server):
        def capability_greeting(self):
            return super().capability_greeting()[:-2] + b" (starttls)\r\n"

    client = up.serve(Offering(tls=certs.server_context())).arrive()
    if up.client == "required":
        client.upgrade(certs.client_context())
    assert b"(starttls)" not in client.greeting.lower().replace(b'(starttls)"', b"")
    control(up, client)


@pytest.mark.parametrize("leaf", ["expired", "wrong_name", "unknown_ca"])
def test_required_with_a_bad_certificate(rig, certs, leaf):
    place = rig.at("acap", "off", "required")
    client = place.serve(Server(tls=certs.server_context(getattr(certs, leaf)))).arrive()
    refused(place, client, "verify_failed")


def test_f4_a_client_that_leaves_does_not_smuggle_starttls(rig):
    """Commands that still wait for an answer when the client half-closes are checked like all others."""
    place = rig.at("acap", "off", "off")
    client = place.serve(Server(tls=rig.certs.server_context())).arrive()
    client.send(b"a1 LANG {2}\r\nde\r\nb1 STARTTLS\r\n")
    client.half_close()
    answer = client.rest()
    client.close()
    assert b'b1 BAD "STARTTLS is not available"\r\n' in answer, answer
    assert b"STARTTLS" not in all_seen(place)
    place.record(client)
