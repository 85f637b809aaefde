"""Attacks around IMAP's login, literals, untagged responses and refusals, in both roles: F1, F2, R4 to R7, S1, P1."""

import pytest
from common import aborted, all_seen, control

from pysupport.imap import Server
from pysupport.rig import Rig, pairs

OFFERING = [("imap", c, s) for c in ("opportunistic", "required") for s in ("off", "required")]
UPGRADING = [("imap", c, s) for c in ("off", "required") for s in ("opportunistic", "required")]


@pytest.fixture(scope="module")
def rig(certs, folder):
    rig = Rig(certs, folder, pairs("imap"))
    yield rig
    rig.close()


@pytest.fixture(params=OFFERING, ids="-".join)
def place(rig, request):
    """A place whose client may upgrade."""
    return rig.at(*request.param).serve_fake()


@pytest.fixture(params=UPGRADING, ids="-".join)
def upgrading(rig, request):
    """A place whose server leg is upgraded."""
    return rig.at(*request.param)


# -- the server role, facing the client


@pytest.mark.parametrize("command", [b"LOGIN alice secret", b"AUTHENTICATE PLAIN AGEAYg==", b"SELECT x"])
def test_f1_fixation(place, certs, command):
    client = place.arrive()
    answer = client.command(command)[1]
    if place.client == "required":
        assert answer.startswith(b"NO [PRIVACYREQUIRED]")
        client.upgrade(certs.client_context())
        control(place, client)
        assert command.split()[0] == b"LOGIN" or command not in all_seen(place)
        return
    # The login has crossed and cannot be undone, so the proxy must not grant TLS after it.
    if not answer.startswith(b"OK"):
        assert client.command(b"STARTTLS")[1].startswith(b"BAD ")
        assert b"STARTTLS" not in client.command(b"CAPABILITY")[0]
        assert b"STARTTLS" not in all_but_ours(place)
    client.quit()
    place.record(client)


def all_but_ours(place):
    channel = place.upstream.connection()
    return bytes(channel.plain + channel.inside).replace(b"starlock2 STARTTLS\r\n", b"")


@pytest.mark.parametrize("plus", [b"", b"+"])
def test_f2_a_token_in_a_literal(place, plus):
    client = place.arrive()
    client.send(b'a ID ("n" {12%s}\r\nb STARTTLS\r\n)\r\nc NOOP\r\nd LOGOUT\r\n' % plus)
    got = client.rest()
    client.close()
    assert b"\nb " not in got and b"a OK" in got and b"c OK" in got, got
    place.record(client)


# -- the client role, facing the server


def refused(place, client, ends):
    """The client got our own temporary failure, and nothing that was injected."""
    rest = aborted(place, client, ends, "server")
    assert client.greeting.startswith(b"* BYE [UNAVAILABLE] "), client.greeting
    assert rest == b"" and b"injected" not in client.greeting
    assert len(place.upstream.connections) == 1, "no second attempt in plaintext"


def saying(data, certs):
    """The `on` of a fake that answers STARTTLS with these bytes and then makes the handshake."""

    def starttls(channel, command):
        channel.send(data.replace(b"$TAG", command.tag))
        channel.start_tls(certs.server_context(), server=True)

    return {b"STARTTLS": starttls}


BETWEEN = {
    "control": b"",
    "r4-list": b'* LIST () "/" injected\r\n* 1 FETCH (X injected)\r\n',
    "r4-capability": b"* CAPABILITY injected\r\n",
    "r5-alert": b"* OK [ALERT] injected\r\n",
    "r7-referral": b"* OK [REFERRAL imaps://injected/] x\r\n",
    "literal": b'* LIST () "/" {17}\r\n$TAG NO injected\r\n\r\n',
}


@pytest.mark.parametrize("name", BETWEEN)
def test_what_comes_before_the_go_ahead_is_dropped(upgrading, certs, name):
    fake = Server(
        tls=certs.server_context(), on=saying(BETWEEN[name] + b"$TAG OK [ALERT] injected\r\n", certs),
        banner=b"* OK [CAPABILITY injected] [ALERT] old.example.net\r\n",
    )  # fmt: skip
    if name == "literal":
        fake.on = saying(b'* LIST () "/" {21}\r\nstarlock2 NO injected\r\n$TAG OK\r\n', certs)
    client = upgrading.serve(fake).arrive()
    assert b"injected" not in client.greeting and client.greeting.endswith(b"old.example.net\r\n"), client.greeting
    if upgrading.client == "required":
        client.upgrade(certs.client_context())
    assert b"injected" not in client.command(b"CAPABILITY")[0]
    control(upgrading, client)
    assert upgrading.upstream.finished().inside != b""


@pytest.mark.parametrize("answer", [b"$TAG NO injected", b"$TAG BAD injected", b"+ injected", b"* BYE injected",
                                    b"x OK injected", b"$TAG PREAUTH injected", b"OK injected"])  # fmt: skip
@pytest.mark.parametrize("client_mode", ["off", "opportunistic", "required", "implicit"])
def test_s1_refused(rig, client_mode, answer):
    place = rig.at("imap", client_mode, "required")
    fake = Server(tls=rig.certs.server_context(), on={b"STARTTLS": answer + b"\r\n"})
    client = place.serve(fake).arrive()
    refused(place, client, ("starttls_refused", "protocol_error"))
    assert b"LOGIN" not in all_seen(place)


@pytest.mark.parametrize("how", [{"offer": False}, {"offer": False, "capabilities": [b"XSTARTTLS", b"STARTTLSX"]},
                                 {"banner": b"* PREAUTH injected\r\n"}, {"banner": b"* BYE injected\r\n"},
                                 {"on": {b"CAPABILITY": b"* CAPABILITY STARTTLS\r\n$TAG NO injected\r\n"}}])  # fmt: skip
@pytest.mark.parametrize("client_mode", ["off", "opportunistic", "required", "implicit"])
def test_s1_and_r6_not_offered(rig, client_mode, how):
    place = rig.at("imap", client_mode, "required")
    client = place.serve(Server(tls=rig.certs.server_context(), **how)).arrive()
    refused(place, client, "starttls_not_offered")
    assert b"LOGIN" not in all_seen(place)


def test_r6_a_preauthenticated_server_behind_required_tls(rig):
    place = rig.at("imap", "required", "off")
    client = place.serve(Server(banner=b"* PREAUTH hi\r\n")).arrive()
    refused(place, client, "tls_required")


def test_p1_an_offer_of_a_plaintext_server_is_not_shown(rig):
    for mode in ("off", "implicit"):
        place = rig.at("imap", mode, "off")
        fake = Server(offer=True, banner=b"* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] hi\r\n")
        client = place.serve(fake).arrive()
        assert client.greeting == b"* OK [CAPABILITY IMAP4rev1 LOGINDISABLED] hi\r\n"
        assert b"STARTTLS" not in client.command(b"CAPABILITY")[0]
        assert client.command(b"STARTTLS")[1].startswith(b"BAD ")
        assert b"STARTTLS" not in client.command(b"LOGIN a b")[1]
        assert b"STARTTLS" not in all_but_ours(place)
        client.quit()
        place.record(client)
