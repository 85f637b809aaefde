"""A client or a server half-closes while commands still wait to be checked: F4 for every protocol.

The client sends everything at once: a command that the upstream must answer, the upgrade, a third command, and its FIN.
"""

import pytest

from pysupport import ldap, mysql, postgres, xmpp
from pysupport.rig import MODES, Rig


class Words:
    """What a client of one protocol sends. The upstream answers `first`; `last` follows the upgrade."""

    def __init__(self, first, upgrade, last, login=None, answer=None):
        self.first, self.upgrade, self.last = first, upgrade, last
        # Like `first`, but it closes the upgrade window; and the upstream's reply to it.
        self.login, self.answer = login, answer


# The case of the letters differs from the proxy's own STARTTLS, so that the two can be told apart at the upstream.
EVERY = {
    "smtp": Words(b"NOOP one\r\n", b"sTaRtTlS\r\n", b"NOOP two\r\n", b"AUTH PLAIN AGEAYg==\r\n", b"535 5.7.8 no\r\n"),
    "lmtp": Words(b"NOOP one\r\n", b"sTaRtTlS\r\n", b"NOOP two\r\n", b"AUTH PLAIN AGEAYg==\r\n", b"535 5.7.8 no\r\n"),
    "imap": Words(b"a NOOP\r\n", b"b sTaRtTlS\r\n", b"c NOOP\r\n", b"a LOGIN x y\r\n", b"a NO no\r\n"),
    "pop3": Words(b"NOOP\r\n", b"sTlS\r\n", b"CAPA\r\n", b"AUTH PLAIN AGEAYg==\r\n", b"-ERR no\r\n"),
    "nntp": Words(b"MODE READER\r\n", b"sTaRtTlS\r\n", b"DATE\r\n", b"AUTHINFO USER x\r\n", b"481 no\r\n"),
    "ftp": Words(b"NOOP\r\n", b"aUtH TLS\r\n", b"OPTS x\r\n", b"USER x\r\n", b"530 no\r\n"),
    "irc": Words(b"CAP LIST\r\n", b"sTaRtTlS\r\n", b"PING two\r\n", b"NICK x\r\nCAP LIST\r\n"),
    "ldap": Words(ldap.root_dse(21), ldap.starttls(22), ldap.root_dse(23), ldap.bind(21)),
    "xmpp": Words(xmpp.header("xmpp", to=b"x", version=b"1.0"), xmpp.STARTTLS.replace(b"/>", b" />"), b" "),
    "xmpp-server": Words(
        xmpp.header("xmpp-server", to=b"x", version=b"1.0"), xmpp.STARTTLS.replace(b"/>", b" />"), b" "
    ),
    "acap": Words(b"a NOOP\r\n", b"b sTaRtTlS\r\n", b"c NOOP\r\n", b'a AUTHENTICATE "NONE"\r\n', b'a NO "no"\r\n'),
    "managesieve": Words(b"NOOP\r\n", b"sTaRtTlS\r\n", b"CAPABILITY\r\n", b'AUTHENTICATE "NONE"\r\n', b'NO "no"\r\n'),
    "postgres": Words(b"", postgres.SSL + postgres.SSL, postgres.startup()),
    "mysql": Words(b"", mysql.SSL_REQUEST, mysql.response(2, False)),
}
# If both legs have TLS and the client leg is settled, the proxy relays, and nothing is checked any more.
LEGS = [(c, s) for c in MODES for s in MODES if s in ("off", "opportunistic") or c in ("off", "opportunistic")]
# PostgreSQL's direct TLS has an ALPN name of its own, and nothing is checked inside it.
CASES = [(name, *legs) for name in EVERY for legs in LEGS if (name, legs[0]) != ("postgres", "implicit")]


@pytest.fixture(scope="module")
def rig(certs, folder):
    rig = Rig(certs, folder, CASES)
    yield rig
    rig.close()


class Session:
    def __init__(self, rig, case, login=False):
        name, client, server = case
        self.rig, self.words, self.place = rig, EVERY[name], rig.at(*case)
        self.first = self.words.login if login else self.words.first
        self.client_mode, self.server_mode = client, server
        self.answer = self.words.answer if login else None
        self.encrypted = server in ("required", "implicit")

    def serve(self, action):
        """Serves the fake. Before it answers `first`, action(channel) is called; if that returns False, there is no answer."""
        tls = self.rig.certs.server_context() if self.encrypted else None
        server = self.place.serve_fake(tls=tls).fake

        def behaviour(channel):
            send, state = channel.send, []

            def answer(data, timeout=None):
                said = channel.inside if self.encrypted else channel.plain
                if not state and self.first and self.first in said:
                    state.append(True)
                    if not action(channel):
                        return
                    data = self.answer or data
                send(data, timeout)

            channel.send = answer
            server(channel)

        self.place.serve(behaviour)

    def arrive(self):
        client = self.place.arrive()
        if self.client_mode == "required":
            if isinstance(client, xmpp.Client):
                client.open()
            if isinstance(client, mysql.Client):
                client.send(mysql.SSL_REQUEST)
                client.start_tls(self.rig.certs.client_context(), "localhost")
            else:
                client.upgrade(self.rig.certs.client_context())
        if self.place.protocol in ("smtp", "lmtp"):
            client.hello()
        return client

    def seen(self):
        """The bytes that reached the upstream, on all connections."""
        count = len(self.place.upstream.connections)
        channels = [self.place.upstream.finished(index) for index in range(count)]
        return b"".join(bytes(channel.inside if self.encrypted else channel.plain) for channel in channels)


def takes_its_time(channel):
    """Gives bytes that must not arrive the time to arrive."""
    channel.pause(0.15)
    return True


# Here a client can send nothing in plaintext except the upgrade itself or a login.
SPEAK_BEFORE = ("postgres", "mysql")


def every(*, login=False, but=()):
    cases = [case for case in CASES if case[0] not in but and (not login or EVERY[case[0]].login)]
    return pytest.mark.parametrize("case", cases, ids="-".join)


def play(session, client, *units):
    client.send(b"".join(units))
    client.half_close()
    got = client.rest()
    client.close()
    session.place.record(client)
    return got


@every()
def test_the_upgrade_and_then_the_end(rig, case):
    session = Session(rig, case)
    session.serve(takes_its_time)
    client = session.arrive()
    play(session, client, session.first, session.words.upgrade, session.words.last)
    seen = session.seen()
    assert session.words.upgrade not in seen
    if session.client_mode == "opportunistic" and case[0] != "ldap":
        assert not seen.endswith(session.words.last), "data behind the upgrade was for TLS only"
    elif case[0] not in SPEAK_BEFORE and not case[0].startswith("xmpp"):
        assert seen.endswith(session.first + session.words.last), "everything else arrives"


@every(login=True)
def test_too_late_for_the_upgrade_and_then_the_end(rig, case):
    session = Session(rig, case, login=True)
    session.serve(takes_its_time)
    client = session.arrive()
    play(session, client, session.first, session.words.upgrade, session.words.last)
    seen = session.seen()
    theirs = session.encrypted and case[0] in ("irc", "ldap", "ftp")  # the upstream refuses it, inside its TLS
    assert theirs or session.words.upgrade not in seen
    assert session.first in seen


@every(but=SPEAK_BEFORE)
def test_control_nothing_but_the_end(rig, case):
    session = Session(rig, case)
    session.serve(takes_its_time)
    client = session.arrive()
    last = b"" if case[0].startswith("xmpp") else session.words.last
    got = play(session, client, session.first, last)
    assert session.seen().endswith(session.first + last)
    assert got, "the replies come after our half-close"


@every(but=SPEAK_BEFORE)
def test_the_servers_end(rig, case):
    session = Session(rig, case)

    def leaves(channel):
        takes_its_time(channel)
        channel.half_close()
        channel.rest()
        return False

    session.serve(leaves)
    client = session.arrive()
    client.send(session.first + session.words.upgrade + session.words.last)
    client.rest()
    client.close()
    session.place.record(client)
    assert session.words.upgrade not in session.seen()


@pytest.mark.parametrize("case", [case for case in CASES if case[2] == "off"], ids="-".join)
def test_half_a_unit_and_then_the_end(rig, case):
    """A server that takes EOF for the end of a line must not see the upgrade in the last, incomplete line."""
    session = Session(rig, case)
    session.serve(takes_its_time)
    client = session.arrive()
    half = session.words.upgrade.rstrip(b"\r\n")[: -1 if case[0] in SPEAK_BEFORE or case[0] == "ldap" else None]
    if case[0].startswith("xmpp"):
        half = half.rstrip(b"/>")
    play(session, client, session.first, half)
    assert half not in session.seen()
