"""attacks.md's rows for ManageSieve, in both roles; the upstream records every byte, and each row has its control."""

import ssl

import pytest
from common import aborted, all_seen

from pysupport.channel import Ended
from pysupport.managesieve import OFFER, READY, SCRIPT, Server
from pysupport.rig import Rig, pairs

DOWN = [("managesieve", c, s) for c in ("opportunistic", "required") for s in ("off", "required")]
UP = [("managesieve", c, s) for c in ("off", "required") for s in ("opportunistic", "required")]


@pytest.fixture(scope="module")
def rig(certs, folder):
    rig = Rig(certs, folder, pairs("managesieve"))
    yield rig
    rig.close()


def control(place, client):
    """From here on the session is as any other, and its script arrives as it was sent."""
    assert client.login() == b'OK "welcome"\r\n'
    assert client.put(b"control", SCRIPT) == b'OK "stored"\r\n'
    assert client.get(b"control") == SCRIPT
    assert client.quit().startswith(b"OK ")
    place.upstream.finished()
    record = place.record(client)
    assert (record["end"], record["blame"]) == ("closed", "none")
    return record


# -- the server role, facing the client


@pytest.fixture(params=DOWN, ids="-".join)
def down(rig, request):
    place = rig.at(*request.param)
    place.fake = Server(tls=None if place.server == "off" else rig.certs.server_context())
    return place.serve(place.fake)


def only_the_go_ahead(got):
    line, _, rest = got.partition(b"\r\n")
    assert line.startswith(b"OK "), got
    assert rest == b"" or rest[:1] == b"\x15", got


@pytest.mark.parametrize("injected", [b'NOOP "injected"\r\n', b'AUTHENTICATE "PLAIN" "injected"\r\n', b"injected", b"\r\n"])
def test_c1_in_the_same_segment(down, injected):
    client = down.arrive()
    client.send(b"STARTTLS\r\n" + injected)
    only_the_go_ahead(aborted(down, client, "plaintext_after_starttls", "client"))
    assert b"injected" not in all_seen(down)


def test_c2_a_command_in_two_halves(down, certs):
    client = down.arrive()
    with pytest.raises((ssl.SSLError, Ended)):
        client.start_tls(certs.client_context(), "localhost", prefix=b"STARTTLS\r\nNO", go_ahead=lambda c: c.reply())
        client.send(b'OP "injected"\r\n')
        raise Ended("the handshake passed with two foreign bytes before it")
    aborted(down, client, "plaintext_after_starttls", "client")
    assert b"NOOP" not in all_seen(down)


def test_c3_a_coalesced_client_hello_is_legitimate(down, certs):
    client = down.arrive()
    assert client.upgrade(certs.client_context(), coalesced=True).startswith(b"OK ")
    control(down, client)


def test_c4_plaintext_after_the_go_ahead(down):
    client = down.arrive()
    assert client.command(b"STARTTLS").startswith(b"OK ")
    client.send(b'NOOP "injected"\r\n')
    rest = aborted(down, client, "plaintext_after_starttls", "client")
    assert rest == b"" or rest[:1] == b"\x15", rest
    assert b"injected" not in all_seen(down)


def test_f1_a_login_before_the_upgrade(down, certs):
    client = down.arrive()
    answer = client.command(b'AUTHENTICATE "PLAIN" "AGluamVjdGVkAGI="')
    if down.client == "required":
        assert answer.startswith(b"NO (ENCRYPT-NEEDED) ")
        client.upgrade(certs.client_context())
        control(down, client)
        assert b"AGluamVjdGVk" not in all_seen(down)
    else:
        # It has crossed: the window is closed, and after a login the answer is the upstream's own.
        assert answer == b'OK "welcome"\r\n'
        assert client.command(b"STARTTLS").startswith(b"NO ")
        control(down, client)


def test_f2_starttls_in_a_literal_is_data(down, certs):
    client = down.arrive()
    answer = client.command(b"NOOP {15+}\r\nx\r\nSTARTTLS\r\n\r\n")
    assert answer.startswith(b"OK (TAG {15}\r\nx\r\nSTARTTLS\r\n\r\n) "), answer
    client.upgrade(certs.client_context())
    control(down, client)


@pytest.mark.parametrize("line", [b"NOOP\nSTARTTLS\r\n", b"STARTTLS\n", b"STARTTLS\0\r\n", b"STARTTLS\r\r\n",
                                  b'NOOP "\r\nSTARTTLS\r\n', b"NOOP {8}\r\nSTARTTLS\r\n", b"A" * 20000 + b"\r\n",
                                  b"NOOP x{8+}\r\nSTARTTLS\r\n"])  # fmt: skip
def test_f3_framing(down, line):
    client = down.arrive()
    client.send(line)
    answer = aborted(down, client, ("protocol_error", "tls_required"), "client")
    assert answer.startswith(b'BYE "Syntax error: '), answer
    assert b"STARTTLS" not in all_seen(down).replace(b"STARTTLS\r\n", b"", 1 if down.server == "required" else 0)


def test_f3_starttls_with_an_argument(down, certs):
    client = down.arrive()
    assert client.command(b'STARTTLS "x"').startswith(b"NO ")
    client.upgrade(certs.client_context())
    control(down, client)


def test_f4_twice(down, certs):
    client = down.arrive()
    client.upgrade(certs.client_context())
    assert OFFER not in client.greeting
    assert client.command(b"STARTTLS").startswith(b"NO ")
    control(down, client)
    seen = down.upstream.finished()
    assert b"STARTTLS" not in bytes(seen.plain if down.server == "off" else b"").replace(SCRIPT, b"")


# -- the client role, facing the upstream


@pytest.fixture(params=UP, ids="-".join)
def up(rig, request):
    return rig.at(*request.param)


def refused(place, client, ends):
    """The client hears of a temporary failure in our words, and nothing of what was injected."""
    greeting = client.greeting
    rest = aborted(place, client, ends, "server")
    assert greeting.startswith(b"BYE (TRYLATER) "), greeting
    assert rest == b"" and b"injected" not in greeting
    assert len(place.upstream.connections) == 1, "no second try in plaintext"


def saying(data, certs):
    def starttls(channel, _):
        channel.send(data)
        channel.start_tls(certs.server_context(), server=True)
        channel.send(b'"SASL" "PLAIN"\r\nOK "inside"\r\n')
        return True

    return starttls


@pytest.mark.parametrize("data", [b'OK\r\n"SASL" "injected"\r\nOK\r\n', b'OK\r\nOK "injected"\r\n', b"OK\r\n\n",
                                  b'OK\r\n"injec',
                                  b"OK\r\n\x16\x03\x03\x00\x04injected"])  # fmt: skip
def test_r1_r2_bytes_after_the_go_ahead(up, certs, data):
    client = up.serve(Server(tls=certs.server_context(), on={b"STARTTLS": saying(data, certs)})).arrive()
    refused(up, client, ("plaintext_after_starttls", "handshake_failed"))
    assert up.upstream.finished().inside == b"", "no TLS was spoken over it"


def test_r1_control(up, certs):
    client = up.serve(Server(tls=certs.server_context(), on={b"STARTTLS": saying(b"OK\r\n", certs)})).arrive()
    if up.client == "required":
        client.upgrade(certs.client_context())
    assert client.greeting == b'"SASL" "PLAIN"\r\nOK "inside"\r\n'
    control(up, client)


PREMATURE = {
    "greeting-and-go-ahead": OFFER + b"\r\n" + READY + b"OK\r\n",
    "greeting-and-a-piece": OFFER + b"\r\n" + READY + b"O",
    "two-greetings": (OFFER + b"\r\n" + READY) * 2,
}


@pytest.mark.parametrize("name", PREMATURE)
def test_r3_answers_before_the_question(up, name):
    def behaviour(channel):
        channel.send(PREMATURE[name])
        channel.rest()

    client = up.serve(behaviour).arrive()
    refused(up, client, ("protocol_error", "plaintext_after_starttls"))
    assert b"STARTTLS" not in all_seen(up)


@pytest.mark.parametrize("data", [b'"SASL" "injected"\r\nOK\r\n', b"220 injected\r\nOK\r\n", b'"OK" "injected"\r\nOK\r\n'])
def test_r4_forged_lines_before_the_go_ahead(up, certs, data):
    client = up.serve(Server(tls=certs.server_context(), on={b"STARTTLS": saying(data, certs)})).arrive()
    refused(up, client, ("protocol_error",))


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
    assert len(place.upstream.connections) == 1, "on the same connection"


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
    """What waited for an answer when the client ended its stream is still ours to judge."""
    place = rig.at("managesieve", "off", "off")
    client = place.serve(Server(tls=rig.certs.server_context())).arrive()
    client.send(b'AUTHENTICATE "LOGIN"\r\n"x"\r\n"*"\r\nSTARTTLS\r\n')
    client.half_close()
    answer = client.rest()
    client.close()
    assert b'NO "STARTTLS is not available"\r\n' in answer, answer
    assert b"STARTTLS" not in all_seen(place)
    place.record(client)
