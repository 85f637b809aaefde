"""No peer can hold a session that is over: a client's end travels, and every handshake has its own deadline."""

import pytest
from speech import SPEECH, each, pairs
from test_half_close import EVERY, Session

from pysupport.rig import Rig
from pysupport.timing import milliseconds

# In the longest case, a client that has ended waits four seconds for the server's next bytes.
SOON = 8
LEGS = [("opportunistic", "off"), ("off", "off"), ("opportunistic", "required")]
# The client of these protocols says nothing in plaintext but the upgrade and the login.
CASES = [(name, *legs) for name in EVERY if name not in ("postgres", "mysql") for legs in LEGS]
UPGRADES = [("opportunistic", "off"), ("opportunistic", "required")]


@pytest.fixture(scope="module")
def rig(certs, folder):
    rig = Rig(certs, folder, sorted({*CASES, *pairs(LEGS)}))
    yield rig
    rig.close()


@pytest.fixture(scope="module")
def hasty(certs, folder):
    """A rig with a short deadline for each negotiation and handshake."""
    rig = Rig(certs, folder, pairs(UPGRADES), limits={"negotiation_timeout": milliseconds(1500)})
    yield rig
    rig.close()


def units(words, tail):
    last = b"" if words.first.startswith(b"<") else words.last
    return {
        "nothing": b"",
        "more": last,
        "the-upgrade": words.upgrade + last,
        "a-login": (words.login or b"") + last,
        "half-a-unit": words.upgrade[:3],
    }[tail]


class Waiting:
    """A client that has sent a command, which the server never answers, and `tail`, and has ended."""

    def __init__(self, rig, case, tail, how):
        session = Session(rig, case)

        def never_answers(channel):
            channel.rest()
            return False

        session.serve(never_answers)
        self.case, self.place = case, session.place
        self.client = session.arrive()
        self.client.send(session.first + units(session.words, tail))
        if how == "reset":
            self.client.pause(0.1)  # a reset overtakes what was sent
            self.client.reset()
        elif how == "close":
            self.client.close()
        else:
            self.client.half_close()

    def ends(self):
        """Waits until the server has learnt of the client's end."""
        channel = self.place.upstream.connections[-1] if self.place.upstream.connections else self.place.upstream.connection()
        assert channel.done.wait(SOON), f"{self.case}: the end never came"
        self.client.close()
        self.place.record(self.client)


@pytest.mark.parametrize("how", ["half-close", "reset"])
@pytest.mark.parametrize("tail", ["nothing", "more", "half-a-unit"])
@pytest.mark.parametrize("case", [case for case in CASES if case[1] == "opportunistic"], ids="-".join)
def test_the_clients_end_does_not_wait_for_an_answer(rig, case, tail, how):
    Waiting(rig, case, tail, how).ends()


@pytest.mark.parametrize("how", ["half-close"])
@pytest.mark.parametrize("tail", ["the-upgrade", "a-login"])
@pytest.mark.parametrize("legs", LEGS, ids="-".join)
def test_nor_for_long_if_more_depends_on_the_answer(rig, legs, tail, how):
    """All protocols at once, because each may take some seconds."""
    for waiting in [Waiting(rig, case, tail, how) for case in CASES if case[1:] == legs]:
        waiting.ends()


@pytest.mark.parametrize("sends", [True, False], ids=["a-command", "nothing"])
@pytest.mark.parametrize("legs", LEGS, ids="-".join)
def test_a_client_that_ends_before_the_greeting(rig, legs, sends):
    waiting = []
    for case in [case for case in CASES if case[1:] == legs]:
        place = rig.at(*case).serve(lambda channel: channel.rest())
        client = place.dial()
        client.send(EVERY[case[0]].first if sends else b"")
        client.close()
        waiting.append((place, client))
    for place, client in waiting:
        record = place.record(client)
        assert record["end"] in ("closed", "reset", "tls_required"), record
        assert record["duration_ms"] < SOON * 1000, record


@each(UPGRADES)
def test_a_handshake_in_mid_session_has_a_deadline(hasty, row, modes, data):
    place = hasty.at(row.protocol, *modes).serve_fake()
    client = row.ready(place)
    client.send(client.starttls_request())
    client.rest()
    client.close()
    record = place.record(client)
    assert (record["end"], record["blame"]) == ("timeout", "client"), record


# In these protocols the server's leg is dialled, or upgraded, after the client's handshake.
@each([("opportunistic", "off")], protocols=[name for name in SPEECH if not name.startswith(("xmpp", "postgres", "mysql"))])
def test_a_server_that_ends_during_the_clients_handshake(rig, row, modes, data, certs):
    place = rig.at(row.protocol, *modes).serve_fake()
    client = row.ready(place)
    client.send(client.starttls_request())
    client.read_go_ahead()
    place.upstream.connection().half_close()
    client.rest()
    client.close()
    record = place.record(client)
    assert (record["end"], record["blame"]) == ("closed", "server"), record
