"""How a stream ends: truncation stays truncation, and all authenticated data is delivered first (T1, T2)."""

import pytest
from common import control

from pysupport.channel import Channel, End, connect
from pysupport.rig import Rig
from pysupport.smtp import Server

LEGS = [("implicit", "implicit"), ("implicit", "off"), ("off", "implicit")]
LAST = b"the last words " * 40_000


@pytest.fixture(scope="module")
def rig(certs, folder):
    pairs = [("tcp", *legs) for legs in LEGS] + [("smtp", "required", "off"), ("smtp", "off", "required")]
    rig = Rig(certs, folder, pairs)
    yield rig
    rig.close()


def dial(rig, place):
    channel = Channel(connect(place.port).sock)
    if place.client == "implicit":
        channel.start_tls(rig.certs.client_context(), "localhost")
    return channel


def accept(rig, place):
    """Makes the upstream read to the end of the stream."""
    def behaviour(channel):
        if place.server == "implicit":
            channel.start_tls(rig.certs.server_context(), server=True)
        channel.rest()

    place.upstream.serve(behaviour)


@pytest.mark.parametrize("legs", [legs for legs in LEGS if legs[0] == "implicit"], ids="-".join)
def test_t2_client_truncates(rig, legs):
    place = rig.at("tcp", *legs)
    accept(rig, place)
    channel = dial(rig, place)
    channel.send(LAST)
    channel.half_close(notify=False)
    seen = place.upstream.finished()
    if legs[1] == "implicit":
        assert bytes(seen.inside) == LAST, "authenticated data arrives"
        assert seen.end is End.TRUNCATED, "a truncated stream ended with close_notify"
    else:
        # A reset discards data that the peer has not read yet, so a prefix arrives.
        assert LAST.startswith(bytes(seen.plain))
        assert seen.end is End.RESET
    channel.close()
    record = place.record(channel)
    assert (record["end"], record["blame"]) == ("truncated", "client")
    assert record["bytes_in"] == len(LAST)


@pytest.mark.parametrize("legs", [legs for legs in LEGS if legs[1] == "implicit"], ids="-".join)
def test_t2_server_truncates(rig, legs):
    place = rig.at("tcp", *legs)

    def behaviour(channel):
        channel.start_tls(rig.certs.server_context(), server=True)
        channel.exactly(5)
        channel.send(LAST)
        channel.half_close(notify=False)
        channel.rest()

    place.upstream.serve(behaviour)
    channel = dial(rig, place)
    channel.send(b"hello")
    got = channel.rest()
    if legs[0] == "implicit":
        assert got == LAST
        assert channel.end is End.TRUNCATED
    else:
        assert LAST.startswith(got)
        assert channel.end is End.RESET
    channel.close()
    record = place.record(channel)
    assert (record["end"], record["blame"]) == ("truncated", "server")


@pytest.mark.parametrize("legs", LEGS, ids="-".join)
def test_t2_control(rig, legs):
    """With a proper end, the other leg ends cleanly too, and the other direction stays open."""
    place = rig.at("tcp", *legs)

    def behaviour(channel):
        if place.server == "implicit":
            channel.start_tls(rig.certs.server_context(), server=True)
        got = channel.rest()
        channel.send(b"%d bytes" % len(got))
        channel.half_close()

    place.upstream.serve(behaviour)
    channel = dial(rig, place)
    channel.send(LAST)
    channel.half_close()
    assert channel.rest() == b"%d bytes" % len(LAST)
    assert channel.end is (End.CLOSE_NOTIFY if legs[0] == "implicit" else End.FIN)
    seen = place.upstream.finished()
    assert seen.end is (End.CLOSE_NOTIFY if legs[1] == "implicit" else End.FIN)
    channel.close()
    record = place.record(channel)
    assert (record["end"], record["blame"]) == ("closed", "none")


def test_t2_a_client_that_never_says_close_notify(rig, certs):
    """Many clients close without close_notify after QUIT. Everything that they sent must arrive."""
    place = rig.at("smtp", "required", "off")
    fake = Server()
    client = place.serve(fake).arrive()
    client.hello()
    client.upgrade(certs.client_context())
    client.hello()
    assert client.mail()[-1] == b"250 2.0.0 taken\r\n"
    client.send(b"QUIT\r\n")
    assert client.reply().startswith(b"221 ")
    client.half_close(notify=False)
    client.rest()
    client.close()
    assert len(fake.messages) == 1
    assert bytes(place.upstream.finished().plain).endswith(b"QUIT\r\n")
    # The server ended at the same time; the record depends on which end the proxy saw first.
    assert place.record(client)["end"] in ("closed", "truncated")


def test_t2_truncation_in_the_midst_of_a_message(rig, certs):
    place = rig.at("smtp", "required", "off")
    fake = Server()
    client = place.serve(fake).arrive()
    client.hello()
    client.upgrade(certs.client_context())
    client.hello()
    for command in (b"MAIL FROM:<a@example.com>", b"RCPT TO:<b@example.net>", b"DATA"):
        client.command(command)
    client.send(b"half a mess")
    client.half_close(notify=False)
    client.close()
    seen = place.upstream.finished()
    assert seen.end is End.RESET
    assert not fake.messages
    record = place.record(client)
    assert (record["end"], record["blame"]) == ("truncated", "client")


def test_t1_plaintext_after_close_notify(rig, certs):
    place = rig.at("smtp", "required", "off")
    fake = Server()
    client = place.serve(fake).arrive()
    client.hello()
    client.upgrade(certs.client_context())
    assert client.hello().startswith(b"250")
    client.half_close_notify_only()
    client.send_raw(b"NOOP injected\r\n")
    client.rest()
    client.close()
    assert b"injected" not in place.upstream.finished().plain


def test_t1_control(rig, certs):
    place = rig.at("smtp", "required", "off")
    fake = Server()
    client = place.serve(fake).arrive()
    client.hello()
    client.upgrade(certs.client_context())
    control(place, client)


def test_t1_server_goes_on_in_plaintext(rig, certs):
    place = rig.at("smtp", "off", "required")

    def noop(channel, _):
        channel.half_close_notify_only()
        channel.send_raw(b"250 injected\r\n")
        channel.rest()
        return False

    fake = Server(tls=certs.server_context(), on={b"NOOP": noop})
    client = place.serve(fake).arrive()
    client.hello()
    client.send(b"NOOP\r\n")
    assert client.rest() == b""
    client.close()
    place.record(client)
