"""What a server, or someone on its wire, sends in plaintext around the go-ahead: R1 to R3, for every protocol."""

import pytest
from common import aborted, all_seen, control
from speech import FACING_SERVER, LOOKS_LIKE_TLS, SPEECH, each, pairs

from pysupport.rig import Rig, protocol_module


@pytest.fixture(scope="module")
def rig(certs, folder):
    rig = Rig(certs, folder, pairs(FACING_SERVER))
    yield rig
    rig.close()


@pytest.fixture
def place(rig, row, modes):
    return rig.at(row.protocol, *modes)


def saying(row, tail, certs):
    """An action of the fake: it sends the go-ahead and these bytes, and then makes the handshake."""

    def action(channel, command):
        channel.send((row.server_go_ahead + tail).replace(b"$TAG", command.tag))
        channel.start_tls(certs.server_context(), server=True)
        channel.send(row.server_inside)

    return action


def serve(place, row, action):
    """The fake server does what `action` says when STARTTLS comes."""
    return place.serve_fake(on={protocol_module(row.protocol).Server.STARTTLS: action})


def refused(place, row, ends, client_hello=False):
    """Connects a client, whose session must fail on the server leg."""
    client = place.arrive()
    row.opening(place, client)
    aborted(place, client, ends, "server")
    row.failed_on_server_leg(place, client, client_hello)


@each(FACING_SERVER, "tails")
def test_r1_r2_bytes_after_the_go_ahead(place, row, data, certs):
    serve(place, row, saying(row, data, certs))
    # A segment that begins like a TLS record may also count as a failed handshake.
    looks_like_tls = LOOKS_LIKE_TLS in data
    refused(place, row, ("plaintext_after_starttls", "handshake_failed") if looks_like_tls else "plaintext_after_starttls")
    assert place.upstream.finished().inside == b"", "TLS was spoken over it"


@each(FACING_SERVER)
def test_r1_control(place, row, data, certs):
    """The same go-ahead alone: the session works, inside TLS."""
    serve(place, row, saying(row, b"", certs))
    client = place.arrive()
    if place.client == "required":
        row.prepare(client)
        client.upgrade(certs.client_context())
    if row.server_inside:
        assert client.greeting == row.server_inside
    control(place, client)
    assert place.upstream.finished().inside != b""


@each(FACING_SERVER, protocols=[name for name, row in SPEECH.items() if row.server_go_ahead])
def test_r1_plaintext_where_the_server_hello_belongs(place, row, data):
    def action(channel, command):
        channel.send(row.server_go_ahead.replace(b"$TAG", command.tag))
        channel.exactly(5)  # the ClientHello has come, so what follows is in another segment than the go-ahead
        channel.send(b"250-injected\r\n250 AUTH LOGIN\r\n")
        channel.rest()
        return False

    serve(place, row, action)
    refused(place, row, "plaintext_after_starttls", client_hello=True)


# MySQL: a client that would upgrade gets an error instead of the greeting, or instead of the handshake.
@each(FACING_SERVER, "premature", without=[("mysql", "required")])
def test_r3_answers_before_the_question(place, row, data):
    server = protocol_module(row.protocol).Server(protocol=row.protocol)

    def behaviour(channel):
        session = server.session(channel)
        channel.send(data[0])
        for answer in data[1:]:
            session.read_command()
            channel.send(answer)
        channel.rest()

    place.serve(behaviour)
    refused(place, row, row.r3_ends)
    seen = all_seen(place)
    if row.protocol not in ("ldap", "postgres"):  # they ask before they read anything
        for request in (b"STARTTLS", b"STLS", b"AUTH TLS", b"<starttls"):
            assert request not in seen


@each(FACING_SERVER, "wrong")
def test_r3_something_else_than_the_go_ahead(place, row, data):
    def action(channel, command):
        channel.send(data.replace(b"$TAG", command.tag))
        channel.rest()
        return False

    serve(place, row, action)
    refused(place, row, row.r3_ends)
