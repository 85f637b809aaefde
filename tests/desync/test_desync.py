"""Mutated plaintext before STARTTLS, against real servers: whatever is granted, the server has read as we did.

STARLOCK_DESYNC_SECONDS: for all servers together (default 14). STARLOCK_DESYNC_SEED: another sequence.
"""

import ast
import asyncio
import os
import pathlib
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from converse import Recorder, Run, Talker  # noqa: E402
from peers import AT_ONCE, SERVERS  # noqa: E402
from pysupport.proxy import Proxy  # noqa: E402
from pysupport.rig import certificates  # noqa: E402
from pysupport.timing import SLOWDOWN  # noqa: E402

SECONDS = float(os.environ.get("STARLOCK_DESYNC_SECONDS", "14")) / len(SERVERS) * SLOWDOWN
SEED = int(os.environ.get("STARLOCK_DESYNC_SEED", "1"))


def corpus(protocol):
    """Sequences of units that once desynchronised a server, a Python list a line."""
    path = HERE / "corpus" / f"{protocol}.txt"
    lines = path.read_text().splitlines() if path.exists() else []
    return [ast.literal_eval(line) for line in lines if line and not line.startswith("#")]


async def examine(peer, server, certs, folder, at_once):
    """Runs one server's conversations, each talker with a listener and a recorder of its own."""
    recorders = [Recorder(server) for _ in range(at_once)]
    for recorder in recorders:
        await recorder.listen()
    listeners = [
        {
            "name": f"l{number}", "listen": "127.0.0.1:0", "protocol": peer.protocol,
            "client": {"tls": "opportunistic", "certificates": ["ecdsa"]},
            "server": {"address": f"127.0.0.1:{recorder.port}", "tls": "off"},
        }
        for number, recorder in enumerate(recorders)
    ]  # fmt: skip
    limits = {"drain_timeout": "100ms"}
    with Proxy({"certificates": certificates(certs), "limits": limits, "listeners": listeners}, folder) as proxy:
        context = certs.client_context()
        talkers = [Talker(peer, proxy.port(f"l{number}"), recorder, context) for number, recorder in enumerate(recorders)]
        run = Run(talkers, SEED, corpus(peer.protocol))
        await run.go(SECONDS)
    for recorder in recorders:
        recorder.close()
    return run


@pytest.mark.parametrize("name", SERVERS)
def test_the_server_reads_what_we_read(name, certs, folder, capsys):
    peer, start = SERVERS[name]
    daemon, port = start(folder / name, certs)
    with daemon:
        run = asyncio.run(examine(peer, port, certs, folder, AT_ONCE.get(name, 16)))
    with capsys.disabled():
        print(f"\nseed {SEED}: {name:16} {run.connections:7} connections {run.units:8} units {run.grants:7} upgrades", end="")
    assert not run.failures, "\n".join(run.failures)
    assert run.grants > 0
