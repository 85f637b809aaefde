"""What a client, or someone on its wire, sends in plaintext with or after STARTTLS: C1 to C4, for every protocol."""

import re
import ssl

import pytest
from common import aborted, all_seen, control, hello_word
from speech import FACING_CLIENT, SPEECH, each, pairs

from pysupport.channel import Ended
from pysupport.rig import Rig

# One fatal TLS alert, or none.
ALERT = rb"(\x15\x03[\x01-\x03]\x00\x02\x02.)?"


@pytest.fixture(scope="module")
def rig(certs, folder):
    rig = Rig(certs, folder, pairs(FACING_CLIENT))
    yield rig
    rig.close()


@pytest.fixture
def place(rig, row, modes):
    # MySQL: the server offers TLS even where the proxy's leg is `off`.
    return rig.at(row.protocol, *modes).serve_fake(**({"offer": True} if row.protocol == "mysql" else {}))


def first(row):
    """The first command that the row injects."""
    return next(iter(row.injected.values()))


@each(FACING_CLIENT, "injected")
def test_c1_in_the_same_segment(place, row, data):
    client = row.ready(place)
    client.send(client.starttls_request() + data)
    got = aborted(place, client, "plaintext_after_starttls", "client")
    assert re.fullmatch(row.go_ahead + ALERT, got, re.DOTALL), got
    row.nothing_crossed(place)


@each(FACING_CLIENT)
def test_c1_and_then_a_handshake(place, row, data, certs):
    client = row.ready(place)
    prefix = client.starttls_request() + first(row)
    with pytest.raises((ssl.SSLError, Ended)):
        client.start_tls(certs.client_context(), "localhost", prefix=prefix, go_ahead=lambda _: client.read_go_ahead())
    aborted(place, client, "plaintext_after_starttls", "client")
    row.nothing_crossed(place)


@each(FACING_CLIENT)
def test_c2_a_command_in_two_halves(place, row, data, certs):
    """One half before TLS, one inside: they never become one command."""
    client = row.ready(place)
    prefix = client.starttls_request() + row.halves[0]
    with pytest.raises((ssl.SSLError, Ended)):
        client.start_tls(certs.client_context(), "localhost", prefix=prefix, go_ahead=lambda _: client.read_go_ahead())
        client.send(row.halves[1])
        raise Ended("the handshake succeeded after plaintext")
    aborted(place, client, "plaintext_after_starttls", "client")
    row.nothing_crossed(place)


@each(FACING_CLIENT)
def test_c2_half_a_command_and_then_the_end(place, row, data):
    client = row.ready(place)
    client.send(client.starttls_request() + row.halves[0])
    client.half_close()
    got = aborted(place, client, "plaintext_after_starttls", "client")
    assert re.fullmatch(row.go_ahead + ALERT, got, re.DOTALL), got
    row.nothing_crossed(place)


@each(FACING_CLIENT)
@pytest.mark.parametrize("coalesced", [False, True], ids=["separate", "coalesced"])
def test_c3_a_coalesced_client_hello_is_legitimate(place, row, data, certs, coalesced):
    """Also the control of C1 and C2."""
    client = row.ready(place)
    client.upgrade(certs.client_context(), coalesced=coalesced)
    control(place, client)


@each(FACING_CLIENT, protocols=[name for name, row in SPEECH.items() if row.go_ahead])
def test_c4_plaintext_after_the_go_ahead(place, row, data):
    client = row.ready(place)
    client.send(client.starttls_request())
    client.read_go_ahead()
    client.send(first(row))
    got = aborted(place, client, "plaintext_after_starttls", "client")
    assert re.fullmatch(ALERT, got, re.DOTALL), got
    row.nothing_crossed(place)


@each(FACING_CLIENT)
@pytest.mark.parametrize("spoken", [False, True], ids=["at-once", "behind-a-command"])
def test_c4_plaintext_inside_tls(place, row, data, certs, spoken):
    client = row.ready(place)
    client.upgrade(certs.client_context())
    if spoken:
        (row.speak or row.advertises)(client)
    client.send_raw(first(row))
    client.rest()
    client.close()
    record = place.record(client)
    assert record["end"] != "closed" and record["blame"] == "client", record
    assert b"injected" not in all_seen(place)


@pytest.mark.parametrize("row,modes", [(SPEECH[p], pair) for p in ("smtp", "lmtp") for pair in FACING_CLIENT],
                         ids=lambda value: getattr(value, "protocol", None) or "-".join(value))  # fmt: skip
def test_c3_starttls_at_the_end_of_a_pipelined_group(place, certs):
    """RFC 3207 section 4: STARTTLS must be the last command of a group."""
    client = place.arrive()
    client.send(hello_word(place) + b" client.example.org\r\nNOOP\r\nSTARTTLS\r\n")
    assert b"STARTTLS" in client.reply()
    assert client.reply().startswith(b"250 ")
    assert client.reply().startswith(b"220 ")
    client.start_tls(certs.client_context(), "localhost")
    control(place, client)
