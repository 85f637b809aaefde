"""Clients that vanish, are slow, or send nothing: the upstream is released, and the record blames the right side."""

import pytest

from pysupport.channel import End
from pysupport.rig import Rig
from pysupport.smtp import BANNER
from pysupport.timing import Deadline, milliseconds

PAIRS = [
    ("smtp", "off", "off"),
    ("smtp", "off", "required"),
    ("smtp", "opportunistic", "off"),
    ("smtp", "required", "off"),
    ("smtp", "required", "required"),
    ("smtp", "implicit", "off"),
    ("tcp", "implicit", "off"),
]


@pytest.fixture(scope="module")
def rig(certs, folder):
    rig = Rig(certs, folder, PAIRS)
    yield rig
    rig.close()


@pytest.fixture(scope="module")
def hasty(certs, folder):
    rig = Rig(certs, folder, PAIRS, {"negotiation_timeout": milliseconds(600)})
    yield rig
    rig.close()


@pytest.fixture(scope="module")
def idle(certs, folder):
    rig = Rig(certs, folder, PAIRS, {"idle_timeout": milliseconds(500)})
    yield rig
    rig.close()


def serve(rig, pair):
    return rig.at(*pair).serve_fake()


def to_the_greeting(client, _):
    assert client.reply() == BANNER


def to_the_hello(client, certs):
    to_the_greeting(client, certs)
    client.hello()


def to_a_piece_of_a_command(client, certs):
    to_the_greeting(client, certs)
    client.send(b"EHL")


def to_the_go_ahead(client, certs):
    to_the_hello(client, certs)
    assert client.command(b"STARTTLS").startswith(b"220 ")


def to_a_piece_of_the_handshake(client, certs):
    to_the_go_ahead(client, certs)
    client.send(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")


def to_tls(client, certs):
    to_the_hello(client, certs)
    client.upgrade(certs.client_context())


def to_data(client, certs):
    to_tls(client, certs)
    client.hello()
    for command in (b"MAIL FROM:<a@example.com>", b"RCPT TO:<b@example.net>", b"DATA"):
        client.command(command)
    client.send(b"half a mess")


STEPS = {
    "at once": lambda client, certs: None,
    "greeting": to_the_greeting,
    "piece of a command": to_a_piece_of_a_command,
    "hello": to_the_hello,
    "go-ahead": to_the_go_ahead,
    "piece of the handshake": to_a_piece_of_the_handshake,
    "tls": to_tls,
    "data": to_data,
}


@pytest.mark.parametrize("how", ["close", "reset"])
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("server", ["off", "required"])
def test_vanishes(rig, certs, server, step, how):
    place = serve(rig, ("smtp", "required", server))
    client = place.dial()
    STEPS[step](client, certs)
    getattr(client, how)()
    record = place.record(client)
    assert record["blame"] in ("client", "none"), record
    assert record["end"] not in ("internal", "idle", "timeout", "drained"), record
    if how == "reset" and step not in ("at once", "go-ahead", "piece of the handshake"):
        assert (record["end"], record["blame"]) == ("reset", "client"), record
    if place.upstream.connections:
        place.upstream.finished()
    assert not place.fake.messages


def test_nothing_is_left_of_those_that_vanished(rig, certs):
    place = serve(rig, ("smtp", "required", "off"))
    proxy = rig.proxy

    def pass_through():
        client = place.arrive()
        client.hello()
        client.upgrade(certs.client_context())
        client.hello()
        client.quit()
        place.record(client)

    pass_through()
    before = proxy.descriptors()
    for step in STEPS.values():
        for how in ("close", "reset"):
            client = place.dial()
            step(client, certs)
            getattr(client, how)()
            place.record(client)
    pass_through()
    assert proxy.descriptors() <= before


def trickle(client, data, seconds):
    """Sends a byte at intervals until the proxy ends the session; returns what the client received."""
    deadline = Deadline()
    for byte in data:
        try:
            client.send(bytes([byte]))
        except OSError:
            break
        if not client.silent_for(seconds):
            return
        deadline.left("the end of patience")


def ended_by_timeout(place, client, words=True):
    rest = bytes(client.plain)
    tail = client.rest()
    assert client.end in (End.FIN, End.RESET, End.CLOSE_NOTIFY)
    if words:
        assert b"\r\n421 4." in b"\r\n" + rest + tail, (rest, tail)
    client.close()
    record = place.record(client)
    assert (record["end"], record["blame"]) == ("timeout", "client"), record


@pytest.mark.parametrize("server", ["off", "required"])
def test_slow_loris_before_tls(hasty, server):
    place = serve(hasty, ("smtp", "required", server))
    client = place.arrive()
    trickle(client, b"EHLO " + b"x" * 1000, 0.05)
    ended_by_timeout(place, client)


def test_slow_loris_one_command_at_a_time(hasty):
    """Complete but harmless commands do not extend the timeout."""
    place = serve(hasty, ("smtp", "required", "off"))
    client = place.arrive()
    deadline = Deadline()
    while client.end is None:
        try:
            client.send(b"NOOP\r\n")
        except OSError:
            break
        client.some(5)
        client.silent_for(0.05)
        deadline.left("the end of patience")
    ended_by_timeout(place, client)


@pytest.mark.parametrize("pair", [("smtp", "implicit", "off"), ("tcp", "implicit", "off")], ids="-".join)
def test_slow_loris_in_the_handshake(hasty, pair):
    place = serve(hasty, pair)
    client = place.dial()
    trickle(client, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 400, 0.05)
    ended_by_timeout(place, client, words=False)


@pytest.mark.parametrize("step", ["greeting", "hello", "go-ahead", "piece of the handshake"])
def test_falls_silent_before_tls(hasty, certs, step):
    place = serve(hasty, ("smtp", "required", "off"))
    client = place.dial()
    STEPS[step](client, certs)
    ended_by_timeout(place, client, words=step in ("greeting", "hello"))


@pytest.mark.parametrize("pair", [("smtp", "implicit", "off"), ("tcp", "implicit", "off")], ids="-".join)
def test_says_nothing_to_a_tls_port(hasty, pair):
    place = serve(hasty, pair)
    ended_by_timeout(place, place.dial(), words=False)


def test_negotiation_timeout_does_not_bound_the_session(hasty, certs):
    """After the meeting point negotiation_timeout no longer applies."""
    for pair in (("smtp", "off", "off"), ("smtp", "opportunistic", "off"), ("smtp", "required", "off")):
        place = serve(hasty, pair)
        client = place.arrive()
        client.hello()
        if pair[1] == "required":
            client.upgrade(certs.client_context())
            client.hello()
        assert client.silent_for(0.9)
        assert client.mail()[-1] == b"250 2.0.0 taken\r\n"
        client.quit()
        assert place.record(client)["end"] == "closed"


@pytest.mark.parametrize("pair", [("smtp", "off", "off"), ("smtp", "opportunistic", "off"), ("smtp", "required", "off"),
                                  ("smtp", "off", "required"), ("tcp", "implicit", "off")], ids="-".join)  # fmt: skip
def test_idle(idle, certs, pair):
    place = serve(idle, pair)
    client = place.dial()
    if pair[1] == "implicit":
        client.start_tls(certs.client_context(), "localhost")
    client.reply()
    if pair[0] == "smtp":
        client.hello()
    if pair[1] == "required":
        client.upgrade(certs.client_context())
        client.hello()
    for _ in range(4):  # each exchange restarts idle_timeout
        assert client.command(b"NOOP").startswith(b"250 ")
        assert client.silent_for(0.2)
    client.rest()
    client.close()
    record = place.record(client)
    assert (record["end"], record["blame"]) == ("idle", "none"), record
    assert record["duration_ms"] >= 1000
