"""Attacks that only FTP has: the window, CCC, stripping of PBSZ and PROT, data: W, F1, F4, S1, T1, T2, X1, X3."""

import contextlib
import socket
import ssl

import pytest
from common import aborted, all_seen, control

from pysupport.channel import Channel, End, Ended, connect
from pysupport.ftp import FILE, Client, Server
from pysupport.proxy import Proxy
from pysupport.rig import Rig, certificates
from pysupport.timing import Deadline
from pysupport.upstream import Upstream

PAIRS = [("ftp", c, s) for c in ("off", "opportunistic", "required") for s in ("off", "opportunistic", "required")]
UPGRADING = [pair for pair in PAIRS if pair[1] != "off" and pair[2] != "opportunistic"]
BEHIND = [pair for pair in PAIRS if pair[1] != "opportunistic" and pair[2] != "off"]


@pytest.fixture(scope="module")
def rig(certs, folder):
    rig = Rig(certs, folder, PAIRS)
    yield rig
    rig.close()


def place_of(rig, pair, **options):
    return rig.at(*pair).serve_fake(**options)


# -- the server role, facing the client


def test_f1_session_fixation(rig):
    place = place_of(rig, ("ftp", "opportunistic", "off"))
    client = place.arrive()
    client.command(b"USER fixed")
    assert client.command(b"AUTH TLS").startswith(b"503 ")
    assert b"AUTH" not in client.command(b"FEAT")
    client.quit()
    place = place_of(rig, ("ftp", "required", "off"))
    client = place.arrive()
    assert client.command(b"USER fixed").startswith(b"530 ")
    assert client.command(b"CWD fixed").startswith(b"530 ")
    client.upgrade(rig.certs.client_context())
    assert client.command(b"NOOP").startswith(b"200 ")
    client.quit()
    assert b"fixed" not in all_seen(place)


HARMLESS = [b"FEAT", b"SYST", b"NOOP", b"HELP", b"noop"]


@pytest.mark.parametrize("server", ["off", "required"])
def test_w_the_window_stays_open(rig, certs, server):
    """The control: after these forms AUTH is granted."""
    place = place_of(rig, ("ftp", "opportunistic", server))
    client = place.arrive()
    for line in HARMLESS:
        client.command(line)
    client.upgrade(certs.client_context())
    assert client.command(b"NOOP").startswith(b"200 ")
    control(place, client)


NOT_HARMLESS = {
    "w2-split": b"NOOP" + b" " * 506 + b"USER m",
    "long": b"NOOP" + b" " * 250,
    "w3-abor": b"ABOR",
    "argument": b"NOOP x",
    "blank": b"HELP ",
    "tab": b"NOOP \tx",
    "8-bit": b"NOOP \xe9",
    "del": b"NOOP \x7f",
    "iac": b"\xff\xf4\xff\xf2SYST",
    "opts": b"OPTS UTF8 ON",
    "clnt": b"CLNT x",
    "lang": b"LANG",
    "stat": b"STAT",
    "unknown": b"XYZZY",
    "feat-argument": b"FEAT x",
}


@pytest.mark.parametrize("server", ["off", "required"])
@pytest.mark.parametrize("line", NOT_HARMLESS.values(), ids=NOT_HARMLESS)
def test_w_the_window_closes(rig, line, server):
    """The line crosses as it came (without Telnet's signals), and AUTH never does."""
    place = place_of(rig, ("ftp", "opportunistic", server))
    client = place.arrive()
    client.command(line)
    assert client.command(b"AUTH TLS").startswith(b"503 ")
    assert not any(word in client.command(b"FEAT") for word in (b"AUTH", b"PBSZ", b"PROT"))
    client.quit()
    seen = all_seen(place)
    assert line.lstrip(b"\xff\xf4\xf2") + b"\r\n" in seen
    assert seen.count(b"AUTH") == (1 if server == "required" else 0)


@pytest.mark.parametrize("more", [b"200 again\r\n", b"230 in\r\n", b"230-in\r\n", b"2"], ids=range(4))
def test_w3_an_answer_to_no_question(rig, more):
    """AUTH in the same segment as the question: it waits for the answer, and is refused because there are two."""
    place = place_of(rig, ("ftp", "opportunistic", "off"), on={b"NOOP": b"200 fine\r\n" + more})
    client = place.arrive()
    client.send(b"NOOP\r\nAUTH TLS\r\n")
    assert client.reply() == b"200 fine\r\n"
    got = client.reply()
    while not got.startswith(b"503 "):
        assert got in more
        got = client.reply()
    client.close()
    assert b"AUTH" not in all_seen(place)


@pytest.mark.parametrize("more", [b"200 again\r\n", b"230-in"], ids=range(2))
def test_w_the_server_speaks_first_inside_tls(rig, certs, more):
    """A byte of the server before anything crossed from inside TLS ends the session, and does not arrive."""
    asked = []
    place = place_of(rig, ("ftp", "opportunistic", "off"), on={b"NOOP": lambda c, _: asked.append(c) or c.send(b"200 fine\r\n")})
    client = place.arrive()
    client.command(b"NOOP")
    client.upgrade(certs.client_context())
    client.protect(certs.client_context())
    asked[0].send(more)
    assert client.rest().startswith(b"421 ")
    assert more not in bytes(client.inside)
    aborted(place, client, "protocol_error", "server")


def test_w_a_goodbye_inside_tls(rig, certs):
    asked = []
    place = place_of(rig, ("ftp", "opportunistic", "off"), on={b"NOOP": lambda c, _: asked.append(c) or c.send(b"200 fine\r\n")})
    client = place.arrive()
    client.command(b"NOOP")
    client.upgrade(certs.client_context())
    asked[0].send(b"421 you slept\r\n")
    assert client.reply() == b"421 you slept\r\n"
    client.close()


@pytest.mark.parametrize("server", ["off", "required"])
def test_off_means_off(rig, certs, server):
    """Also in front of a server that offers all of it: from the first command to the last."""
    place = place_of(rig, ("ftp", "off", server), capabilities=(b"UTF8", b"AUTH TLS", b"PBSZ", b"PROT", b"CCC"))
    client = place.arrive()
    for _ in range(2):
        assert client.features() == [b"UTF8"]
        for line, code in ((b"AUTH TLS", b"502"), (b"auth ssl", b"502"), (b"PBSZ 0", b"502"), (b"PROT P", b"502"), (b"CCC", b"534")):
            assert client.command(line)[:3] == code, line
        client.login()
    assert client.get() == (FILE, b"226 all done\r\n")
    client.quit()
    ours = b"AUTH TLS\r\nPBSZ 0\r\nPROT P\r\n" if server == "required" else b""
    seen = all_seen(place)
    assert seen.startswith(ours)
    assert not any(word in seen[len(ours) :] for word in (b"AUTH", b"PBSZ", b"PROT", b"CCC"))


def test_f4_twice_and_t1_ccc(rig, certs):
    place = place_of(rig, ("ftp", "required", "required"))
    client = place.arrive()
    client.upgrade(certs.client_context())
    assert client.command(b"AUTH TLS").startswith(b"503 ")
    assert client.command(b"CCC").startswith(b"534 ")
    assert client.command(b"REIN").startswith(b"502 ")
    assert client.command(b"AUTH SSL").startswith(b"503 ")
    control(place, client)
    assert b"CCC" not in all_seen(place)


# -- the client role, facing the server


@pytest.mark.parametrize("answer", [b"500 what?\r\n", b"234-x\r\n", b"431 no\r\n", b"334 x\r\n", b"200 ok\r\n"])
@pytest.mark.parametrize("client", ["off", "required"])
def test_s1_stripping(rig, client, answer):
    place = place_of(rig, ("ftp", client, "required"), on={b"AUTH": answer})
    if answer == b"234-x\r\n":
        answer = b"234-x\r\n235 y\r\n"  # a reply that never ends
        place = place_of(rig, ("ftp", client, "required"), on={b"AUTH": lambda c, _: c.send(answer) or c.half_close() or False})
    session = place.arrive()
    assert session.greeting.startswith(b"421 ")
    session.rest()
    session.close()
    assert place.record(session)["blame"] == "server"
    assert all_seen(place) == b"AUTH TLS\r\n"


@pytest.mark.parametrize("verb", [b"PBSZ", b"PROT"])
def test_s1_no_data_in_the_clear(rig, verb):
    place = place_of(rig, ("ftp", "off", "required"), on={verb: b"536 no\r\n"})
    session = place.arrive()
    assert session.greeting.startswith(b"421 ")
    aborted(place, session, "starttls_refused", "server")


# -- X1: data connections


def test_x1_port_names_a_third_host(rig):
    place = place_of(rig, ("ftp", "off", "off"))
    client = place.arrive()
    client.login()
    with socket.create_server(("127.0.0.2", 0)) as victim:
        port = victim.getsockname()[1]
        assert client.command(b"PORT 127,0,0,2,%d,%d" % (port >> 8, port & 255)).startswith(b"504 ")
        assert client.command(b"EPRT |1|127.0.0.2|%d|" % port).startswith(b"504 ")
        assert client.command(b"RETR file").startswith(b"425 ")
        victim.settimeout(0.2)
        with pytest.raises(TimeoutError):
            victim.accept()
    assert client.command(b"PORT 127,0,0,1,0,25").startswith(b"504 ")
    assert client.get(b"PORT") == (FILE, b"226 all done\r\n")
    client.quit()
    assert b"PORT" not in all_seen(place) and b"EPRT" not in all_seen(place)


def turned_away(port, source):
    """Whether a connection from this address is reset: after connect() has returned, or by connect() itself."""
    try:
        stranger = connect(port, source=source)
    except ConnectionResetError:
        return True
    stranger.rest()
    stranger.close()
    return stranger.end is End.RESET


def test_x1_another_peer_connects(rig):
    """A connection from another address is reset, and the client is still accepted."""
    place = place_of(rig, ("ftp", "off", "off"))
    client = place.arrive()
    client.login()
    port = int(client.command(b"EPSV").split(b"|||")[1].split(b"|")[0])
    assert turned_away(port, source="127.0.0.3")
    data = connect(port)
    assert client.command(b"RETR file").startswith(b"150 ")
    assert data.rest() == FILE and data.end is End.FIN
    data.close()
    assert client.reply() == b"226 all done\r\n"
    with pytest.raises(ConnectionRefusedError):
        connect(port)
    client.quit()


def test_x1_an_address_that_lies(rig):
    """The address in PASV's reply is ignored: data comes from the host of the control connection."""
    place = place_of(rig, ("ftp", "off", "off"), epsv=False)
    client = place.arrive()
    control(place, client)


LIKE_PORT = [b"P\xff\xf4ORT 127,0,0,2,9,9", b"LPRT 4,4,127,0,0,2,2,9,9", b"PORT\t127,0,0,2,9,9", b"P@SW"]


@pytest.mark.parametrize("line", LIKE_PORT, ids=range(4))
def test_x1_what_some_server_takes_for_port(rig, line):
    place = place_of(rig, ("ftp", "off", "off"))
    client = place.arrive()
    assert client.command(line)[:3] in (b"500", b"502", b"504")
    client.quit()
    assert all_seen(place) == b"QUIT\r\n"


@pytest.mark.parametrize("line", [b"CPSV", b"XPSV", b"SPSV", b"LPSV"])
def test_x3_verbs_that_open_a_port(rig, line):
    place = place_of(rig, ("ftp", "off", "off"))
    client = place.arrive()
    assert client.command(line).startswith(b"502 ")
    client.quit()
    assert all_seen(place) == b"QUIT\r\n"


REPLIES = [b"227 Entering (10,9,8,7,19,137)\r\n", b"228 (4,4,10,9,8,7,2,19,137)\r\n", b"229-x 10,9,8,7\r\n229 (|||5001|)\r\n"]


@pytest.mark.parametrize("client", ["off", "opportunistic"])
@pytest.mark.parametrize("reply", REPLIES, ids=["227", "228", "229"])
@pytest.mark.parametrize("line", [b"XOPEN", b"NOOP", b"STAT"])
def test_x3_an_address_that_nobody_asked_for(rig, client, line, reply):
    place = place_of(rig, ("ftp", client, "off"), on={line: reply})
    session = place.arrive()
    assert session.command(line) == b"502 Command not implemented\r\n"
    assert session.command(b"SYST").startswith(b"500 ")
    assert session.command(b"AUTH TLS")[:3] == (b"502" if client == "off" else b"503")
    session.quit()
    assert b"10,9,8,7" not in session.plain and b"5001" not in session.plain


def test_x3_epsv_all(rig):
    place = place_of(rig, ("ftp", "off", "off"))
    client = place.arrive()
    assert client.command(b"EPSV ALL").startswith(b"200 ")
    for line in (b"PASV", b"PORT 127,0,0,1,100,1", b"EPRT |1|127.0.0.1|25601|", b"LPSV"):
        assert client.command(line).startswith(b"50"), line
    client.login()
    assert client.get() == (FILE, b"226 all done\r\n")
    client.quit()


def test_x1_protection_is_demanded(rig, certs):
    place = place_of(rig, ("ftp", "required", "off"))
    client = place.arrive()
    client.upgrade(certs.client_context())
    client.login()
    assert client.command(b"RETR file").startswith(b"521 ")
    client.protect(certs.client_context())
    data = client.open_data()
    assert client.command(b"RETR file").startswith(b"150 ")
    data = data()
    data.send(b"this is no ClientHello\r\n")
    assert FILE[:100] not in data.rest()
    assert data.end is not End.CLOSE_NOTIFY
    assert client.reply()[:3] in (b"426", b"226")
    client.close()


# -- X2: data taken by a stranger behind the client's address


def protected(rig, certs, pair=("ftp", "required", "off")):
    """A place, and a client that is logged in under PROT P."""
    place = place_of(rig, pair)
    client = place.arrive()
    client.upgrade(certs.client_context())
    client.protect(certs.client_context())
    client.login()
    return place, client


def refused(data, context, session=None):
    """Whether the data connection gives this peer nothing."""
    with contextlib.suppress(OSError, Ended):
        data.start_tls(context, "localhost", session)
    got = data.rest()
    data.close()
    return got == b"" and data.end is not End.CLOSE_NOTIFY


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["1.2", "1.3"])
@pytest.mark.parametrize("server", ["off", "required"])
def test_x2_the_right_peer_is_awaited(rig, certs, server, version):
    """Strangers at the client's own address: silent, plaintext, a new session, another client's session."""
    context = certs.client_context()
    context.maximum_version = context.minimum_version = version
    place = place_of(rig, ("ftp", "required", server))
    other, client = place.arrive(), place.arrive()
    for each in (other, client):
        each.upgrade(context)
        each.protect(context)
        each.login()
    for when in ("before", "after"):
        port = int(client.command(b"EPSV").split(b"|||")[1].split(b"|")[0])
        early = [connect(port) for _ in range(3)] if when == "before" else []
        assert client.command(b"RETR file").startswith(b"150 ")
        silent, rude, fresh = early or [connect(port) for _ in range(3)]
        rude.send(b"this is no ClientHello\r\n")
        assert rude.rest() == b"" or rude.plain[:1] == b"\x15"
        assert refused(fresh, certs.client_context())
        assert refused(connect(port), context, other.tls.session)
        data = connect(port)
        client.secure(data)
        assert data.rest() == FILE and data.end is End.CLOSE_NOTIFY
        data.close()
        assert client.reply() == b"226 all done\r\n"
        assert silent.rest() == b""
        for channel in (silent, rude):
            channel.close()
    assert other.get() == (FILE, b"226 all done\r\n")
    for each in (other, client):
        each.quit()


def test_x2_a_session_from_before(rig, certs):
    """Not even the client's own session of an earlier control connection."""
    context = certs.client_context()
    place = place_of(rig, ("ftp", "required", "off"))
    earlier = place.arrive()
    earlier.upgrade(context)
    earlier.protect(context)
    earlier.login()
    session = earlier.tls.session
    earlier.quit()
    client = place.arrive()
    client.upgrade(context, session=session)
    client.protect(context)
    client.login()
    data = client.open_data()()
    assert client.command(b"RETR file").startswith(b"150 ")
    assert refused(data, context, session)
    client.close()


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["1.2", "1.3"])
@pytest.mark.parametrize("tickets", [True, False], ids=["tickets", "ids"])
def test_x2_a_stranger_that_comes_again(rig, certs, version, tickets):
    """What a stranger's own handshake gave it does not make it the client."""

    def context():
        made = certs.client_context()
        made.maximum_version = made.minimum_version = version
        made.options |= 0 if tickets else ssl.OP_NO_TICKET
        return made

    place = place_of(rig, ("ftp", "required", "off"))
    client = place.arrive()
    client.upgrade(context())
    client.protect(None)
    client.login()
    port = int(client.command(b"EPSV").split(b"|||")[1].split(b"|")[0])
    assert client.command(b"RETR file").startswith(b"150 ")
    theirs, session = context(), None
    for _ in range(3):
        stranger = connect(port)
        assert refused(stranger, theirs, session)
        session = stranger.tls.session if stranger.tls else session
    data = connect(port)
    client.secure(data)
    assert data.rest() == FILE
    data.close()
    assert client.reply() == b"226 all done\r\n"
    for _ in range(3):
        assert client.get() == (FILE, b"226 all done\r\n")
    client.quit()


def test_x2_a_stranger_stores_nothing(rig, certs):
    place, client = protected(rig, certs)
    port = int(client.command(b"EPSV").split(b"|||")[1].split(b"|")[0])
    assert client.command(b"STOR file").startswith(b"150 ")
    stranger = connect(port)
    with contextlib.suppress(OSError, Ended):
        stranger.start_tls(certs.client_context(), "localhost")
        stranger.send(b"forged")
    data = connect(port)
    client.secure(data)
    data.send(b"genuine")
    data.half_close()
    data.rest()
    assert client.reply() == b"226 all done\r\n"
    assert place.upstream.behaviour.stored == [b"genuine"]
    client.quit()


def test_x2_active(rig, certs):
    """With PORT we dial the client: it must resume as well."""
    place, client = protected(rig, certs)
    assert client.get(b"PORT") == (FILE, b"226 all done\r\n")
    data = client.open_data(b"EPRT")
    assert client.command(b"RETR file").startswith(b"150 ")
    assert refused(data(), certs.client_context())
    assert client.reply().startswith(b"426 ")
    client.quit()


def test_x2_any(certs, folder):
    """data_session: any. A client that does not resume is served, and so is one that does."""
    upstream = Upstream(Server())
    listener = {
        "name": "ftp", "listen": "127.0.0.1:0", "protocol": "ftp", "ftp": {"data_session": "any"},
        "client": {"tls": "required", "certificates": ["ecdsa"]}, "server": {"address": upstream.address, "tls": "off"},
    }  # fmt: skip
    with Proxy({"certificates": certificates(certs), "listeners": [listener]}, folder) as proxy:
        for resumes in (True, False):
            client = Client(proxy.port("ftp"))
            client.resumes = resumes
            client.arrive()
            client.upgrade(certs.client_context())
            client.protect(certs.client_context())
            client.login()
            for how in (b"EPSV", b"PORT"):
                assert client.get(how) == (FILE, b"226 all done\r\n")
            client.quit()
    upstream.close()


# -- T2: truncated data connections

HALF = FILE[: len(FILE) // 2]


def cut_short(channel, _verb, data):
    data.send(HALF)
    data.half_close(notify=False)
    data.rest()


def reset(channel, _verb, data):
    data.send(HALF)
    channel.data_over = data
    data.reset()


@pytest.mark.parametrize("client", ["off", "required"])
@pytest.mark.parametrize("server", ["off", "required"])
@pytest.mark.parametrize("how", [cut_short, reset], ids=["fin", "reset"])
def test_t2_a_download(rig, certs, client, server, how):
    if server == "off" and how is cut_short:
        how = reset  # in plain FTP, FIN is the only end of a file
    place = place_of(rig, ("ftp", client, server), data=how)
    session = place.arrive()
    if client == "required":
        session.upgrade(certs.client_context())
        session.protect(certs.client_context())
    session.login()
    got, reply = session.get()
    assert HALF.startswith(got)
    if how is cut_short:
        assert got == HALF, "authenticated data arrives"
    assert session.data_end is (End.TRUNCATED if client == "required" else End.RESET)
    assert reply[:3] in (b"426", b"226")
    session.quit()


@pytest.mark.parametrize("server", ["off", "required"])
def test_t2_an_upload(rig, certs, server):
    ends = []

    def keep(_channel, _verb, data):
        ends.append((data.rest(), data.end))

    place = place_of(rig, ("ftp", "required", server), data=keep)
    session = place.arrive()
    session.upgrade(certs.client_context())
    session.protect(certs.client_context())
    session.login()
    data = session.begin(b"STOR file")
    data.send(HALF)
    data.half_close(notify=False)
    data.rest()
    data.close()
    assert session.reply()[:3] == b"426"
    session.quit()
    assert ends == [(HALF, End.TRUNCATED if server == "required" else End.RESET)]


def test_t2_control(rig, certs):
    for client in ("off", "required"):
        place = place_of(rig, ("ftp", client, "required"))
        session = place.arrive()
        if client == "required":
            session.upgrade(certs.client_context())
        control(place, session)


def test_a_reply_that_overtakes_its_data(rig):
    """The client gets the 226, and sends more commands, before it has read the data: all data is still delivered."""
    content = FILE * 20

    def hasty(_channel, _verb, data):
        data.send(content)
        data.half_close()

    place = place_of(rig, ("ftp", "off", "off"), data=hasty)
    session = place.arrive()
    session.login()
    data = session.begin(b"RETR file")
    first = data.exactly(1)
    assert session.reply() == b"226 all done\r\n"
    session.command(b"NOOP")
    assert session.get() == (content, b"226 all done\r\n")
    assert first + data.rest() == content and data.end is End.FIN
    data.close()
    session.quit()


def test_a_client_that_aborts(rig):
    def endless(_channel, _verb, data):
        with contextlib.suppress(OSError, Ended):
            while True:
                data.send(b"x" * 65536, Deadline().left())

    place = place_of(rig, ("ftp", "off", "required"), data=endless, on={b"ABOR": b"226 aborted\r\n"})
    session = place.arrive()
    session.login()
    data = session.begin(b"RETR file")
    data.exactly(1000)
    session.sock.send(b"\xff\xf4\xff\xf2ABOR\r\n", socket.MSG_OOB)
    data.reset()
    assert session.reply()[:3] in (b"226", b"426")
    assert session.reply() == b"226 aborted\r\n"
    assert session.quit().startswith(b"221 ")
    assert isinstance(session, Channel)


@pytest.mark.parametrize("server", ["off", "required"])
@pytest.mark.parametrize("command", [b"PASV", b"EPSV"])
def test_x1_a_client_that_ends_does_not_see_the_upstreams_port(rig, command, server):
    """The reply to a client that has half-closed is rewritten like any other. (The proxy always asks for EPSV.)"""

    def listens(channel, _):
        channel.pause(0.15)
        channel.send(b"229 Entering (|||1800|)\r\n")

    place = place_of(rig, ("ftp", "off", server), on={b"EPSV": listens})
    client = place.arrive()
    client.send(command + b"\r\n")
    client.half_close()
    got = client.rest()
    client.close()
    assert b"1800" not in got and got[:4] in (b"", b"227 ", b"229 ", b"425 "), got
    place.upstream.finished()
    place.record(client)
