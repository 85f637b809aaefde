"""SMTP and LMTP: STARTTLS stripped, refused or broken on the server leg (S1), refusal texts (R5), bad server certificates."""

import re

import pytest
from common import aborted, all_seen, control, hello_word

from pysupport.rig import Rig
from pysupport.smtp import BANNER, Server

PAIRS = [
    (p, c, s)
    for p in ("smtp", "lmtp")
    for c in ("off", "opportunistic", "required", "implicit")
    for s in ("opportunistic", "required")
]


@pytest.fixture(scope="module")
def rig(certs, folder):
    rig = Rig(certs, folder, PAIRS)
    yield rig
    rig.close()


@pytest.fixture(scope="module")
def checking_rig(certs, folder):
    """A rig whose server legs are opportunistic but verify the certificate."""
    rig = Rig(
        certs, folder, [pair for pair in PAIRS if pair[2] == "opportunistic"],
        server={"verify": "full", "ca": certs.ca, "server_name": "localhost"},
    )  # fmt: skip
    yield rig
    rig.close()


def credentials_stay(place, client, end, code=b"421 4"):
    """The client is refused before it has sent anything, and the upstream never gets its credentials."""
    assert client.greeting.startswith(code), client.greeting
    client_sent = b"AUTH PLAIN AGEAYg==\r\n"
    try:
        client.send(client_sent)
    except OSError:
        pass
    assert aborted(place, client, end, "server") == b""
    assert b"AUTH" not in all_seen(place)


@pytest.fixture(params=[(p, c) for p in ("smtp", "lmtp") for c in ("off", "opportunistic", "required", "implicit")],
                ids="-".join)  # fmt: skip
def legs(request):
    return request.param


NOT_OFFERED = {
    "missing": {"offer": False},
    "longer-word": {"offer": False, "capabilities": [b"XSTARTTLS", b"STARTTLSX"]},
    "as-a-parameter": {"offer": False, "capabilities": [b"HELP STARTTLS", b"SIZE 1"]},
    "in-the-first-line": {"on": {b"EHLO": b"250-STARTTLS\r\n250 SIZE 1\r\n", b"LHLO": b"250-STARTTLS\r\n250 SIZE 1\r\n"}},
    "no-hello-at-all": {"on": {b"EHLO": b"502 5.5.1 no\r\n", b"LHLO": b"502 5.5.1 no\r\n"}},
}


@pytest.mark.parametrize("how", NOT_OFFERED)
def test_s1_required_and_not_offered(rig, legs, how):
    place = rig.at(*legs, "required")
    client = place.serve(Server(protocol=place.protocol, tls=rig.certs.server_context(), **NOT_OFFERED[how])).arrive()
    credentials_stay(place, client, "starttls_not_offered")


@pytest.mark.parametrize("answer", [b"454 4.7.0 no", b"502 5.5.1 no", b"554 no", b"421 4.3.0 bye", b"354 data", b"250 ok",
                                    b"221 so", b"22 go", b"2200 go", b"go"])  # fmt: skip
def test_s1_required_and_refused(rig, legs, answer):
    place = rig.at(*legs, "required")
    fake = Server(protocol=place.protocol, tls=rig.certs.server_context(), on={b"STARTTLS": answer + b"\r\n"})
    client = place.serve(fake).arrive()
    clean = re.match(rb"\d\d\d ", answer)
    credentials_stay(place, client, "starttls_refused" if clean else ("starttls_refused", "protocol_error"))


def test_s1_required_control(rig, legs):
    place = rig.at(*legs, "required")
    fake = Server(protocol=place.protocol, tls=rig.certs.server_context(), capabilities=[b"XSTARTTLS", b"SIZE 1"])
    client = place.serve(fake).arrive()
    passes(place, client, fake)
    assert place.upstream.finished().tls is not None


def test_r3_control(rig, legs):
    """Unusual but legal answers, each in its turn, are no attack."""
    place = rig.at(*legs, "required")

    def behaviour(channel):
        channel.send(BANNER)
        assert channel.line().startswith(hello_word(place) + b" ")
        channel.send(b"250-odd\r\n250 STARTTLS\r\n")
        assert channel.line() == b"STARTTLS\r\n"
        channel.send(b"220 go\r\n")
        channel.start_tls(rig.certs.server_context(), server=True)
        channel.rest()

    client = place.serve(behaviour).arrive()
    assert client.greeting == BANNER
    client.reset()
    assert place.upstream.finished().tls is not None


def test_r5_the_text_of_a_refusal_stays_outside(rig, legs):
    place = rig.at(*legs, "required")
    on = {b"STARTTLS": b"454 4.7.0 injected: call +1 900 555 0100\r\n"}
    client = place.serve(Server(protocol=place.protocol, tls=rig.certs.server_context(), on=on)).arrive()
    assert re.fullmatch(rb"421 4\.[^\r\n]*\r\n", client.greeting) and b"injected" not in client.greeting
    assert aborted(place, client, "starttls_refused", "server") == b""
    assert len(place.upstream.connections) == 1, "no second attempt in plaintext"


def passes(place, client, fake):
    assert client.greeting == BANNER
    if place.client == "required":
        client.hello()
        client.upgrade(place.rig.certs.client_context())
    return control(place, client)


@pytest.mark.parametrize("answer", [b"454 4.7.0 no", b"502 5.5.1 no", b"554 5.7.0 no"])
def test_opportunistic_and_refused_goes_on_in_plaintext(rig, legs, answer):
    place = rig.at(*legs, "opportunistic")
    fake = Server(protocol=place.protocol, tls=rig.certs.server_context(), on={b"STARTTLS": answer + b"\r\n"})
    client = place.serve(fake).arrive()
    record = passes(place, client, fake)
    assert record["server_tls"] == "plain"
    assert len(place.upstream.connections) == 1, "the session stays on the same connection"


ALERT = b"\x15\x03\x03\x00\x02\x02\x28"


def breaking(data):
    """A go-ahead, and then a handshake that the server breaks off before it has sent a certificate."""

    def starttls(channel, _):
        channel.send(b"220 go\r\n")
        channel.exactly(5)
        channel.send(data)
        channel.half_close()
        channel.rest()
        return False

    return starttls


def test_opportunistic_with_a_broken_handshake_dials_once_more(rig, legs):
    place = rig.at(*legs, "opportunistic")
    fake = Server(protocol=place.protocol, tls=rig.certs.server_context(), on={b"STARTTLS": breaking(ALERT)})
    client = place.serve(fake).arrive()
    record = passes_on_the_second(place, client, fake)
    assert record["server_tls"] == "plain"


def passes_on_the_second(place, client, fake):
    assert client.greeting == BANNER
    if place.client == "required":
        client.hello()
        client.upgrade(place.rig.certs.client_context())
    assert client.hello().startswith(b"250")
    assert client.mail()[-1] == b"250 2.0.0 taken\r\n"
    assert client.quit().startswith(b"221 ")
    first, second = place.upstream.finished(0), place.upstream.finished(1)
    assert b"STARTTLS" in first.plain and b"MAIL" not in first.plain
    assert b"\r\nSTARTTLS\r\n" not in bytes(second.plain).partition(b"DATA")[0]
    assert len(fake.messages) == 1
    assert len(place.upstream.connections) == 2
    record = place.record(client)
    assert (record["end"], record["blame"]) == ("closed", "none")
    return record


def test_required_with_a_broken_handshake_fails(rig, legs):
    place = rig.at(*legs, "required")
    fake = Server(protocol=place.protocol, tls=rig.certs.server_context(), on={b"STARTTLS": breaking(ALERT)})
    client = place.serve(fake).arrive()
    credentials_stay(place, client, "handshake_failed")
    assert len(place.upstream.connections) == 1


@pytest.mark.parametrize("leaf", ["expired", "wrong_name", "unknown_ca"])
def test_required_with_a_bad_certificate(rig, legs, leaf):
    place = rig.at(*legs, "required")
    fake = Server(protocol=place.protocol, tls=rig.certs.server_context(getattr(rig.certs, leaf)))
    client = place.serve(fake).arrive()
    credentials_stay(place, client, "verify_failed")


@pytest.mark.parametrize("leaf", ["expired", "wrong_name", "unknown_ca"])
def test_opportunistic_does_not_verify(rig, legs, leaf):
    place = rig.at(*legs, "opportunistic")
    fake = Server(protocol=place.protocol, tls=rig.certs.server_context(getattr(rig.certs, leaf)))
    client = place.serve(fake).arrive()
    record = passes(place, client, fake)
    assert record["server_tls"] != "plain"


@pytest.mark.parametrize("leaf", ["expired", "wrong_name", "unknown_ca"])
def test_opportunistic_that_verifies_does_not_fall_back(checking_rig, legs, leaf):
    place = checking_rig.at(*legs, "opportunistic")
    fake = Server(protocol=place.protocol, tls=checking_rig.certs.server_context(getattr(checking_rig.certs, leaf)))
    client = place.serve(fake).arrive()
    credentials_stay(place, client, "verify_failed")
    assert len(place.upstream.connections) == 1


def test_opportunistic_that_verifies_still_falls_back_without_a_certificate(checking_rig, legs):
    place = checking_rig.at(*legs, "opportunistic")
    fake = Server(protocol=place.protocol)
    client = place.serve(fake).arrive()
    assert passes(place, client, fake)["server_tls"] == "plain"
    fake = Server(protocol=place.protocol, tls=checking_rig.certs.server_context(), on={b"STARTTLS": breaking(ALERT)})
    client = place.serve(fake).arrive()
    assert passes_on_the_second(place, client, fake)["server_tls"] == "plain"
