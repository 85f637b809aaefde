"""The scenarios that are measured. Each gives one figure per proxy."""

import dataclasses
import re

from measuring import place
from measuring.routes import PROTOCOLS, ROUTES

TLS13 = "1.3,aes128,x25519"
# For bulk data the group does not matter, and socat supports only one.
BYTES = "1.3,aes128,any"
TLS12 = "1.2,aes128,x25519"
HYBRID = "1.3,aes128,x25519mlkem768"
AGREED = {
    BYTES: "TLSv1.3/TLS_AES_128_GCM_SHA256/",
    TLS13: "TLSv1.3/TLS_AES_128_GCM_SHA256/X25519",
    TLS12: "TLSv1.2/TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256/X25519",
    HYBRID: "TLSv1.3/TLS_AES_128_GCM_SHA256/X25519MLKEM768",
}
# What a backend and a proxy must agree on, by backend; default: as TLS13.
BACKEND_AGREED = {
    BYTES: "TLSv1.3/TLS_AES_128_GCM_SHA256/",
    "raw_other": "TLSv1.3/TLS_CHACHA20_POLY1305_SHA256/",
    "raw_hybrid": AGREED[HYBRID],
    "raw_old": AGREED[TLS12],
    "raw_old_tickets": AGREED[TLS12],
}
# Ten thousand sessions need twenty thousand descriptors in a proxy: fewer sessions where the limit is lower.
MANY = min(10000, place.most_descriptors() // 2 - 600)
UNITS = {"bulk": "CPU-s/GiB", "sessions": "CPU-ms", "latency": "µs", "idle": "KiB"}


@dataclasses.dataclass(frozen=True)
class Scenario:
    """`verb`: what the load does (bulk, sessions, latency, idle); `route`: a key of ROUTES.

    mib: size of a transfer. count: number of sessions or exchanges. standing: idle connections beside the load.
    bulk_beside: downloads beside the load. quick: part of --quick. fresh: the proxy is started for this scenario only,
    because memory that it reuses would not be counted. peers: a regular expression of the peers that take part.
    """

    name: str
    title: str
    verb: str
    route: str
    tls: str = TLS13
    what: str = ""
    record: int = 16384
    mib: int = 256
    count: int = 0
    at_once: int = 16
    connections: int = 1
    rate: int = 0
    resume: str = ""  # client, server: the leg on which every session is resumed
    standing: int = 0
    bulk_beside: int = 0
    workers: int = 1
    quick: bool = False
    fresh: bool = False
    peers: str = ""
    rounds: int = 99  # the maximum

    @property
    def unit(self):
        return UNITS[self.verb]

    @property
    def group(self):
        return self.name.partition("-")[0]

    @property
    def client_tls(self):
        return self.tls if ROUTES[self.route].client_tls else None

    @property
    def agreed(self):
        """What the load must agree on with the proxy, and the proxy with the backend; empty without TLS."""
        route = ROUTES[self.route]
        return (
            AGREED[self.tls] if route.client_tls else "",
            BACKEND_AGREED.get(route.backend, AGREED[TLS13]) if route.server_tls else "",
        )

    def missing(self, peer):
        """Why this peer is not measured, or an empty string."""
        if self.peers and not re.fullmatch(self.peers, peer.name):
            return "not asked"
        if why := peer.missing(self.route):
            return why
        if peer.program == "direct":
            return "" if self.verb == "latency" else "no proxy"
        if HYBRID in (self.tls, "") or self.route == "originate_hybrid":
            if peer.program not in ("starlock", "relay"):
                return "OpenSSL 3.0 does not know X25519MLKEM768"
        if self.workers > 1 and peer.one_worker:
            return peer.one_worker
        if peer.program == "socat" and max(self.connections, self.standing) > 100:
            return "socat forks one process per connection"
        if peer.program == "socat" and self.resume:
            return "socat keeps no sessions"
        if peer.program == "socat" and self.verb == "sessions" and self.route != "plain":
            return "socat supports only P-256, which is different work"
        return ""


_ROLES = {
    "terminate": "TLS to plain",
    "originate": "plain to TLS",
    "both": "TLS to TLS, same cipher",
    "both_other": "TLS to TLS, other cipher",
    "plain": "plain to plain",
}
_DIRECTIONS = {"D": ("down", "download"), "U": ("up", "upload")}


def _bulk():
    quick = {"terminate-down", "terminate-up", "originate-down", "originate-up", "both-down", "plain-down"}
    for route, role in _ROLES.items():
        for what, (short, words) in _DIRECTIONS.items():
            name = f"{route}-{short}"
            yield Scenario(f"bulk-{name}", f"{role}, {words}", "bulk", route, BYTES, what=what, quick=name in quick)
    # The sender chooses the record size: only our own load and backend can be told to use small records.
    for route, what in (("terminate", "U"), ("originate", "D"), ("both", "U"), ("both", "D")):
        short, words = _DIRECTIONS[what]
        yield Scenario(
            f"bulk-{route}-{short}-1400", f"{_ROLES[route]}, {words}, records of 1,400 bytes", "bulk", route,
            BYTES, what, record=1400, mib=128, quick=route == "terminate",
        )  # fmt: skip


def _handshakes():
    def one(name, title, route, quick=False, **more):
        return Scenario(f"handshake-{name}", f"{title}, one small exchange", "sessions", route, count=400, quick=quick, **more)

    yield one("full-1.3", "client's leg, full TLS 1.3", "terminate", True)
    yield one("resumed-1.3", "client's leg, resumed TLS 1.3", "terminate", True, resume="client")
    yield one("full-1.2", "client's leg, full TLS 1.2", "terminate", True, tls=TLS12)
    yield one("resumed-1.2", "client's leg, resumed TLS 1.2", "terminate", True, tls=TLS12, resume="client")
    yield one("hybrid-1.3", "client's leg, full TLS 1.3 with X25519MLKEM768", "terminate", True, tls=HYBRID)
    yield one("hybrid-resumed-1.3", "client's leg, resumed TLS 1.3 with X25519MLKEM768", "terminate", tls=HYBRID, resume="client")
    yield one("server-full-1.3", "server's leg, full TLS 1.3", "originate", True)
    yield one("server-resumed-1.3", "server's leg, resumed TLS 1.3", "originate_tickets", resume="server")
    yield one("server-full-1.2", "server's leg, full TLS 1.2", "originate_old")
    yield one("server-resumed-1.2", "server's leg, resumed TLS 1.2", "originate_old_tickets", resume="server")
    yield one("server-hybrid-1.3", "server's leg, full TLS 1.3 with X25519MLKEM768", "originate_hybrid")


def _sessions():
    names = {"smtp": "SMTP", "imap": "IMAP", "pop3": "POP3", "ldap": "LDAP", "postgres": "PostgreSQL"}
    for protocol in PROTOCOLS:
        for side, words in (("server", "client's leg"), ("client", "server's leg")):
            # Many at once, because stunnel's SMTP and IMAP wait 200 ms in each session for a client that may not
            # send STARTTLS.
            yield Scenario(
                f"session-{protocol}-{side}", f"{names[protocol]} session, STARTTLS on the {words}", "sessions",
                f"{protocol}_{side}", count=320, at_once=64, quick=True,
            )  # fmt: skip


def _rounded(connections):
    """The number for the scenario's name, which must be the same on every machine."""
    return 10000 if connections == MANY else connections


def _latency():
    for connections in (100, 1000, MANY):
        yield Scenario(
            f"latency-{_rounded(connections)}", f"128 bytes there and back, {connections:,} connections", "latency", "terminate",
            BYTES,
            connections=connections, count=3000, rate=2000, quick=connections == 100, rounds=3,
        )  # fmt: skip


def _fairness():
    yield Scenario(
        "latency-200-bulk", "128 bytes there and back, 200 connections, beside a download", "latency", "terminate", BYTES,
        connections=200, count=3000, rate=2000, bulk_beside=1, quick=True, rounds=3,
    )  # fmt: skip


def _idle():
    for route, words in (("terminate", "one leg"), ("both", "both legs")):
        for connections, quick in ((2000, True), (MANY, False)):
            yield Scenario(
                f"idle-{route}-{_rounded(connections)}", f"memory of an idle session of {connections:,}, TLS on {words}", "idle",
                route, BYTES, connections=connections, fresh=True, quick=quick, rounds=2,
            )  # fmt: skip


def _accept():
    yield Scenario("accept-plain", "accepted, dialled, one small exchange, no TLS", "sessions", "plain", count=2000,
                   quick=True)  # fmt: skip


def _workers():
    for workers in (1, 2):
        yield Scenario(
            f"workers-bulk-{workers}", f"TLS to plain, download, 4 connections, {workers} worker(s)", "bulk", "terminate",
            BYTES, what="D", connections=4, workers=workers, fresh=True, rounds=3,
        )  # fmt: skip
        yield Scenario(
            f"workers-handshake-{workers}", f"full TLS 1.3, one small exchange, {workers} worker(s)", "sessions",
            "terminate", count=800, workers=workers, fresh=True, rounds=3,
        )  # fmt: skip


# The peers that are built for this many connections.
_MANY = "starlock|other|nginx-tuned|haproxy-tuned"


def _growth():
    for connections in (1, 100, 1000, MANY):
        yield Scenario(
            f"growth-bulk-{_rounded(connections)}", f"TLS to plain, download, over {connections:,} connections at once", "bulk",
            "terminate", BYTES, what="D", connections=connections, mib=512, peers=_MANY, rounds=3,
            quick=connections in (1, 1000),
        )  # fmt: skip
    # The control: how much more the kernel itself needs with more connections.
    for connections in (1, 1000, MANY):
        yield Scenario(
            f"growth-plain-{_rounded(connections)}", f"plain to plain, download, over {connections:,} connections at once", "bulk",
            "plain", BYTES, what="D", connections=connections, mib=512, peers="starlock|other|relay-64k", rounds=3,
            quick=connections in (1, 1000),
        )  # fmt: skip
    for standing in (0, 100, 1000, MANY):
        yield Scenario(
            f"growth-session-{_rounded(standing)}", f"full TLS 1.3, one small exchange, beside {standing:,} idle sessions",
            "sessions", "terminate", count=800, standing=standing, peers=_MANY, rounds=3, quick=standing in (0, 1000),
        )  # fmt: skip


SCENARIOS = (*_bulk(), *_handshakes(), *_sessions(), *_latency(), *_fairness(), *_idle(), *_accept(), *_workers(), *_growth())
