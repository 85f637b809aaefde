"""What a server (or someone on its wire) says around the go-ahead, in plaintext: R1 to R3 and R5."""

import pytest
from common import aborted, all_seen, control, hello_word

from pysupport.rig import Rig
from pysupport.smtp import BANNER, Server

PAIRS = [(p, c, s) for p in ("smtp", "lmtp") for c in ("off", "required") for s in ("opportunistic", "required")]


@pytest.fixture(scope="module")
def rig(certs, folder):
    rig = Rig(certs, folder, PAIRS)
    yield rig
    rig.close()


@pytest.fixture(params=PAIRS, ids="-".join)
def place(rig, request):
    return rig.at(*request.param)


def refused(place, client, ends):
    """The client hears of a temporary failure in our words, and nothing of what was injected."""
    greeting = client.greeting
    rest = aborted(place, client, ends, "server")
    assert greeting.startswith(b"421 4."), greeting
    assert rest == b""
    assert b"injected" not in greeting
    assert len(place.upstream.connections) == 1, "no second try in plaintext"


def saying(data, certs):
    """A STARTTLS that is answered with these bytes, and then done."""

    def starttls(channel, _):
        channel.send(data)
        channel.start_tls(certs.server_context(), server=True)
        return True

    return starttls


TAILS = {
    "r1-a-reply": b"220 go\r\n250-injected\r\n250 AUTH LOGIN\r\n",
    "r1-one-line": b"220 go\r\n250 injected\r\n",
    "r1-two-go-aheads": b"220 go\r\n220 injected\r\n",
    "r1-one-byte": b"220 go\r\n\n",
    "r1-looks-like-tls": b"220 go\r\n\x16\x03\x03\x00\x04injected",
    "r2-unterminated": b"220 ok\r\n250-AUTH",
}


@pytest.mark.parametrize("name", TAILS)
def test_bytes_after_the_go_ahead(place, certs, name):
    fake = Server(protocol=place.protocol, tls=certs.server_context(), on={b"STARTTLS": saying(TAILS[name], certs)})
    client = place.serve(fake).arrive()
    refused(place, client, ("plaintext_after_starttls", "handshake_failed"))
    assert place.upstream.finished().inside == b"", "no TLS was spoken over it"


def test_r1_control(place, certs):
    fake = Server(protocol=place.protocol, tls=certs.server_context(), on={b"STARTTLS": saying(b"220 go\r\n", certs)})
    client = place.serve(fake).arrive()
    assert client.greeting == BANNER
    if place.client == "required":
        client.hello()
        client.upgrade(certs.client_context())
    control(place, client, fake)
    assert place.upstream.finished().inside != b""


def test_plaintext_where_the_server_hello_belongs(place, certs):
    def starttls(channel, _):
        channel.send(b"220 go\r\n")
        channel.exactly(5)  # our ClientHello is on its way: not the same segment, whatever the network does
        channel.send(b"250-injected\r\n250 AUTH LOGIN\r\n")
        channel.rest()
        return False

    fake = Server(protocol=place.protocol, tls=certs.server_context(), on={b"STARTTLS": starttls})
    client = place.serve(fake).arrive()
    refused(place, client, "plaintext_after_starttls")


def premature(data, after):
    """A server that says `data` in one segment, after so many lines, and then only listens."""

    def behaviour(channel):
        if after:
            channel.send(BANNER)
        for _ in range(after):
            channel.line()
        channel.send(data)
        channel.rest()

    return behaviour


HELLO = b"250-injected\r\n250 STARTTLS\r\n"
PREMATURE = {
    "greeting-and-all": (BANNER + HELLO + b"220 go\r\n", 0),
    "greeting-and-hello": (BANNER + HELLO, 0),
    "greeting-and-a-piece": (BANNER + b"2", 0),
    "two-greetings": (BANNER + b"220 injected\r\n", 0),
    "hello-and-go-ahead": (HELLO + b"220 go\r\n", 1),
    "hello-and-a-piece": (HELLO + b"22", 1),
}


@pytest.mark.parametrize("name", PREMATURE)
def test_r3_answers_before_the_question(place, name):
    client = place.serve(premature(*PREMATURE[name])).arrive()
    refused(place, client, ("protocol_error", "plaintext_after_starttls"))
    assert b"STARTTLS" not in all_seen(place)


def test_r3_control(place, certs):
    """The same answers, each in its time."""

    def behaviour(channel):
        channel.send(BANNER)
        assert channel.line().startswith(hello_word(place) + b" ")
        channel.send(HELLO)
        assert channel.line() == b"STARTTLS\r\n"
        channel.send(b"220 go\r\n")
        channel.start_tls(certs.server_context(), server=True)
        channel.rest()

    client = place.serve(behaviour).arrive()
    assert client.greeting == BANNER
    client.reset()
    assert place.upstream.finished().tls is not None


def test_r5_the_text_of_a_refusal_stays_outside(rig, place, certs):
    place = rig.at(place.protocol, place.client, "required")
    on = {b"STARTTLS": b"454 4.7.0 injected: call +1 900 555 0100\r\n"}
    client = place.serve(Server(protocol=place.protocol, tls=certs.server_context(), on=on)).arrive()
    refused(place, client, "starttls_refused")
