import contextlib
import os
import subprocess
import sys
import types

import pytest
from measuring import processes, run, scenarios

REST, BUSY = "import signal; signal.pause()", "while True: pass"


@contextlib.contextmanager
def program(text):
    process = subprocess.Popen([sys.executable, "-c", text])
    try:
        yield process.pid
    finally:
        process.kill()
        process.wait()


def test_who_rests_may_be_measured():
    with program(REST) as pid:
        processes.require_rest([pid])


def test_who_is_busy_with_nothing_to_do_is_named():
    with program(BUSY) as pid, pytest.raises(processes.Failure, match="while idle"):
        processes.require_rest([pid])


def test_a_peer_that_is_busy_for_nothing_is_stopped_and_its_cells_say_why():
    scenario = next(each for each in scenarios.SCENARIOS if each.name == "bulk-plain-down")
    started = []

    @contextlib.contextmanager
    def start(peer, _routes):
        with program(BUSY if peer.name == "busy" else REST) as pid:
            started.append(pid)
            yield {"plain": 1}, [pid]

    def peer(name):
        return types.SimpleNamespace(name=name, program=name, missing=lambda _route: "", one_worker="")

    with contextlib.ExitStack() as stack:
        bench = types.SimpleNamespace(stack=stack, start=start, progress=lambda _words: None)
        plan = run.Plan(bench, [scenario], [peer("busy"), peer("calm")])
        plan.start()
        assert list(plan.standing) == ["calm"]
        assert "while idle" in plan.missing[scenario.name]["busy"]
        assert "calm" not in plan.missing[scenario.name]
        with pytest.raises(ProcessLookupError):
            os.kill(started[0], 0)
        os.kill(started[1], 0)
