"""The real servers of the differential test, and what a client says to each."""

import re

import ber
from pysupport import ftp_servers, imap_servers, irc_servers, ldap_servers, mail_servers, managesieve_servers
from pysupport import nntp_servers, pop3_servers


class Peer:
    """How to speak to one protocol's servers.

    harmless: the closed list, as units with `%t` where an argument may stand. stateful: units that close the window.
    closed: matches every unit of the closed list, and nothing else. starttls, go_ahead: the upgrade. probe, quit: what is
    said inside TLS. final: matches each line (or packet) with which an answer ends.
    """

    def __init__(self, protocol, harmless, stateful, closed, starttls, go_ahead, probe, quit_, final, greeting=rb"(?:\d\d\d-[^\r\n]*\r\n)*[^\r\n]*\r\n", noise=None, inside=1, leaving=None, *, refusal):
        self.protocol, self.harmless, self.stateful = protocol, harmless, stateful
        self.closed = re.compile(closed, re.IGNORECASE | re.DOTALL)
        self.starttls, self.go_ahead = starttls, re.compile(go_ahead + rb"\Z")
        self.probe, self.quit = probe, quit_
        self.final, self.greeting = re.compile(final, re.MULTILINE), re.compile(greeting)
        self.leaving = re.compile(leaving) if leaving else None  # an answer more than there are questions, and the end
        self.answers_inside = inside  # until the client leaves
        self.refusal = re.compile(refusal)
        self.noise = re.compile(noise) if noise else None

    def answers(self, text):
        """How many answers are in `text`."""
        return len(self.final.findall(self.without_noise(text)))

    def units(self, crossed):
        """The units that crossed, and what follows the last whole one."""
        *lines, rest = crossed.split(b"\r\n")
        return lines, rest

    def on_the_list(self, unit):
        return len(unit) + 2 <= 255 and self.closed.fullmatch(unit) is not None

    def without_noise(self, text):
        """`text` without what the server may say at any time."""
        return self.noise.sub(b"", text) if self.noise else text


PRINTABLE = rb"[ -~]"
SMTP = Peer(
    "smtp",
    harmless=(b"EHLO %t", b"HELO %t", b"NOOP", b"NOOP %t", b"RSET"),
    stateful=(b"VRFY %t", b"MAIL FROM:<%t@x>", b"AUTH PLAIN %t", b"AUTH LOGIN\r\n*", b"AUTH PLAIN\r\n*", b"HELP", b"EXPN %t",
              b"BDAT 5\r\nabcde", b"DATA", b"XFORWARD NAME=%t", b"ETRN %t", b"TURN", b"XXXX"),
    closed=rb"((EHLO|HELO|NOOP)( [ -~]*)?|RSET|QUIT)",
    starttls=b"STARTTLS\r\n", go_ahead=rb"220 2\.0\.0 Ready to start TLS\r\n",
    refusal=rb'(?m)^503 5\.5\.1 Too late for STARTTLS\r\n\Z',
    probe=b"NOOP\r\n", quit_=b"QUIT\r\n", final=rb"^\d\d\d(?: [^\r\n]*)?\r\n",
)  # fmt: skip
IMAP = Peer(
    "imap",
    harmless=(b"%t CAPABILITY", b"%t NOOP", b"%t ID NIL", b'%t ID ("name" "%t")', b'%t ID ("a" "b" "c" "d")'),
    stateful=(b"%t LOGIN a b", b"%t AUTHENTICATE PLAIN\r\n*", b"%t SELECT x", b"%t ENABLE UTF8=ACCEPT", b"%t COMPRESS DEFLATE",
              b"%t XXXX", b"DONE", b"%t IDLE", b"%t LANGUAGE en", b'%t ID ("a" "b\\"c")', b"*", b"+", b"%t",
              b"%t NAMESPACE", b"%t UNAUTHENTICATE", b"%t ID (\"a\" NIL)"),
    closed=rb'[!-~]{1,32} (CAPABILITY|NOOP|LOGOUT|ID (NIL|\((("[^"\\\x00-\x1f\x7f-\xff]*"|NIL) ?)*\)))',
    starttls=b"starttls STARTTLS\r\n", go_ahead=rb"starttls OK Begin TLS negotiation now\r\n",
    refusal=rb'(?m)^starttls BAD[^\r\n]*\r\n\Z',
    probe=b"probe NOOP\r\n", quit_=b"quit LOGOUT\r\n", final=rb"^[^*+ \r\n][^ \r\n]* (?:OK|NO|BAD)[^\r\n]*\r\n",
)  # fmt: skip
POP3 = Peer(
    "pop3",
    harmless=(b"CAPA", b"NOOP"),
    stateful=(b"USER %t", b"PASS %t", b"APOP a b", b"AUTH", b"AUTH PLAIN\r\n*", b"AUTH LOGIN\r\n*", b"LANG", b"LANG en", b"UTF8",
              b"XXXX", b"STAT", b"LIST", b"XCLIENT ADDR=127.0.0.1", b"CAPA %t", b"NOOP %t"),
    closed=rb"(CAPA|NOOP|QUIT)",
    starttls=b"STLS\r\n", go_ahead=rb"\+OK Begin TLS negotiation\r\n",
    refusal=rb'(?m)^-ERR Too late for STLS\r\n\Z',
    probe=b"CAPA\r\n", quit_=b"QUIT\r\n", final=rb"^(?:\+OK|-ERR)[^\r\n]*\r\n",
    leaving=rb"(?m)^-ERR Too many invalid bad commands\.\r\n\Z",
)  # fmt: skip
NNTP = Peer(
    "nntp",
    harmless=(b"CAPABILITIES", b"MODE READER", b"DATE", b"HELP"),
    stateful=(b"GROUP local.test", b"AUTHINFO USER %t", b"AUTHINFO SASL PLAIN\r\n*", b"LIST", b"LISTGROUP local.test", b"POST\r\n.",
              b"IHAVE <%t@x>\r\n.", b"XXXX", b"MODE STREAM", b"CHECK <%t@x>", b"CAPABILITIES %t", b"HELP %t", b"SLAVE",
              b"COMPRESS DEFLATE", b"XOVER 1", b"STAT", b"DATE %t"),
    closed=rb"(CAPABILITIES|MODE READER|DATE|HELP|QUIT)",
    starttls=b"STARTTLS\r\n", go_ahead=rb"382 Continue with TLS negotiation\r\n",
    refusal=rb'(?m)^502 Too late for STARTTLS\r\n\Z',
    probe=b"DATE\r\n", quit_=b"QUIT\r\n", final=rb"^\d\d\d(?: [^\r\n]*)?\r\n",
)  # fmt: skip
FTP = Peer(
    "ftp",
    harmless=(b"FEAT", b"SYST", b"NOOP", b"HELP"),
    stateful=(b"USER %t", b"PASS %t", b"ABOR", b"STAT", b"OPTS UTF8 ON", b"CLNT %t", b"LANG en", b"ACCT %t", b"PASV", b"EPSV",
              b"CPSV", b"PORT 127,0,0,1,4,5", b"TYPE I", b"REIN", b"SITE HELP", b"XXXX", b"HELP %t", b"NOOP %t", b"PBSZ 0",
              b"\xff\xf4\xff\xf2ABOR", b"HOST %t", b"FEAT %t", b"CSID %t", b"MLST", b"PWD"),
    closed=rb"(FEAT|SYST|NOOP|HELP|QUIT)",
    starttls=b"AUTH TLS\r\n", go_ahead=rb"234 Ready for TLS\r\n",
    refusal=rb'(?m)^503 AUTH not allowed after other commands\r\n\Z',
    probe=b"SYST\r\n", quit_=b"QUIT\r\n", final=rb"^\d\d\d(?: [^\r\n]*)?\r\n",
)  # fmt: skip
IRC = Peer(
    "irc",
    harmless=(b"CAP LS", b"CAP LS 302", b"CAP LIST", b"PING %t", b"PING :%t %t"),
    stateful=(b"CAP REQ :%t", b"CAP END", b"NICK %t", b"USER a b c d", b"PASS %t", b"AUTHENTICATE PLAIN", b"PONG %t", b"XXXX",
              b"@a=b PING %t", b":x PING %t", b"CAP", b"PING", b"CAP REQ tls", b"WEBIRC a b c d", b"NOTICE x :y"),
    closed=rb"(CAP LS( 302)?|CAP LIST|PING [ -~]+|QUIT( [ -~]*)?)",
    starttls=b"STARTTLS\r\n", go_ahead=rb":\S+ 670 \* :STARTTLS successful, proceed with TLS handshake\r\n",
    refusal=rb'(?m)^:\S+ 691 \* :STARTTLS[^\r\n]*\r\n\Z',
    probe=b"CAP LIST\r\n", quit_=b"QUIT\r\n", final=rb"^:\S+ (?:PONG|CAP|4\d\d) [^\r\n]*\r\n", greeting=rb"",
    leaving=rb"No more connections allowed",
    noise=rb"(?m)^:\S+ NOTICE [^\r\n]*\r\n|\([^\r\n)]*@",
)  # fmt: skip
SIEVE = Peer(
    "managesieve",
    harmless=(b"CAPABILITY", b"NOOP"),
    stateful=(b'NOOP "%t"', b'AUTHENTICATE "PLAIN"\r\n"*"', b'AUTHENTICATE "PLAIN" "%t"', b'HAVESPACE "%t" 1', b"LISTSCRIPTS", b"XXXX",
              b'UNAUTHENTICATE', b'XCLIENT ADDR=127.0.0.1', b"CAPABILITY ", b"NOOP x", b'CAPABILITY "x"', b"CAPABILITY \\"),
    closed=rb"(CAPABILITY|NOOP|LOGOUT)",
    starttls=b"STARTTLS\r\n", go_ahead=rb'OK "Begin TLS negotiation now"\r\n',
    refusal=rb'(?m)^NO "Too late for STARTTLS"\r\n\Z',
    probe=b'NOOP "probe"\r\n', quit_=b"LOGOUT\r\n", final=rb"^(?:OK|NO|BYE)[^\r\n]*\r\n", greeting=rb"(?s).*?\r\nOK[^\r\n]*\r\n", inside=2,
)  # fmt: skip


# Connections at once; OpenSMTPD thinks about an unknown command for five seconds.
AT_ONCE = {"opensmtpd": 12, "inspircd": 8}


class LdapPeer(Peer):
    """LDAP: messages instead of lines. Each answer ends with a message that is no search entry."""

    def answers(self, text):
        return sum(ber.operation(message) != 0x64 for message in ber.messages(text)[0])

    def units(self, crossed):
        return ber.messages(crossed)

    def on_the_list(self, unit):
        return ber.is_root_dse_search(unit)


LDAP = LdapPeer(
    "ldap",
    harmless=(ber.search(7), ber.search(8), ber.search(9, four=True)),
    stateful=(ber.bind(5), ber.search(6, base=b"dc=example,dc=org"), ber.whoami(3)),
    closed=rb"", starttls=ber.starttls(99), go_ahead=rb"(?s)0\x0c\x02\x01c\x78\x07\n\x01\x00\x04\x00\x04\x00",
    refusal=rb"(?s)0.\x02\x01c\x78[^\x07].*\Z", probe=ber.search(100), quit_=ber.unbind(101), final=rb"", greeting=rb"",
)  # fmt: skip


def _plain(start, port):
    return lambda folder, certs: (lambda daemon: (daemon, port(daemon)))(start(folder, certs))


# name → the protocol, and what starts the server: it returns the daemon and its port.
SERVERS = {
    "dovecot-imap": (IMAP, _plain(imap_servers.dovecot, lambda it: it.port)),
    "cyrus-imap": (IMAP, _plain(imap_servers.cyrus, lambda it: it.port)),
    "dovecot-pop3": (POP3, _plain(pop3_servers.dovecot_pop3, lambda it: it.ports["plain"])),
    "pigeonhole": (SIEVE, _plain(managesieve_servers.dovecot_sieve, lambda it: it.ports["sieve"])),
    "postfix": (SMTP, _plain(lambda folder, certs: mail_servers.postfix(folder, certs, {"plain": "none"}), lambda it: it.ports["plain"])),
    "exim": (SMTP, _plain(mail_servers.exim, lambda it: it.ports["plain"])),
    "opensmtpd": (SMTP, _plain(mail_servers.opensmtpd, lambda it: it.port)),
    "inn": (NNTP, _plain(nntp_servers.nnrpd, lambda it: it.port)),
    "vsftpd": (FTP, _plain(ftp_servers.vsftpd, lambda it: it.port)),
    "proftpd": (FTP, _plain(ftp_servers.proftpd, lambda it: it.port)),
    "pure-ftpd": (FTP, _plain(ftp_servers.pure_ftpd, lambda it: it.port)),
    "inetutils-ftpd": (FTP, _plain(ftp_servers.inetutils_ftpd, lambda it: it.port)),
    "slapd": (LDAP, _plain(ldap_servers.slapd, lambda it: it.port)),
    "inspircd": (IRC, _plain(irc_servers.inspircd, lambda it: it.ports["plain"])),
}
