"""Statistics of runs: medians with their spread, which side was at its limit, the best peer."""

import statistics

FULL = 0.9  # a side is at its limit above this share of its core
NOISY = 0.1  # a figure is noise if other processes took more than this share of the proxy's core
LATE = 300  # µs: the load has priority on its core; if its own 99th percentile is later than this, the machine stood still


def quartiles(values):
    """The ends of the middle half of the runs; with fewer than four runs, the minimum and the maximum."""
    ordered = sorted(values)
    if len(ordered) < 4:
        return ordered[0], ordered[-1]
    low, _, high = statistics.quantiles(ordered, n=4, method="inclusive")
    return low, high


def summary(runs):
    """The summary of a cell: the median of every number of its runs, and the spread of the cost."""
    costs = [run["cost"] for run in runs]
    low, high = quartiles(costs)
    beside = {key: statistics.median(run[key] for run in runs) for key in runs[0] if key != "cost"}
    return {"median": statistics.median(costs), "least": min(costs), "most": max(costs), "low": low, "high": high,
            "n": len(costs), **beside}  # fmt: skip


def limit(cell):
    """Which side was at its limit: NOISE, proxy, LOAD, or waiting (neither). Empty for scenarios without CPU shares."""
    if "proxy_share" not in cell:
        return ""
    if cell["others_share"] >= NOISY or cell.get("lag_p99", 0) >= LATE:
        return "NOISE"
    if cell["proxy_share"] >= FULL:
        return "proxy"
    return "LOAD" if cell["load_share"] >= FULL else "waiting"


def measured(scenario, peer):
    """The median of a cell, or None."""
    return scenario["peers"].get(peer, {}).get("median") if scenario else None


OURS = ("starlock", "other", "direct")


def is_peer(name):
    return name not in OURS and not name.startswith("relay-")


def best(scenario, form):
    """The cheapest peer of a form (default, tuned, any) as (name, median), or None."""
    found = []
    for name, cell in scenario["peers"].items():
        tuned = name.endswith("-tuned")
        if is_peer(name) and "median" in cell and (form == "any" or tuned == (form == "tuned")):
            found.append((cell["median"], name))
    if not found:
        return None
    cost, name = min(found)
    return name, cost
