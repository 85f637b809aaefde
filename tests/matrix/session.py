"""One cell of the table (table.py), played with a fake upstream and a plain-spoken client: what all protocols share."""

import re

from table import RECORDS

from pysupport.channel import End
from pysupport.rig import speech


class PairSession:
    """One session, step by step; what the client did is what the upstream should see of it.

    A protocol's own class makes `self.server` (with make_server) and says how its client works: work() for the outcomes
    plain, 502, theirs, declined, tls and inside; refused() and no_upstream(), garbled(). `crossed` collects what of the
    client's words belongs to the upstream, ours() says what the proxy itself says there.
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

    # -- the protocol's own

    def make_server(self):
        """The fake upstream: offers TLS where `self.tls` is, from its first byte where case.server is implicit."""
        return speech(self.protocol).Server(
            protocol=self.protocol, tls=self.tls, implicit=self.case.server == "implicit"
        )

    def work(self):
        raise NotImplementedError

    def refused(self):
        raise NotImplementedError

    def no_upstream(self):
        raise NotImplementedError

    def garbled(self):
        """The client speaks plaintext where TLS is spoken: it gets no answer in plaintext."""
        raise NotImplementedError

    def ours(self):
        """A pattern of what the proxy says to the upstream itself, before what crosses: by case.leg and case.server."""
        raise NotImplementedError

    # What may follow `crossed` where the session came to nothing.
    farewell = b""
    # How much of what the client sends at the least counts as the application's.
    least_bytes = 1

    def ended_in_order(self):
        """The client has read to the end of its stream."""
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
            assert re.fullmatch(crossed, inside, re.DOTALL), inside
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
