"""Plays one cell of the table (table.py) with a fake upstream and a test client: what all protocols share."""

import re

from table import RECORDS

from pysupport.channel import End
from pysupport.rig import protocol_module


class PairSession:
    """One session, step by step. The upstream must see exactly what the client sent.

    A subclass says what its client does: work() for the outcomes plain, 502, declined, tls and inside; and
    refused(), no_upstream(), garbled(). It appends to `crossed` what the upstream must receive from the client. ours()
    is a pattern of what the proxy itself sends there.
    """

    def __init__(self, rig, protocol, case):
        self.certs, self.case, self.protocol = rig.certs, case, protocol
        self.place = rig.at(protocol, case.client, case.server)
        self.tls = rig.certs.server_context() if case.offers or case.server == "implicit" else None
        self.server = self.make_server()
        self.place.serve(self.server)
        self.crossed = b""
        self.client = None

    def run(self):
        run = {"421": self.no_upstream, "530": self.refused, "garbled": self.garbled}
        run.get(self.case.outcome, self.work)()
        self.check_upstream()
        self.check_record()

    # -- what each protocol defines

    def make_server(self):
        """The fake upstream. It offers TLS if `self.tls` is set, from the first byte if case.server is implicit."""
        return protocol_module(self.protocol).Server(
            protocol=self.protocol, tls=self.tls, implicit=self.case.server == "implicit"
        )

    def work(self):
        raise NotImplementedError

    def refused(self):
        raise NotImplementedError

    def no_upstream(self):
        raise NotImplementedError

    def garbled(self):
        """The client sends plaintext to a TLS port: it must get no answer in plaintext."""
        raise NotImplementedError

    def ours(self):
        """A pattern of what the proxy sends to the upstream before the client's data; depends on case.leg and case.server."""
        raise NotImplementedError

    # A pattern of what the proxy itself sends inside the upstream's TLS, before the client's data.
    ours_inside = b""
    # A pattern of what may follow `crossed` in a session that was refused.
    farewell = b""
    # The least number of the client's bytes that must count as application data.
    least_bytes = 1

    def ended_in_order(self):
        """Checks how the stream ended, once the client has read to its end."""
        inside = self.case.client == "implicit" or self.client.tls is not None
        assert self.client.end is (End.CLOSE_NOTIFY if inside else End.FIN)

    # -- what the upstream saw

    def check_upstream(self):
        if self.case.outcome == "garbled":
            return
        seen = self.place.upstream.finished()
        plain, inside = bytes(seen.plain), bytes(seen.inside)
        crossed = re.escape(self.crossed)
        if self.case.outcome in ("530", "421"):
            crossed += self.farewell
        if self.case.leg == "plain":
            assert re.fullmatch(self.ours() + crossed, plain, re.DOTALL), plain
            assert inside == b""
        else:
            assert re.fullmatch(self.ours(), plain, re.DOTALL), plain
            assert re.fullmatch(self.ours_inside + crossed, inside, re.DOTALL), inside
        assert len(self.place.upstream.connections) == 1, "the upgrade keeps the upstream's connection"

    # -- what the record says

    def check_record(self):
        record = self.place.record(self.client)
        assert (record["end"], record["blame"]) == RECORDS[self.case.outcome]
        assert (record["listener"], record["protocol"]) == (self.place.name, self.place.protocol)
        encrypted = self.case.outcome in ("tls", "inside") or self.client.tls is not None
        self.check_leg(record["client_tls"], encrypted)
        self.check_leg(record["server_tls"], self.case.leg != "plain" and self.case.outcome != "garbled")
        if self.case.outcome != "garbled":
            assert record["server"] == self.place.upstream.address
        if RECORDS[self.case.outcome] == ("closed", "none"):
            assert record["bytes_in"] >= self.least_bytes
            assert record["bytes_out"] > 0

    @staticmethod
    def check_leg(value, encrypted):
        if not encrypted:
            assert value == "plain"
        else:
            assert value["version"] == "TLSv1.3"
            assert value["cipher"].startswith("TLS_")
            assert value["group"] == "X25519"
