"""The project's targets, and whether a run met them. Each compares our figure with another of the same run."""

import re

from measuring import figures

_HANDSHAKES = ("full-1.3", "resumed-1.3", "full-1.2", "resumed-1.2", "server-full-1.3", "server-resumed-1.3",
               "server-full-1.2", "server-resumed-1.2")  # fmt: skip
GROWTH = 0.1


def against_peer(scenario, form, target, key="median"):
    """Our figure against the best peer's."""
    row = {"what": f"{scenario['title']}: {form if form != 'any' else 'best'} peer", "scenario": scenario["name"]}
    if key != "median":
        row["what"] += f", {key}"
    ours = scenario["peers"].get("starlock", {})
    found = figures.best(scenario, form)
    if "median" not in ours or not found:
        return {**row, "missing": ours.get("missing", "no peer supports it")}
    name, than = found[0], scenario["peers"][found[0]][key]
    value = ours[key]
    return _row(row, value, name, than, value / than, target)


def _row(row, value, against, than, ratio, target):
    return {**row, "value": value, "against": against, "than": than, "ratio": ratio, "target": target,
            "met": ratio <= target}  # fmt: skip


def against_limit(scenario, relays, seconds_per_gib, ciphers):
    """Our figure against a plaintext relay plus the cipher's own cost, `ciphers` times per byte."""
    row = {"what": f"{scenario['title']}: the limit", "scenario": scenario["name"]}
    value = figures.measured(scenario, "starlock")
    relay = figures.measured(relays, "relay-64k")
    if value is None or relay is None or not seconds_per_gib:
        return {**row, "missing": "the plain relay or the cipher was not measured"}
    than = relay + ciphers * seconds_per_gib
    return _row(row, value, "relay-64k + AES-GCM", than, value / than, 1.2)


def against_one_leg(scenario, one_leg):
    """TLS on both legs with the same cipher, against TLS on the client leg only."""
    row = {"what": f"{scenario['title']}: one leg", "scenario": scenario["name"]}
    value, than = figures.measured(scenario, "starlock"), figures.measured(one_leg, "starlock")
    if value is None or than is None:
        return {**row, "missing": "not measured"}
    return _row(row, value, "TLS on one leg", than, value / than, 1.3)


def at_most(scenario, target, words):
    row = {"what": scenario["title"], "scenario": scenario["name"]}
    value = figures.measured(scenario, "starlock")
    if value is None:
        return {**row, "missing": scenario["peers"].get("starlock", {}).get("missing", "not measured")}
    return _row(row, value, words, None, value, target)


def growth(first, last, floors=None):
    """The figure with the most connections, relative to the one with the fewest.

    `floors`: the same two figures of a plaintext relay, whose growth is the kernel's.
    """
    row = {"what": f"growth: {last['title']}", "scenario": last["name"]}
    value, than = figures.measured(last, "starlock"), figures.measured(first, "starlock")
    if value is None or than is None:
        return {**row, "missing": "not measured"}
    few, many = (figures.measured(each, "relay-64k") for each in floors or (None, None))
    if few and many:
        row["what"] += f" (a plain relay's: {many / few:.2f})"
    against = re.sub(r"^(growth|workers)-", "", first["name"])
    return _row(row, value, against, than, value / than, 1 + GROWTH)


def latency(scenario):
    """Round-trip time. What a proxy adds may be close to zero, so a ratio of that would mean nothing."""
    return [against_peer(scenario, "any", 1.0), _best_by(scenario, "p99")]


def _best_by(scenario, key):
    """Like against_peer, but the best peer is the best one by `key`."""
    by_key = {name: {**cell, "median": cell[key]} for name, cell in scenario["peers"].items() if key in cell}
    row = against_peer({**scenario, "peers": by_key}, "any", 1.0)
    return {**row, "what": f"{row['what']}, {key}"}


def evaluate(result):
    """All rows for which this run has figures."""
    by_name = {scenario["name"]: scenario for scenario in result["scenarios"]}
    cipher = result.get("micro", {}).get("seconds_per_gib")
    rows = []
    for name, scenario in by_name.items():
        if name.endswith("-1400"):
            rows.append(against_peer(scenario, "any", 0.4))
        elif name.startswith("bulk-"):
            rows += [against_peer(scenario, "default", 0.5), against_peer(scenario, "tuned", 0.65)]
            ciphers = {"bulk-plain": 0, "bulk-both-": 2}.get(name[:10], 1)
            if name.startswith("bulk-both-"):
                rows.append(against_one_leg(scenario, by_name.get(name.replace("both", "terminate"))))
            if "other" not in name:
                plain = by_name.get("bulk-plain-up" if name.endswith("up") else "bulk-plain-down")
                rows.append(against_limit(scenario, plain or by_name.get("bulk-plain-down"), cipher, ciphers))
        elif name.removeprefix("handshake-") in _HANDSHAKES:
            rows.append(against_peer(scenario, "any", 0.6))
        elif name.startswith("session-"):
            rows.append(against_peer(scenario, "any", 0.5))
        elif name.startswith("latency-"):
            rows += latency(scenario)
        elif name.startswith("idle-"):
            rows.append(at_most(scenario, 6 if "terminate" in name else 10, "KiB"))
    for first, last in _ends(by_name):
        floors = [by_name.get(each["name"].replace("growth-bulk-", "growth-plain-")) for each in (first, last)]
        rows.append(growth(first, last, floors if first["name"].startswith(("growth-bulk-", "growth-plain-")) else None))
    for row in rows:
        if figures.limit(by_name[row["scenario"]]["peers"].get("starlock", {})) == "NOISE":
            row["noise"] = True
    return rows


def _ends(by_name):
    """For each kind of growth: its first scenario with each of the others; and 1 worker with 2."""
    for kind in ("growth-bulk-", "growth-plain-", "growth-session-", "workers-bulk-", "workers-handshake-"):
        found = sorted((int(name.removeprefix(kind)), name) for name in by_name if name.startswith(kind))
        for _, name in found[1:]:
            yield by_name[found[0][1]], by_name[name]
