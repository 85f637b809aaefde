"""Runs scenarios: starts the peers, checks each cell once, then measures in interleaved rounds."""

import contextlib
import dataclasses
import pathlib
import re
import sys
import tempfile
import time

from measuring import certificate, figures, peers, place, processes
from measuring.routes import BACKENDS, ROUTES

GIB = 1 << 30
_SHARE = 256 << 10


class Bench:
    """The certificates, the backends and all peers of a run; a context."""

    def __init__(self, driver, progress):
        self.driver, self.progress = driver, progress
        self.stack = contextlib.ExitStack()

    def __enter__(self):
        folder = pathlib.Path(self.stack.enter_context(tempfile.TemporaryDirectory(prefix="starlock-bench-")))
        folder.chmod(0o755)
        certificate.make(folder)
        self.folder = folder
        self.backend = self.stack.enter_context(
            processes.Backend(self.driver, folder / "cert.pem", folder / "key.pem", BACKENDS)
        )
        return self

    def __exit__(self, *arguments):
        return self.stack.__exit__(*arguments)

    def start(self, peer, routes):
        """A context in which the peer runs with these routes: its ports by route, and its processes."""
        return peer.started(self.folder, self.backend.ports, routes)

    def words(self, scenario, peer, port):
        """The arguments of the load."""
        tls = None if peer.program == "direct" else scenario.client_tls
        words = {"port": port, "tls": tls}
        if scenario.verb == "bulk":
            # Each connection carries enough data that its setup cost does not count.
            share = max((scenario.mib << 20) // scenario.connections, _SHARE if scenario.connections > 1 else 0)
            words |= {"what": scenario.what, "bytes": share * scenario.connections, "record": scenario.record}
            words |= {"connections": scenario.connections}
        elif scenario.verb == "sessions":
            protocol = ROUTES[scenario.route].protocol
            words |= {"protocol": protocol or "raw", "count": scenario.count, "at_once": scenario.at_once}
            words |= {"starttls": 1 if protocol and tls else None, "resume": 1 if scenario.resume == "client" else None}
        else:
            words |= {"connections": scenario.connections}
            if scenario.verb == "latency":
                words |= {"count": scenario.count, "rate": scenario.rate}
        return words

    def once(self, scenario, peer, ports, pids, check=False):
        """One measurement; with `check`, a small one that verifies every byte. Raises processes.Failure."""
        words = self.words(scenario, peer, ports[scenario.route])
        if check:
            words |= {key: min(words[key], most) for key, most in _SMALL.items() if key in words}
            if scenario.verb == "bulk":
                words |= {"check": 1, "bytes": 16 << 20}
        core, backend_core = place.load_cores(scenario.workers)
        self.backend.pin(backend_core)
        with contextlib.ExitStack() as stack:
            if scenario.standing and not check:
                others = {"port": words["port"], "tls": words["tls"], "connections": scenario.standing}
                stack.enter_context(processes.Load(self.driver, "idle", core, **others))
            if scenario.bulk_beside and not check:
                stack.enter_context(self._bulk(scenario, core, words)).begin()
            before_all = processes.memory_of(pids) if scenario.verb == "idle" else 0
            # The latency load must not wait for other processes on its core.
            nice = -1 if scenario.verb == "latency" else 0
            load = stack.enter_context(processes.Load(self.driver, scenario.verb, core, nice, **words))
            self.backend.seen()
            run = self._measured(scenario, load, pids, words, check or scenario.bulk_beside > 0)
            if scenario.verb == "idle":
                run["cost"] = (processes.memory_of(pids) - before_all) / 1024 / words["connections"]
            self._agreed(scenario, peer, run, words)
        if scenario.bulk_beside and not check:  # The download was cut off: wait until proxy and backend have dealt with that.
            processes.settle([*pids, self.backend.pid])
        return {key: value for key, value in run.items() if isinstance(value, (int, float))}

    def _bulk(self, scenario, core, words):
        """A download that lasts longer than the measurement, with low priority."""
        told = {"what": "D", "bytes": 1 << 38, "record": 16384, "connections": scenario.bulk_beside}
        return processes.Load(self.driver, "bulk", core, 19, port=words["port"], tls=words["tls"], **told)

    def _clocks(self, pids, cores):
        return {
            "proxy": processes.cpu_of(pids),
            "behind": place.cpu_seconds(self.backend.pid),
            "busy": place.busy_seconds(cores),
            "time": time.monotonic(),
        }

    def _measured(self, scenario, load, pids, words, quickly):
        cores, everyone = place.proxy_cores(scenario.workers), [*pids, self.backend.pid]
        if not quickly:
            processes.settle(everyone)
        before = self._clocks(pids, cores)
        taken = load.go()
        after = self._clocks(pids, cores)
        if scenario.verb == "idle":
            processes.settle(everyone)
            return taken
        if not quickly:
            processes.settle(pids)
        proxy = processes.cpu_of(pids) - before["proxy"]
        seconds, during, behind, busy = (after[key] - before[key] for key in ("time", "proxy", "behind", "busy"))
        elapsed = taken["seconds"]
        load_cores = len(set(place.load_cores(scenario.workers)))
        run = {
            **taken,
            "cpu": proxy,
            "proxy_share": during / seconds / len(cores),
            "load_share": (taken["load_cpu"] + behind) / seconds / load_cores,
            # With as many workers as cores, the load itself would count as others.
            "others_share": max(0.0, busy - during) / seconds / len(cores) if scenario.workers == 1 else 0.0,
        }
        if scenario.verb == "bulk":
            run |= {"cost": proxy / (words["bytes"] / GIB), "rate": words["bytes"] / (1 << 20) / elapsed}
        elif scenario.verb == "sessions":
            run |= {"cost": proxy / words["count"] * 1000, "rate": words["count"] / elapsed}
        else:
            run |= {"cost": taken["p50"], "rate": words["count"] / elapsed}
        return run

    def _agreed(self, scenario, peer, run, words):
        """Checks that all proxies did the same work: cipher, group, resumption."""
        front, behind = scenario.agreed
        if peer.program != "direct" and not _is(run.get("agreed", ""), front):
            raise processes.Failure(f"{run['agreed']} was agreed on, not {front}")
        if scenario.resume == "client" and run["resumed"] < words["count"]:
            raise processes.Failure(f"only {run['resumed']} of {words['count']} sessions were resumed")
        seen = self.backend.seen()[ROUTES[scenario.route].backend]
        if seen["failed"]:
            raise processes.Failure(f"the backend saw {seen['failed']} failures")
        if scenario.verb != "sessions" or not behind:
            return
        if not _is(seen["agreed"], behind):
            raise processes.Failure(f"the proxy and the server agreed on {seen['agreed']}, not {behind}")
        if scenario.resume == "server":
            # The first concurrent sessions have no ticket yet, and a TLS 1.3 ticket may be for one use only.
            run["resumed_share"] = seen["resumed"] / seen["handshakes"]
            if not seen["resumed"]:
                raise processes.Failure("the proxy resumed no session with the server")
        if scenario.resume != "server" and seen["resumed"]:
            raise processes.Failure(f"the proxy resumed {seen['resumed']} sessions with a server that issues no tickets")


def _is(agreed, wanted):
    """If any group will do, `wanted` ends with the slash before it."""
    return agreed.startswith(wanted) if wanted.endswith("/") else agreed == wanted


def _one_line(failure):
    return " ".join(str(failure).split())[:200]


# The size of a check.
_SMALL = {"count": 64, "connections": 50, "record": 65535}


class Plan:
    """The cells of a run: peers × scenarios, with the runs of each or why there is none."""

    def __init__(self, bench, scenarios, chosen):
        self.bench, self.scenarios, self.peers = bench, scenarios, chosen
        self.standing = {}  # peer's name → (ports, pids) of the peers that run all the time
        self.runs = {scenario.name: {peer.name: [] for peer in chosen} for scenario in scenarios}
        self.missing = {
            scenario.name: {peer.name: why for peer in chosen if (why := scenario.missing(peer))} for scenario in scenarios
        }

    def cells(self):
        for scenario in self.scenarios:
            for peer in self.peers:
                if peer.name not in self.missing[scenario.name]:
                    yield scenario, peer

    def start(self):
        """Starts every peer that takes part. If one fails to start, its cells say so."""
        for peer in self.peers:
            routes = sorted({scenario.route for scenario, each in self.cells() if each is peer and not scenario.fresh})
            if not routes:
                continue
            self.bench.progress(f"starting {peer.name}")
            try:
                self.standing[peer.name] = self._started(peer, routes)
            except processes.Failure as failure:
                for scenario, each in list(self.cells()):
                    if each is peer:
                        self.missing[scenario.name][peer.name] = f"failed: {_one_line(failure)}"

    def _started(self, peer, routes):
        with contextlib.ExitStack() as stack:
            ports, pids = stack.enter_context(self.bench.start(peer, routes))
            processes.require_rest(pids)
            self.bench.stack.push(stack.pop_all())
        return ports, pids

    def _one(self, scenario, peer, check):
        if not scenario.fresh:
            return self.bench.once(scenario, peer, *self.standing[peer.name], check)
        with contextlib.ExitStack() as stack:
            one = peers.more_workers(peer, scenario.workers) if scenario.workers > 1 else peer
            return self.bench.once(scenario, one, *stack.enter_context(self.bench.start(one, [scenario.route])), check)

    def _try(self, scenario, peer, check=False):
        try:
            return self._one(scenario, peer, check)
        except (processes.Failure, OSError) as failure:
            self.missing[scenario.name][peer.name] = f"failed: {_one_line(failure)}"
            print(f"bench: {scenario.name} {peer.name}: {failure}", file=sys.stderr)
            return None

    def check(self):
        """Runs each cell once: warms it up and verifies every byte."""
        cells = list(self.cells())
        for number, (scenario, peer) in enumerate(cells):
            self.bench.progress(f"checking {number + 1} of {len(cells)}: {scenario.name} {peer.name}")
            self._try(scenario, peer, check=True)

    def measure(self, rounds, deadline):
        """Measures in interleaved rounds, up to `deadline` (time.monotonic()). Returns how many rounds were begun."""
        for number in range(rounds):
            cells = [(scenario, peer) for scenario, peer in self.cells() if number < scenario.rounds]
            for done, (scenario, peer) in enumerate(cells):
                if time.monotonic() > deadline:
                    return number + (done > 0)
                place = f"round {number + 1} of {rounds}, {done + 1} of {len(cells)}"
                self.bench.progress(f"{place}: {scenario.name} {peer.name}")
                if (run := self._try(scenario, peer)) is not None:
                    self.runs[scenario.name][peer.name].append(run)
        return rounds

    def results(self):
        return [
            {
                "name": scenario.name,
                "title": scenario.title,
                "group": scenario.group,
                "verb": scenario.verb,
                "unit": scenario.unit,
                "peers": {peer.name: self._cell(scenario.name, peer.name) for peer in self.peers},
            }
            for scenario in self.scenarios
        ]

    def _cell(self, scenario, peer):
        missing = self.missing[scenario].get(peer)
        runs = self.runs[scenario][peer]
        if not missing and not runs:
            missing = "the time limit was reached first"
        return {"missing": missing} if missing else {**figures.summary(runs), "runs": runs}


def chosen(scenarios, pattern, quick):
    """The scenarios to run: those of --quick or all; with a pattern, those of all whose name matches."""
    return [each for each in scenarios if re.search(pattern, each.name) and (each.quick or not quick or pattern)]


def scaled(scenario, by):
    """The same scenario with this fraction of the work. Its figures are less accurate."""
    if by == 1:
        return scenario
    return dataclasses.replace(
        scenario, mib=max(16, int(scenario.mib * by)), count=max(64, int(scenario.count * by))
    )  # fmt: skip
