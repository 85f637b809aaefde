"""The regression check: compares two result files cell by cell."""

from measuring import figures, report

# A median must differ by more than this to count, and the spreads must not overlap.
TOLERANCE = 0.1
ENOUGH = 2  # runs in each cell that a verdict needs


def verdict(old, new, tolerance=TOLERANCE):
    """The verdict on two cells: worse, better, same, or why they cannot be compared."""
    if "missing" in new:
        return "same" if "missing" in old else f"gone: {new['missing']}"
    if "missing" in old:
        return "new"
    ratio = new["median"] / old["median"] if old["median"] else float("inf")
    if ratio > 1 + tolerance and new["low"] > old["high"]:
        said = "worse"
    elif ratio < 1 / (1 + tolerance) and new["high"] < old["low"]:
        said = "better"
    else:
        return "same"
    if "NOISE" in (figures.limit(old), figures.limit(new)):
        return f"{said}? other processes were busy on the proxy's core"
    if min(old["n"], new["n"]) < ENOUGH:
        return f"{said}? fewer than {ENOUGH} runs"
    return said


def _rows(old, new, peer):
    before = {scenario["name"]: scenario for scenario in old["scenarios"]}
    for scenario in new["scenarios"]:
        first = before.get(scenario["name"], {}).get("peers", {}).get(peer)
        second = scenario["peers"].get(peer)
        if first and second and not ("missing" in first and "missing" in second):
            yield scenario, first, second


def drift(old, new):
    """How much slower the unchanged peers were in the new run: the machine's part of a difference.

    1 if there are too few figures.
    """
    ratios = []
    for peer in {name for scenario in new["scenarios"] for name in scenario["peers"]} - {"starlock", "other"}:
        ratios += [second["median"] / first["median"] for scenario, first, second in _rows(old, new, peer)
                   if scenario["verb"] in ("bulk", "sessions") and "median" in first and "median" in second]  # fmt: skip
    ratios.sort()
    return ratios[len(ratios) // 2] if len(ratios) >= 5 else 1.0


def _scaled(cell, by):
    return cell if "missing" in cell else {**cell, **{key: cell[key] * by for key in ("median", "low", "high")}}


def compare(old, new, tolerance=TOLERANCE):
    """Returns (lines, whether any of Starlock's figures is worse or missing)."""
    by = drift(old, new)
    same_machine = all(old["machine"][key] == new["machine"][key] for key in ("cpu", "cores", "kernel"))
    lines = [f"old: {old['machine']['date']}, {old['versions']['starlock']}",
             f"new: {new['machine']['date']}, {new['versions']['starlock']}"]  # fmt: skip
    if not same_machine:
        lines.append("the machines differ, so this comparison is not a regression check")
    lines.append(f"the peers were {by:.2f} × as slow in the new run; CPU times of the old run are multiplied by this")
    worse = False
    for scenario, first, second in _rows(old, new, "starlock"):
        scaled = _scaled(first, by) if scenario["verb"] in ("bulk", "sessions") else first
        said = verdict(scaled, second, tolerance)
        worse = worse or said == "worse" or said.startswith("gone")
        numbers = " ".join(f"{report.number(cell.get('median')):>8}" for cell in (scaled, second))
        lines.append(f"{scenario['name']:32} {numbers} {scenario['unit']:10} {said}")
    return lines, worse
