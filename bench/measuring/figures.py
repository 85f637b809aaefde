"""What runs amount to: medians with their spread, who was at the limit, ratios."""

import statistics

FULL = 0.9  # above this share of its core a side is at its limit
NOISY = 0.1  # above this share of the proxy's core, taken by others, a figure counts for little
LATE = 300  # µs: who asks comes first on its core; where it is so late one time in a hundred, the machine stood still


def quartiles(values):
    """The middle half's ends; of few values the least and the most."""
    ordered = sorted(values)
    if len(ordered) < 4:
        return ordered[0], ordered[-1]
    low, _, high = statistics.quantiles(ordered, n=4, method="inclusive")
    return low, high


def summary(runs):
    """Of a cell: the median of each number of its runs; of the cost its spread too."""
    costs = [run["cost"] for run in runs]
    low, high = quartiles(costs)
    beside = {key: statistics.median(run[key] for run in runs) for key in runs[0] if key != "cost"}
    return {"median": statistics.median(costs), "least": min(costs), "most": max(costs), "low": low, "high": high,
            "n": len(costs), **beside}  # fmt: skip


def limit(cell):
    """Who was at the limit in a cell: NOISE, proxy, LOAD, or nobody (waiting). Empty where it does not matter."""
    if "proxy_share" not in cell:
        return ""
    if cell["others_share"] >= NOISY or cell.get("lag_p99", 0) >= LATE:
        return "NOISE"
    if cell["proxy_share"] >= FULL:
        return "proxy"
    return "LOAD" if cell["load_share"] >= FULL else "waiting"


def measured(scenario, peer):
    """A cell's median, or None."""
    return scenario["peers"].get(peer, {}).get("median") if scenario else None


OURS = ("starlock", "other", "direct")


def is_peer(name):
    return name not in OURS and not name.startswith("relay-")


def best(scenario, form):
    """The cheapest peer in a form (default, tuned, any): (name, median), or None."""
    found = []
    for name, cell in scenario["peers"].items():
        tuned = name.endswith("-tuned")
        if is_peer(name) and "median" in cell and (form == "any" or tuned == (form == "tuned")):
            found.append((cell["median"], name))
    if not found:
        return None
    cost, name = min(found)
    return name, cost
