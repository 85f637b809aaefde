"""Lines and messages that a client may not send before TLS, for every protocol: they are never repaired (F3, A2)."""

import re

import pytest
from common import aborted, control
from speech import FACING_CLIENT, SPEECH, each, pairs

from pysupport.rig import Rig

LINES = ["smtp", "lmtp", "imap", "pop3", "nntp", "ftp", "irc", "acap", "managesieve"]


@pytest.fixture(scope="module")
def rig(certs, folder):
    rig = Rig(certs, folder, pairs(FACING_CLIENT))
    yield rig
    rig.close()


@pytest.fixture
def place(rig, row, modes):
    return rig.at(row.protocol, *modes).serve_fake()


@each(FACING_CLIENT, "malformed_data")
def test_f3_malformed_data_ends_the_session(place, row, data):
    client = row.ready(place)
    client.send(data)
    got = aborted(place, client, "protocol_error", "client")
    assert re.fullmatch(row.malformed.answer, got, re.DOTALL), got
    if row.malformed.dialled:
        row.nothing_crossed(place)
    else:
        assert place.upstream.connections == []


@each(FACING_CLIENT, "with_argument")
def test_f3_starttls_that_is_not_exact_is_refused(place, row, data, certs):
    """The session goes on, and the exact command works."""
    client = row.ready(place)
    request, answer = data
    client.send(request)
    got = client.reply()
    assert re.match(answer, got, re.DOTALL), got
    client.upgrade(certs.client_context())
    control(place, client)


@each(FACING_CLIENT, protocols=LINES)
def test_f3_starttls_in_any_case(place, row, data, certs):
    """The control: the case of letters is the one thing that does not matter."""
    client = row.ready(place)
    client.send(client.starttls_request().lower())
    client.read_go_ahead()
    client.start_tls(certs.client_context(), "localhost")
    client.upgraded()
    control(place, client)


# XMPP and PostgreSQL answer a ClientHello in their own way: see their own files.
@each(FACING_CLIENT, protocols=[name for name in SPEECH if name not in ("xmpp", "xmpp-server", "postgres")])
def test_a2_tls_at_once_on_a_starttls_port(place, row, data):
    client = place.dial()
    client.send(b"\x16\x03\x01\x00\xc8\x01\x00\x00\xc4\x03\x03" + bytes(range(194)) + b"\r\n")
    client.half_close()
    client.arrive()
    got = client.rest()
    assert not got.startswith(b"\x16\x03"), "a ServerHello"
    assert not (row.go_ahead and re.search(row.go_ahead, got)), got
    client.close()
    record = place.record(client)
    assert record["client_tls"] == "plain" and record["blame"] == "client", record
    if row.protocol != "ldap" or place.upstream.connections:
        row.nothing_crossed(place, prepared=False)
