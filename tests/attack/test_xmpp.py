"""What is sent around XMPP's STARTTLS, in both roles: C1 to C4, F1 to F4, R1 to R4, S1, S2, A2, each with a control."""

import ssl

import pytest

from pysupport.channel import Ended
from pysupport.rig import Rig
from pysupport.xmpp import (
    AUTH, COMPRESS, END, FAILURE, PROCEED, STANZA, STARTTLS, SUCCESS, Server, header,
)  # fmt: skip

FACING = [(p, c, s) for p in ("xmpp", "xmpp-server") for c in ("opportunistic", "required") for s in ("off", "required")]
ASKING = [(p, c, s) for p in ("xmpp", "xmpp-server") for c in ("off", "required") for s in ("opportunistic", "required")]
ONLY = [("xmpp", "implicit", "off"), ("xmpp", "off", "off")]


@pytest.fixture(scope="module")
def rig(certs, folder):
    rig = Rig(certs, folder, sorted({*FACING, *ASKING, *ONLY}))
    yield rig
    rig.close()


def serve(rig, at, **options):
    place = rig.at(*at)
    options.setdefault("tls", None if place.server == "off" else rig.certs.server_context())
    place.fake = Server(protocol=place.protocol, **options)
    return place.serve(place.fake)


@pytest.fixture(params=FACING, ids="-".join)
def place(rig, request):
    return serve(rig, request.param)


@pytest.fixture(params=ASKING, ids="-".join)
def asking(request):
    return request.param


def offered(place):
    client = place.arrive()
    assert b"<starttls" in client.open()[1]
    return client


def aborted(place, client, end, blame):
    """The session is over for the client, and the record says why. Returns what the client still got."""
    rest = client.rest()
    client.close()
    record = place.record(client)
    assert record["end"] in (end if isinstance(end, tuple) else (end,)) and record["blame"] == blame, record
    return rest


def all_seen(place):
    """Every byte that reached the upstream, on all connections, once they are over."""
    seen = [place.upstream.finished(index) for index in range(len(place.upstream.connections))]
    return b"".join(bytes(channel.plain + channel.inside) for channel in seen)


def control(place, client):
    """From here on the session is as any other."""
    assert b"<mechanisms" in client.open()[1]
    assert client.ask(AUTH) == SUCCESS
    client.open()
    client.ask(STANZA, b"</message>")
    assert place.fake.stanzas[-1] == STANZA
    assert client.quit() == END
    record = place.record(client)
    assert (record["end"], record["blame"]) == ("closed", "none")


def only_the_go_ahead(got):
    assert got.startswith(PROCEED), got
    rest = got[len(PROCEED) :]
    assert rest == b"" or rest[:1] == b"\x15", got


INJECTED = {
    "auth": lambda place: AUTH.replace(b"AGEAYg==", b"injected"),
    "stream": lambda place: header(place.protocol, to=b"injected", version=b"1.0"),
    "stanza": lambda place: b"<iq type='get' id='injected'/>",
    "text": lambda place: b"injected",
    "space": lambda place: b" ",
}


@pytest.mark.parametrize("what", INJECTED)
def test_c1_in_the_same_segment(place, what):
    client = offered(place)
    client.send(STARTTLS + INJECTED[what](place))
    only_the_go_ahead(aborted(place, client, "plaintext_after_starttls", "client"))
    assert b"injected" not in all_seen(place)


def test_c1_and_then_a_handshake(place, certs):
    client = offered(place)
    with pytest.raises((ssl.SSLError, Ended)):
        prefix = STARTTLS + INJECTED["auth"](place)
        client.start_tls(certs.client_context(), "localhost", prefix=prefix, go_ahead=lambda c: c.until(b">"))
    aborted(place, client, "plaintext_after_starttls", "client")
    assert b"injected" not in all_seen(place)


def test_c1_control(place, certs):
    client = offered(place)
    client.upgrade(certs.client_context())
    control(place, client)


def test_c3_a_coalesced_client_hello_is_legitimate(place, certs):
    client = offered(place)
    client.upgrade(certs.client_context(), coalesced=True)
    control(place, client)


def test_c4_plaintext_after_the_go_ahead(place):
    client = offered(place)
    assert client.ask(STARTTLS) == PROCEED
    client.send(INJECTED["stanza"](place))
    rest = aborted(place, client, "plaintext_after_starttls", "client")
    assert rest == b"" or rest[:1] == b"\x15", rest
    assert b"injected" not in all_seen(place)


@pytest.mark.parametrize("client", ["off", "required"])
def test_starttls_behind_a_stanza(rig, certs, client):
    """A stanza before the login does not end what keeps a second STARTTLS from a server in plaintext."""
    place = serve(rig, ("xmpp", client, "off"))
    session = place.arrive()
    session.open()
    if client == "required":
        session.upgrade(certs.client_context())
        session.open()
    assert session.ask(b"<iq type='get' id='first'/>") == b"<iq type='error' />"
    assert b"tls" in session.ask(STARTTLS, b"</stream:stream>")
    assert b"first" in all_seen(place) and b"starttls" not in all_seen(place)


@pytest.mark.parametrize("server", ["off", "required"])
def test_f1_required_lets_nothing_cross(rig, certs, server):
    place = serve(rig, ("xmpp", "required", server))
    client = offered(place)
    assert b"<encryption-required/>" in client.ask(AUTH.replace(b"AGEAYg==", b"early"), b"</failure>")
    assert b"<setup-failed/>" in client.ask(COMPRESS, b"</failure>"), "S2"
    client.upgrade(certs.client_context())
    control(place, client)
    seen = all_seen(place)
    assert b"early" not in seen and b"compress" not in seen


@pytest.mark.parametrize("server", ["off", "required"])
def test_f1_after_auth_the_window_is_closed(rig, server):
    refusal = b"<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>"

    def auth(channel, _):
        channel.until(b"</auth>")
        channel.send(refusal)
        return True

    place = serve(rig, ("xmpp", "opportunistic", server), on={b"<auth": auth})
    client = offered(place)
    assert client.ask(AUTH, b"</failure>") == refusal
    client.send(STARTTLS)
    rest = client.rest()
    assert b"<failure" in rest and rest.endswith(END) and b"<proceed" not in rest
    client.close()
    place.record(client)
    assert (STARTTLS in all_seen(place)) == (server == "required"), "there it is the upstream's to refuse, or ours it was"


def test_f2_the_word_in_data_is_data(rig, certs):
    place = serve(rig, ("xmpp", "opportunistic", "off"))
    client = offered(place)
    assert client.ask(AUTH.replace(b"AGEAYg==", STARTTLS)) == SUCCESS
    control(place, client)


MALFORMED = {
    "comment": b"<!-- injected -->",
    "instruction": b"<?injected x?>",
    "entity": b"<a>&injected;</a>",
    "doctype": b"<!DOCTYPE injected>",
    "endless": b"<a injected='" + b"x" * 20000,
    "text": b"injected" + STARTTLS,
}


@pytest.mark.parametrize("mode", ["opportunistic", "required"])
@pytest.mark.parametrize("name", MALFORMED)
def test_f3_what_no_stream_may_hold(rig, mode, name):
    place = serve(rig, ("xmpp", mode, "off"))
    client = offered(place)
    client.send(MALFORMED[name])
    rest = aborted(place, client, "protocol_error", "client")
    assert rest.startswith(b"<stream:error ") and rest.endswith(END)
    assert b"injected" not in all_seen(place)


def test_f3_a_doctype_instead_of_a_stream(rig):
    place = serve(rig, ("xmpp", "required", "off"))
    client = place.arrive()
    client.send(b"<!DOCTYPE a [<!ENTITY b 'bbbb'><!ENTITY c '&b;&b;'>]><a>&c;</a>")
    rest = aborted(place, client, "protocol_error", "client")
    assert b"<restricted-xml " in rest and not place.upstream.connections


@pytest.mark.parametrize("offer", [False, True])
@pytest.mark.parametrize("mode", ["implicit", "required", "opportunistic"])
def test_f4_p1_starttls_inside_tls(rig, certs, mode, offer):
    place = serve(rig, ("xmpp", mode, "off"), offer=offer)
    client = place.arrive()
    if mode != "implicit":
        client.open()
        client.upgrade(certs.client_context())
    assert b"<starttls" not in client.open()[1]
    client.send(STARTTLS)
    assert client.rest() == FAILURE + END
    client.close()
    place.record(client)
    assert STARTTLS not in all_seen(place)


def test_a2_tls_at_once_on_a_starttls_port(rig):
    place = serve(rig, ("xmpp", "required", "off"))
    client = place.arrive()
    client.send(b"\x16\x03\x01\x00\xc8\x01\x00\x00\xc4\x03\x03" + bytes(range(194)))
    rest = aborted(place, client, "protocol_error", "client")
    assert b"\x16\x03" not in rest[:2] and rest.endswith(END)
    assert not place.upstream.connections


# ---- the client role


def refused(place, client, ends):
    """The client hears of a failure in our words, nothing of what was injected, and there is no second try."""
    got, rest = client.open()
    assert b"<remote-connection-failed " in rest and rest.endswith(END), (got, rest)
    assert b"injected" not in got + rest
    client.close()
    record = place.record(client)
    assert record["end"] in ends and record["blame"] == "server", record
    assert len(place.upstream.connections) == 1


TAILS = {
    "r1-features": PROCEED + b"<stream:features><injected/></stream:features>",
    "r1-stream": PROCEED + b"<stream:stream injected='1'>",
    "r1-space": PROCEED + b"\n",
    "r1-looks-like-tls": PROCEED + b"\x16\x03\x03\x00\x04injected",
    "r2-unterminated": PROCEED + b"<stream:feat",
}


@pytest.mark.parametrize("name", TAILS)
def test_r1_r2_bytes_after_the_go_ahead(rig, certs, asking, name):
    def starttls(channel, _):
        channel.send(TAILS[name])
        channel.start_tls(certs.server_context(), server=True)
        return True

    place = serve(rig, asking, on={Server.STARTTLS: starttls})
    refused(place, place.arrive(), ("plaintext_after_starttls", "handshake_failed"))
    assert place.upstream.finished().inside == b"", "no TLS was spoken over it"


def test_r1_control(rig, certs, asking):
    place = serve(rig, asking)
    client = place.arrive()
    if place.client == "required":
        client.open()
        client.upgrade(certs.client_context())
    control(place, client)
    assert place.upstream.finished().inside != b""


OTHERS = {
    "space-before": b" " + PROCEED,
    "features": b"<stream:features><injected/></stream:features>",
    "success": SUCCESS,
    "another-namespace": b"<proceed xmlns='injected'/>",
    "message": b"<message><body>injected</body></message>" + PROCEED,
}


@pytest.mark.parametrize("name", OTHERS)
def test_r4_something_else_than_the_go_ahead(rig, asking, name):
    def starttls(channel, _):
        channel.send(OTHERS[name])
        channel.rest()
        return False

    place = serve(rig, asking, on={Server.STARTTLS: starttls})
    refused(place, place.arrive(), ("protocol_error", "plaintext_after_starttls"))


PREMATURE = {
    "header-features-proceed": b"<stream:features>" + STARTTLS + b"</stream:features>" + PROCEED,
    "space": b"<stream:features>" + STARTTLS + b"</stream:features> ",
    "a-piece": b"<stream:features>" + STARTTLS + b"</stream:features><",
}


@pytest.mark.parametrize("name", PREMATURE)
def test_r3_answers_before_the_question(rig, asking, name):
    def behaviour(channel):
        channel.until(b"<stream:stream")
        channel.until(b">")
        channel.send(header(asking[0], id=b"1", version=b"1.0") + PREMATURE[name])
        channel.rest()

    place = serve(rig, asking)
    place.serve(behaviour)
    refused(place, place.arrive(), ("protocol_error",))
    assert STARTTLS not in all_seen(place)


def test_s1_an_offer_that_is_none(rig, asking):
    at = (asking[0], asking[1], "required")
    place = serve(rig, at, offer=False)
    refused(place, place.arrive(), ("starttls_not_offered",))
    place = serve(rig, at, on={Server.STARTTLS: FAILURE + b"<injected/>"})
    refused(place, place.arrive(), ("starttls_refused", "protocol_error"))


def test_a_refusal_is_no_reason_to_give_up_where_tls_is_not_required(rig):
    def starttls(channel, _):
        channel.send(FAILURE + END)
        channel.half_close()
        channel.rest()
        return False

    place = serve(rig, ("xmpp", "off", "opportunistic"), on={Server.STARTTLS: starttls})
    client = place.arrive()
    control(place, client)
    assert len(place.upstream.connections) == 2
    assert not place.upstream.finished(1).inside
