"""The table for people."""

import statistics

FULL = 0.9  # above this share of its core a side is at its limit
NOISY = 0.1  # above this share of the proxy's core, taken by others, a figure counts for little

LEGEND = (
    "proxy, load: share of its core (load: clients and backend). others: of the proxy's core, taken by programs that",
    "are no part of this. limit LOAD: the load's core was full, so the proxy was not. NOISE: compare only within this run.",
)


def summary(runs):
    costs = [run["cost"] for run in runs]
    beside = {key: statistics.median(run[key] for run in runs) for key in runs[0] if key != "cost"}
    return {"cost": statistics.median(costs), "least": min(costs), "most": max(costs), **beside}


def limit(cell):
    if cell["others_share"] >= NOISY:
        return "NOISE"
    if cell["proxy_share"] >= FULL:
        return "proxy"
    return "LOAD" if cell["load_share"] >= FULL else "waiting"


def text(result):
    """The whole report."""
    facts, lines = result["machine"], []
    lines.append(f"{facts['date']}  {facts['cpu']}, {facts['cores']} cores, Linux {facts['kernel']}, "
                 f"{facts['congestion']}, load average {facts['load']} at the start")  # fmt: skip
    lines += [f"{name}: {version}" for name, version in result["versions"].items()]
    work = f"{result['mib']} MiB a transfer, {result['sessions']} sessions, {result['at_once']} at once"
    lines.append(f"{result['cipher']}, X25519, P-256; {result['rounds']} interleaved rounds, {work}")
    for task in result["tasks"]:
        unit, speed = ("CPU-s/GiB", "MiB/s") if task["bulk"] else ("CPU-ms", "/s")
        lines += ["", f"{task['title']} ({unit} of the proxy)"]
        head = f"  {'':10} {'median':>7} {'least':>7} {'most':>7} {speed:>8} {'proxy':>6} {'load':>6} {'others':>6}"
        lines.append(head + "  limit")
        for name, cell in task["peers"].items():
            if "missing" in cell:
                lines.append(f"  {name:10} {'-':>7}  {cell['missing']}")
                continue
            shares = "".join(f" {cell[key]:6.0%}" for key in ("proxy_share", "load_share", "others_share"))
            lines.append(f"  {name:10} {cell['cost']:7.2f} {cell['least']:7.2f} {cell['most']:7.2f} "
                         f"{cell['rate']:8.0f}{shares}  {limit(cell)}")  # fmt: skip
        lines += _ratios(task["peers"])
    return "\n".join([*lines, "", *LEGEND])


def _ratios(peers):
    ours = peers["starlock"]["cost"] if "cost" in peers.get("starlock", {}) else None
    others = {name: cell["cost"] for name, cell in peers.items() if name != "starlock" and "cost" in cell}
    if ours is None or not others:
        return []
    return ["  starlock is " + ", ".join(f"{ours / cost:.2f} × {name}" for name, cost in others.items())]
