"""What a client (or someone on its wire) sends with or after STARTTLS, in plaintext: C1 to C4."""

import ssl

import pytest
from common import aborted, all_seen, control, hello_word

from pysupport.channel import Ended
from pysupport.rig import Rig
from pysupport.smtp import Server

PAIRS = [(p, c, s) for p in ("smtp", "lmtp") for c in ("opportunistic", "required") for s in ("off", "required")]


@pytest.fixture(scope="module")
def rig(certs, folder):
    rig = Rig(certs, folder, PAIRS)
    yield rig
    rig.close()


@pytest.fixture(params=PAIRS, ids="-".join)
def place(rig, request):
    place = rig.at(*request.param)
    place.fake = Server(protocol=place.protocol, tls=None if place.server == "off" else rig.certs.server_context())
    return place.serve(place.fake)


def before_starttls(place):
    client = place.arrive()
    assert b"STARTTLS" in client.hello()
    return client


def only_the_go_ahead(got):
    """One 220, then at most a TLS alert: no answer to what was injected."""
    line, _, rest = got.partition(b"\r\n")
    assert line.startswith(b"220 "), got
    assert rest == b"" or rest[:1] == b"\x15", got
    assert b"250" not in rest


INJECTED = {
    "hello": lambda place: hello_word(place) + b" injected\r\n",
    "mail": lambda place: b"MAIL FROM:<injected@example.com>\r\nRCPT TO:<injected@example.net>\r\nDATA\r\n",
    "quit": lambda place: b"QUIT\r\n",
    "no-line": lambda place: b"injected",
}


@pytest.mark.parametrize("what", INJECTED)
def test_c1_in_the_same_segment(place, what):
    client = before_starttls(place)
    client.send(b"STARTTLS\r\n" + INJECTED[what](place))
    only_the_go_ahead(aborted(place, client, "plaintext_after_starttls", "client"))
    seen = all_seen(place)
    assert b"injected" not in seen and b"MAIL" not in seen


def test_c1_and_then_a_handshake(place, certs):
    client = before_starttls(place)
    injected = b"STARTTLS\r\n" + hello_word(place) + b" injected\r\n"
    with pytest.raises((ssl.SSLError, Ended)):
        client.start_tls(certs.client_context(), "localhost", prefix=injected, go_ahead=lambda c: c.reply())
    aborted(place, client, "plaintext_after_starttls", "client")
    assert b"injected" not in all_seen(place)


def test_c1_control(place, certs):
    client = before_starttls(place)
    client.upgrade(certs.client_context())
    control(place, client, place.fake)


def test_c2_a_command_in_two_halves(place, certs):
    client = before_starttls(place)
    with pytest.raises((ssl.SSLError, Ended)):
        client.start_tls(certs.client_context(), "localhost", prefix=b"STARTTLS\r\nNO", go_ahead=lambda c: c.reply())
        client.send(b"OP\r\n")
        raise Ended("the handshake passed with two foreign bytes before it")
    aborted(place, client, "plaintext_after_starttls", "client")
    assert b"NO" not in all_seen(place).replace(b"NOTIFY", b"")


def test_c3_a_coalesced_client_hello_is_legitimate(place, certs):
    client = before_starttls(place)
    assert client.upgrade(certs.client_context(), coalesced=True).startswith(b"220 ")
    control(place, client, place.fake)


def test_c3_starttls_at_the_end_of_a_pipelined_group(place, certs):
    client = place.arrive()
    client.send(hello_word(place) + b" client.example.org\r\nNOOP\r\nSTARTTLS\r\n")
    assert b"STARTTLS" in client.reply()
    assert client.reply().startswith(b"250 ")
    assert client.reply().startswith(b"220 ")
    client.start_tls(certs.client_context(), "localhost")
    control(place, client, place.fake)


def test_c4_plaintext_after_the_go_ahead(place):
    client = before_starttls(place)
    assert client.command(b"STARTTLS").startswith(b"220 ")
    client.send(b"NOOP injected\r\n")
    rest = aborted(place, client, "plaintext_after_starttls", "client")
    assert rest == b"" or rest[:1] == b"\x15", rest
    assert b"injected" not in all_seen(place)


def test_c4_plaintext_inside_tls(place, certs):
    client = before_starttls(place)
    client.upgrade(certs.client_context())
    assert client.hello().startswith(b"250")
    client.send_raw(b"NOOP injected\r\n")
    client.rest()
    client.close()
    record = place.record(client)
    assert record["end"] != "closed" and record["blame"] == "client", record
    assert b"injected" not in all_seen(place)
