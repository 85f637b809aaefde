"""The upgrade window (W): with an opportunistic client leg, only commands that every server reads alike leave it open.

The upstream is a script that expects exactly the client's bytes, so what crosses is compared byte by byte.
"""

import dataclasses
import re
import threading

import pytest
from common import aborted

from pysupport import ldap
from pysupport.ldap import message as ldap_message
from pysupport.rig import Rig


@dataclasses.dataclass(frozen=True)
class Dialect:
    greeting: bytes
    harmless: tuple  # (command, answer)
    closing: tuple  # (command, answer): cross unchanged, and close the window
    starttls: bytes
    go_ahead: bytes  # pattern
    too_late: bytes  # pattern
    probe: tuple  # (command, answer) that works inside TLS
    stray: bytes  # a reply that answers nothing
    goodbye: bytes = b""  # what the server may say unasked, even right after the upgrade
    after_tls: bytes = b""  # pattern of what the proxy itself says first inside TLS


def _lines(verb, answer, *variants):
    """Near misses of a bare verb."""
    return tuple((variant % verb if b"%s" in variant else variant, answer) for variant in variants)


NEAR = (b" %s\r\n", b"%s \r\n", b"\t%s\r\n", b"%s\t\r\n", b"%s \xc3\xa9\r\n", b"%s " + b"x" * 255 + b"\r\n", b"%s \x0b\r\n")
HELLO = b"250-old.example.net\r\n250 SIZE\r\n"
IMAP_OK = b"t OK done\r\n"
ACAP_OK = b't OK "done"\r\n'

DIALECTS = {
    "smtp": Dialect(
        greeting=b"220 old.example.net\r\n",
        harmless=(
            (b"EHLO me.example.org\r\n", HELLO), (b"helo {12}\r\n", b"250 old.example.net\r\n"),
            (b"NOOP any thing\r\n", b"250 ok\r\n"), (b"RSET\r\n", b"250 ok\r\n"), (b"NOOP\r\n", b"250 ok\r\n"),
        ),
        closing=(
            *((line, answer) for line, answer in _lines(b"NOOP", b"250 ok\r\n", *NEAR) if line != b"NOOP \r\n"),
            (b"HELP\r\n", b"214 no\r\n"), (b"VRFY x\r\n", b"252 no\r\n"), (b"FOO\r\n", b"500 no\r\n"),
            (b"RSET x\r\n", b"501 no\r\n"), (b"AUTH PLAIN AGEAYg==\r\n", b"535 no\r\n"), (b"ETRN x\r\n", b"500 no\r\n"),
            (b"MAIL FROM:<a@b>\r\n", b"550 no\r\n"), (b"BURL x\r\n", b"500 no\r\n"), (b"EHLO x\ty\r\n", b"250 ok\r\n"),
        ),
        starttls=b"STARTTLS\r\n",
        go_ahead=rb"220 [^\r\n]*\r\n",
        too_late=rb"503 5\.5\.1 [^\r\n]*\r\n",
        probe=(b"EHLO inside\r\n", HELLO),
        stray=b"250 stray\r\n",
        goodbye=b"421 bye\r\n",
    ),
    "imap": Dialect(
        greeting=b"* OK old.example.net\r\n",
        harmless=(
            (b"t CAPABILITY\r\n", b"* CAPABILITY IMAP4rev1 STARTTLS\r\n" + IMAP_OK), (b"t noop\r\n", IMAP_OK),
            (b"t ID NIL\r\n", b"* ID NIL\r\n" + IMAP_OK), (b't ID ("name" "x {3+} y" "v" "1")\r\n', IMAP_OK),
            (b"T" * 32 + b" NOOP\r\n", b"T" * 32 + b" OK done\r\n"),
        ),
        closing=(
            (b"T" * 33 + b" NOOP\r\n", b"T" * 33 + b" OK done\r\n"), (b"t NOOP x\r\n", IMAP_OK), (b"t NOOP \r\n", IMAP_OK),
            (b't ID ("name" "a\\"b")\r\n', IMAP_OK), (b't ID ("name" NIL)\r\n', IMAP_OK),
            (b't ID ("name" "\xc3\xa9")\r\n', IMAP_OK), (b'T ID ("n" {3+}\r\nabc)\r\n', b"T OK done\r\n"),
            (b"t NOOP {3+}\r\nabc\r\n", IMAP_OK), (b"t LOGOUT ) {3+}\r\nabc\r\n", b"t BAD no\r\n"),
            (b"t ID NIL {3+}\r\nabc\r\n", IMAP_OK), (b"t LOGIN a b\r\n", b"t NO no\r\n"), (b"t XFOO\r\n", b"t BAD no\r\n"),
            (b"t ENABLE X\r\n", IMAP_OK), (b't ID ("n" "' + b"x" * 250 + b'")\r\n', IMAP_OK),
            (b"t NAMESPACE\r\n", b"t BAD no\r\n"),
        ),
        starttls=b"t STARTTLS\r\n",
        go_ahead=rb"t OK [^\r\n]*\r\n",
        too_late=rb"t BAD [^\r\n]*\r\n",
        probe=(b"p NOOP\r\n", b"p OK done\r\n"),
        stray=b"x OK stray\r\n",
        goodbye=b"* BYE later\r\n",
    ),
    "pop3": Dialect(
        greeting=b"+OK old\r\n",
        harmless=((b"CAPA\r\n", b"+OK\r\nUSER\r\n.\r\n"), (b"noop\r\n", b"+OK\r\n")),
        closing=(
            *_lines(b"NOOP", b"+OK\r\n", *NEAR), (b"UTF8\r\n", b"+OK\r\n"), (b"LANG en\r\n", b"+OK\r\n"),
            (b"USER x\r\n", b"+OK\r\n"), (b"XFOO\r\n", b"-ERR\r\n"), (b"STAT\r\n", b"-ERR\r\n"), (b"APOP a b\r\n", b"-ERR\r\n"),
        ),
        starttls=b"STLS\r\n",
        go_ahead=rb"\+OK [^\r\n]*\r\n",
        too_late=rb"-ERR [^\r\n]*\r\n",
        probe=(b"NOOP\r\n", b"+OK\r\n"),
        stray=b"+OK stray\r\n",
    ),
    "nntp": Dialect(
        greeting=b"200 old\r\n",
        harmless=(
            (b"CAPABILITIES\r\n", b"101 list\r\nVERSION 2\r\n.\r\n"), (b"mode reader\r\n", b"200 ok\r\n"),
            (b"DATE\r\n", b"111 20260101000000\r\n"), (b"HELP\r\n", b"100 help\r\nhelp\r\n.\r\n"),
        ),
        closing=(
            *_lines(b"DATE", b"111 20260101000000\r\n", *NEAR), (b"MODE STREAM\r\n", b"500 no\r\n"),
            (b"MODE  READER\r\n", b"200 ok\r\n"), (b"GROUP x\r\n", b"411 no\r\n"), (b"STAT 1\r\n", b"412 no\r\n"),
            (b"AUTHINFO USER x\r\n", b"481 no\r\n"), (b"XFOO\r\n", b"500 no\r\n"), (b"CAPABILITIES x\r\n", b"501 no\r\n"),
        ),
        starttls=b"STARTTLS\r\n",
        go_ahead=rb"382 [^\r\n]*\r\n",
        too_late=rb"502 [^\r\n]*\r\n",
        probe=(b"DATE\r\n", b"111 20260101000000\r\n"),
        stray=b"200 stray\r\n",
        goodbye=b"400 bye\r\n",
    ),
    "irc": Dialect(
        greeting=b":s NOTICE * :hello\r\n",
        harmless=(
            (b"CAP LS\r\n", b":s CAP * LS :tls\r\n"), (b"cap ls 302\r\n", b":s CAP * LS :\r\n"),
            (b"CAP LIST\r\n", b":s CAP * LIST :\r\n"), (b"PING abc\r\n", b":s PONG s :abc\r\n"),
            (b"PING :a b\r\n", b":s PONG s :a b\r\n"), (b"PING x\r\n", b":s 451 * PING :You have not registered\r\n"),
        ),
        closing=(
            (b"CAP LS 301\r\n", b":s CAP * LS :\r\n"), (b"CAP REQ :multi-prefix\r\n", b":s CAP * NAK :multi-prefix\r\n"),
            (b"CAP END\r\n", b":s NOTICE * :ok\r\n"), (b"PONG x\r\n", b":s NOTICE * :ok\r\n"),
            (b"PING a b\r\n", b":s PONG s :a\r\n"), (b"PING \xc3\xa9\r\n", b":s PONG s :e\r\n"),
            (b"NICK x\r\n", b":s NOTICE * :ok\r\n"), (b"PASS x\r\n", b":s NOTICE * :ok\r\n"),
            (b":me PING x\r\n", b":s PONG s :x\r\n"), (b"@a=b PING x\r\n", b":s PONG s :x\r\n"),
            (b"PING :" + b"x" * 250 + b"\r\n", b":s PONG s :x\r\n"), (b" PING x\r\n", b":s PONG s :x\r\n"),
        ),
        starttls=b"STARTTLS\r\n",
        go_ahead=rb"\S+ 670 [^\r\n]*\r\n",
        too_late=rb"\S+ 691 [^\r\n]*\r\n",
        probe=(b"PING z\r\n", b":s PONG s :z\r\n"),
        stray=b":s PONG s :stray\r\n",
        goodbye=b":s NOTICE * :servers chat\r\n",
    ),
    "managesieve": Dialect(
        greeting=b'"IMPLEMENTATION" "old"\r\n"SASL" "PLAIN"\r\nOK "ready"\r\n',
        harmless=(
            (b"CAPABILITY\r\n", b'"IMPLEMENTATION" "old"\r\nOK "done"\r\n'), (b"noop\r\n", b'OK "done"\r\n'),
        ),
        closing=(
            *((line, answer) for line, answer in _lines(b"NOOP", b'OK "x"\r\n', *NEAR) if not set(line) & set(b"\t\x0b")),
            (b'NOOP "x"\r\n', b'OK "x"\r\n'), (b"NOOP {3+}\r\nabc\r\n", b'OK "x"\r\n'),
            (b"CAPABILITY {3+}\r\nabc\r\n", b'NO "x"\r\n'), (b"LISTSCRIPTS\r\n", b'NO "x"\r\n'),
            (b'HAVESPACE "a" 1\r\n', b'NO "x"\r\n'), (b"XFOO\r\n", b'NO "x"\r\n'),
        ),
        starttls=b"STARTTLS\r\n",
        go_ahead=rb"OK [^\r\n]*\r\n",
        too_late=rb"NO [^\r\n]*\r\n",
        probe=(b"NOOP\r\n", b'OK "done"\r\n'),
        stray=b'OK "stray"\r\n',
        goodbye=b'BYE "later"\r\n',
        after_tls=rb'"IMPLEMENTATION" "old"\r\n"SASL" "PLAIN"\r\nOK "ready"\r\n',
    ),
    "acap": Dialect(
        greeting=b'* ACAP (IMPLEMENTATION "old") (SASL "PLAIN")\r\n',
        harmless=((b"t NOOP\r\n", ACAP_OK), (b"T-1 noop\r\n", b'T-1 OK "done"\r\n')),
        closing=(
            (b"t NOOP \r\n", ACAP_OK), (b"t NOOP x\r\n", ACAP_OK), (b't LANG "en"\r\n', ACAP_OK), (b"t XFOO\r\n", ACAP_OK),
            (b"t NOOP {3+}\r\nabc\r\n", ACAP_OK),
        ),
        starttls=b"t STARTTLS\r\n",
        go_ahead=rb"t OK [^\r\n]*\r\n",
        too_late=rb"t BAD [^\r\n]*\r\n",
        probe=(b"p NOOP\r\n", b'p OK "done"\r\n'),
        stray=b'x OK "stray"\r\n',
        goodbye=b'* BYE "later"\r\n',
        after_tls=rb'\* ACAP \(IMPLEMENTATION "old"\) \(SASL "PLAIN"\)\r\n',
    ),
    "ldap": Dialect(
        greeting=b"",
        harmless=((ldap.root_dse(5), ldap.result(5, 0x65, 0)),),
        closing=(
            (ldap.bind(5), ldap.result(5, 0x61, 49)),
            (ldap_message(5, 0x4A, b"cn=x"), ldap.result(5, 0x6B, 50)),
            # The same search of the root DSE with a length of three octets where one is enough.
            (b"\x30\x82" + (len(ldap.root_dse(5)) - 2).to_bytes(2, "big") + ldap.root_dse(5)[2:], ldap.result(5, 0x65, 0)),
        ),
        starttls=ldap.starttls(9),
        go_ahead=rb"0.\x02\x01\x09\x78.\x0a\x01\x00.*",
        too_late=rb"0.\x02\x01\x09\x78.\x0a\x01\x01.*",
        probe=(ldap.root_dse(11), ldap.result(11, 0x65, 0)),
        stray=ldap.result(77, 0x65, 0),
    ),
}  # fmt: skip
DIALECTS["lmtp"] = dataclasses.replace(
    DIALECTS["smtp"],
    harmless=((b"LHLO me\r\n", HELLO), *DIALECTS["smtp"].harmless[2:]),
    probe=(b"LHLO inside\r\n", HELLO),
)


@pytest.fixture(scope="module")
def rig(certs, folder):
    rig = Rig(certs, folder, [(protocol, "opportunistic", "off") for protocol in DIALECTS])
    yield rig
    rig.close()


class Server:
    """The script of an upstream: after the greeting it expects commands exactly, and answers each."""

    def __init__(self, dialect):
        self.dialect, self.script, self.stray, self.may_stray = dialect, [], b"", threading.Event()

    def __call__(self, channel):
        channel.send(self.dialect.greeting)
        for command, answer in self.script:
            got = channel.exactly(len(command))
            assert got == command, got
            channel.send(answer)
        if self.stray:
            assert self.may_stray.wait(20)
            channel.send(self.stray)
        channel.rest()


class Conversation:
    def __init__(self, rig, protocol, *script, stray=b""):
        self.dialect = DIALECTS[protocol]
        self.server = Server(self.dialect)
        self.server.script, self.server.stray = list(script), stray
        self.place = rig.at(protocol, "opportunistic", "off").serve(self.server)
        self.client = self.place.dial()
        for _ in self.dialect.greeting.splitlines():
            self.client.until(b"\r\n")
        if protocol == "managesieve":
            self.client.until(b"\r\n")  # our STARTTLS is one line more

    def unit(self):
        """Our answer to STARTTLS."""
        if self.place.protocol != "ldap":
            return self.client.until(b"\r\n")
        head = self.client.exactly(2)
        return head + self.client.exactly(head[1])

    def say(self, command, answer):
        self.client.send(command)
        if self.place.protocol == "ldap":
            self.client.until(answer)
        else:  # the capabilities of IRC are edited
            self.client.until(b"\r\n" if b" CAP * LS " in answer else answer.splitlines(keepends=True)[-1])

    def ask(self, pattern):
        self.client.send(self.dialect.starttls)
        got = self.unit()
        assert re.fullmatch(pattern, got, re.DOTALL), got

    def upgrade(self, certs):
        self.ask(self.dialect.go_ahead)
        self.client.start_tls(certs.client_context(), "localhost")

    def finish(self, *crossed):
        self.client.close_both()
        self.place.record(self.client)
        assert bytes(self.place.upstream.finished().plain) == b"".join(crossed)


def every(field):
    cases = [(protocol, *pair) for protocol, dialect in DIALECTS.items() for pair in getattr(dialect, field)]
    return pytest.mark.parametrize(("protocol", "command", "answer"), cases, ids=lambda value: repr(value)[:40])


@every("harmless")
def test_w_a_harmless_command_leaves_the_window_open(rig, certs, protocol, command, answer):
    dialect = DIALECTS[protocol]
    talk = Conversation(rig, protocol, (command, answer), dialect.probe)
    talk.say(command, answer)
    talk.upgrade(certs)
    talk.say(*dialect.probe)
    assert re.fullmatch(dialect.after_tls + re.escape(dialect.probe[1]), bytes(talk.client.inside), re.DOTALL)
    talk.finish(command, dialect.probe[0])


@every("closing")
def test_w_anything_else_crosses_unchanged_and_closes_it(rig, protocol, command, answer):
    dialect = DIALECTS[protocol]
    talk = Conversation(rig, protocol, (command, answer), dialect.probe)
    talk.say(command, answer)
    talk.ask(dialect.too_late)
    talk.say(*dialect.probe)
    talk.ask(dialect.too_late)
    talk.finish(command, dialect.probe[0])


@pytest.mark.parametrize("protocol", DIALECTS)
def test_w3_an_answer_that_nobody_asked_for_closes_it(rig, protocol):
    dialect = DIALECTS[protocol]
    command, answer = dialect.harmless[0]
    talk = Conversation(rig, protocol, (command, answer + dialect.stray))
    talk.say(command, answer)
    talk.client.until(dialect.stray)
    talk.ask(dialect.too_late)
    talk.finish(command)


@pytest.mark.parametrize("protocol", DIALECTS)
def test_w4_the_server_is_silent_after_the_upgrade(rig, certs, protocol):
    dialect = DIALECTS[protocol]
    command, answer = dialect.harmless[0]
    talk = Conversation(rig, protocol, (command, answer), stray=dialect.stray)
    talk.say(command, answer)
    talk.upgrade(certs)
    talk.server.may_stray.set()
    aborted(talk.place, talk.client, "protocol_error", "server")
    assert dialect.stray not in bytes(talk.client.inside)


@pytest.mark.parametrize("protocol", [name for name, dialect in DIALECTS.items() if dialect.goodbye])
def test_w4_but_it_may_say_goodbye(rig, certs, protocol):
    dialect = DIALECTS[protocol]
    command, answer = dialect.harmless[0]
    talk = Conversation(rig, protocol, (command, answer), stray=dialect.goodbye)
    talk.say(command, answer)
    talk.upgrade(certs)
    talk.server.may_stray.set()
    talk.client.until(dialect.goodbye)
    talk.finish(command)
