"""IMAP: what is injected, forged, stripped or fixed around STARTTLS, in both roles, each with a control."""

import ssl

import pytest
from common import aborted, all_seen

from pysupport.channel import Ended
from pysupport.imap import BANNER, MESSAGE, Server
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
    """Where the client may upgrade."""
    place = rig.at(*request.param)
    place.fake = Server(tls=None if place.server == "off" else rig.certs.server_context())
    return place.serve(place.fake)


@pytest.fixture(params=UPGRADING, ids="-".join)
def upgrading(rig, request):
    """Where the server leg is upgraded."""
    return rig.at(*request.param)


def works(place, client, server):
    """The control: from here on the session is as any other."""
    assert client.command(b"LOGIN alice secret")[1].startswith(b"OK ")
    assert client.append()[1].startswith(b"OK ")
    assert server.messages[-1] == MESSAGE
    client.quit()
    place.upstream.finished()
    record = place.record(client)
    assert (record["end"], record["blame"]) == ("closed", "none"), record
    return record


def only_the_go_ahead(got):
    line, _, rest = got.partition(b"\r\n")
    assert line.startswith(b"A OK "), got
    assert rest == b"" or rest[:1] == b"\x15", got


# -- the client's leg


@pytest.mark.parametrize("injected", [b"QQ NOOP injected\r\n", b"b LOGIN injected x\r\n", b"b LOGOUT\r\n", b"injected"])
def test_c1_in_the_same_segment(place, injected):
    client = place.arrive()
    client.send(b"A STARTTLS\r\n" + injected)
    only_the_go_ahead(aborted(place, client, "plaintext_after_starttls", "client"))
    seen = all_seen(place)
    assert b"injected" not in seen and b"LOGOUT" not in seen


def test_c1_and_then_a_handshake(place, certs):
    client = place.arrive()
    with pytest.raises((ssl.SSLError, Ended)):
        client.start_tls(
            certs.client_context(), "localhost", prefix=b"A STARTTLS\r\nb NOOP injected\r\n", go_ahead=lambda c: c.line()
        )
    aborted(place, client, "plaintext_after_starttls", "client")
    assert b"injected" not in all_seen(place)


@pytest.mark.parametrize("coalesced", [False, True])
def test_c1_and_c3_control(place, certs, coalesced):
    client = place.arrive()
    client.upgrade(certs.client_context(), coalesced=coalesced)
    assert b"STARTTLS" not in client.command(b"CAPABILITY")[0]
    works(place, client, place.fake)


def test_c2_a_command_in_two_halves(place, certs):
    client = place.arrive()
    with pytest.raises((ssl.SSLError, Ended)):
        client.start_tls(certs.client_context(), "localhost", prefix=b"A STARTTLS\r\nb NO", go_ahead=lambda c: c.line())
        client.send(b"OP injected\r\n")
        raise Ended("the handshake passed with foreign bytes before it")
    aborted(place, client, "plaintext_after_starttls", "client")
    assert b"injected" not in all_seen(place)


def test_c4_late_plaintext(place):
    client = place.arrive()
    assert client.command(b"STARTTLS")[1].startswith(b"OK ")
    client.send(b"b NOOP injected\r\n")
    aborted(place, client, "plaintext_after_starttls", "client")
    assert b"injected" not in all_seen(place)


@pytest.mark.parametrize("command", [b"LOGIN alice secret", b"AUTHENTICATE PLAIN AGEAYg==", b"SELECT x"])
def test_f1_fixation(place, certs, command):
    client = place.arrive()
    answer = client.command(command)[1]
    if place.client == "required":
        assert answer.startswith(b"NO [PRIVACYREQUIRED]")
        client.upgrade(certs.client_context())
        works(place, client, place.fake)
        assert command.split()[0] == b"LOGIN" or command not in all_seen(place)
        return
    # It has crossed, so it can't be undone: no TLS in our name afterwards.
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


@pytest.mark.parametrize("line", [b"a NOOP\nb STARTTLS\r\n", b"a STARTTLS\n", b"a STARTTLS\0\r\n", b'a ID ("n {12}\r\n',
                                  b"a NOOP " + b"x" * 20000 + b"\r\n"])  # fmt: skip
def test_f3_framing(place, line):
    client = place.arrive()
    client.send(line)
    rest = aborted(place, client, "protocol_error" if place.client != "required" else ("protocol_error", "tls_required"),
                   "client")  # fmt: skip
    assert b" OK" not in rest
    assert rest == b"" or rest.startswith(b"* BYE "), rest


@pytest.mark.parametrize("line", [b"a STARTTLS x", b"a  STARTTLS", b" a STARTTLS", b"a STARTTLS ", b"a\tSTARTTLS"])
def test_f3_nothing_is_normalised(place, certs, line):
    client = place.arrive()
    client.send(line + b"\r\n")
    assert b" BAD " in client.line()
    client.upgrade(certs.client_context())
    works(place, client, place.fake)


def test_f4_starttls_inside_tls(place, certs):
    client = place.arrive()
    client.upgrade(certs.client_context())
    assert client.command(b"STARTTLS")[1].startswith(b"BAD ")
    works(place, client, place.fake)


# -- the server's leg


def refused(place, client, ends):
    """The client hears of it in our words, and nothing of what was injected."""
    rest = aborted(place, client, ends, "server")
    assert client.greeting.startswith(b"* BYE [UNAVAILABLE] "), client.greeting
    assert rest == b"" and b"injected" not in client.greeting
    assert len(place.upstream.connections) == 1, "no second try in plaintext"


def saying(data, certs):
    """A STARTTLS that is answered with these bytes, and then done."""

    def starttls(channel, command):
        channel.send(data.replace(b"$TAG", command.tag))
        channel.start_tls(certs.server_context(), server=True)
        return True

    return {b"STARTTLS": starttls}


@pytest.mark.parametrize(
    "tail", [b"* CAPABILITY injected\r\nB OK\r\n", b"a1 OK injected\r\n", b"* CAP", b"\n", b"\x16\x03\x03\x00\x04injected"]
)
def test_r1_and_r2_bytes_after_the_go_ahead(upgrading, certs, tail):
    fake = Server(tls=certs.server_context(), on=saying(b"$TAG OK\r\n" + tail, certs))
    client = upgrading.serve(fake).arrive()
    refused(upgrading, client, ("plaintext_after_starttls", "handshake_failed"))
    assert upgrading.upstream.finished().inside == b""


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
    works(upgrading, client, fake)
    assert upgrading.upstream.finished().inside != b""


OFFER = b"* CAPABILITY STARTTLS\r\nstarlock1 OK injected\r\n"


@pytest.mark.parametrize(
    "data,after",
    [(BANNER + OFFER + b"starlock2 OK begin\r\n", 0), (BANNER + OFFER, 0), (BANNER + b"*", 0), (OFFER + b"starlock2 OK\r\n", 1)],
)
def test_r3_answers_before_the_question(upgrading, data, after):
    def behaviour(channel):
        if after:
            channel.send(BANNER)
            channel.line()
        channel.send(data)
        channel.rest()

    client = upgrading.serve(behaviour).arrive()
    refused(upgrading, client, ("protocol_error", "plaintext_after_starttls"))
    assert b"STARTTLS" not in all_seen(upgrading)


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
