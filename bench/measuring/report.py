"""The report as text."""

from measuring import figures

LEGEND = (
    "median, then the middle half of the runs (with fewer than four runs: minimum and maximum). proxy, load: share of their",
    "core (load: clients and backend). others: share of the proxy's core that other processes used.",
    "limit LOAD: the load's core was full, so the proxy was not at its limit: its CPU time is valid, its rate is not.",
    "limit NOISE: other processes used the proxy's core, or the machine stood still (the load itself was late): compare",
    "only within this run, if at all.",
)
_RATES = {"bulk": "MiB/s", "sessions": "/s"}


def number(value):
    """A number with three significant digits, and at most three decimals."""
    if value is None:
        return "-"
    size = abs(value)
    return f"{value:.0f}" if size >= 100 else f"{value:.1f}" if size >= 10 else f"{value:.2f}" if size >= 1 else f"{value:.3f}"


def head(result):
    """The versions, the machine and the settings."""
    facts = result["machine"]
    lines = [f"{facts['date']}  {facts['cpu']}, {facts['cores']} cores, Linux {facts['kernel']}, {facts['congestion']}, "
             f"load average {facts['load']} at the start"]  # fmt: skip
    lines += [f"{name}: {version}" for name, version in result["versions"].items()]
    settings = result["settings"]
    how = f"{settings['mode']}, {settings['rounds']} interleaved rounds (a scenario may ask for fewer)"
    return [*lines, f"AES-128-GCM, X25519, P-256 unless stated otherwise; {how}"]


def table(scenario):
    verb = scenario["verb"]
    unit = {"bulk": "CPU-s/GiB of the proxy", "sessions": "CPU-ms of the proxy, each", "latency": "µs, p50",
            "idle": "KiB of the proxy's memory, each"}[verb]  # fmt: skip
    lines = ["", f"{scenario['title']} ({unit})  [{scenario['name']}]"]
    columns = f"  {'':14} {'median':>7} {'spread':>15} {'n':>2}"
    if verb == "latency":
        columns += f" {'p99':>8} {'p99.9':>8} {'load late':>9}"
    if any("resumed_share" in cell for cell in scenario["peers"].values()):
        columns += f" {'resumed':>7}"
    if verb in _RATES:
        columns += f" {_RATES[verb]:>7}"
    if verb != "idle":
        columns += f" {'proxy':>6} {'load':>6} {'others':>6}  limit"
    lines.append(columns)
    why = {}
    for name, cell in scenario["peers"].items():
        if "missing" in cell:
            why.setdefault(cell["missing"], []).append(name)
        else:
            lines.append(_row(verb, name, cell))
    # Reasons that need no mention: the floor is no proxy, and the scenario is for some peers only.
    lines += [f"  {', '.join(names)}: {each}" for each, names in why.items() if each not in ("not asked", "no proxy")]
    return lines + _ratios(scenario)


def _row(verb, name, cell):
    spread = f"{number(cell['low'])}–{number(cell['high'])}"
    row = f"  {name:14} {number(cell['median']):>7} {spread:>15} {cell['n']:>2}"
    if verb == "latency":
        row += f" {number(cell['p99']):>8} {number(cell['p999']):>8} {number(cell['lag_p99']):>9}"
    if "resumed_share" in cell:
        row += f" {cell['resumed_share']:7.0%}"
    if verb in _RATES:
        row += f" {cell['rate']:7.0f}"
    if verb != "idle":
        row += "".join(f" {cell[key]:6.0%}" for key in ("proxy_share", "load_share", "others_share"))
        row += f"  {figures.limit(cell)}"
    return row


def _ratios(scenario):
    ours = figures.measured(scenario, "starlock")
    if not ours:
        return []
    parts = []
    if other := figures.measured(scenario, "other"):
        parts.append(f"{ours / other:.2f} × other")
    for form in figures_forms(scenario):
        if found := figures.best(scenario, form):
            parts.append(f"{ours / found[1]:.2f} × {found[0]}")
    return ["  starlock is " + ", ".join(parts)] if parts else []


def figures_forms(scenario):
    return ("default", "tuned") if any(name.endswith("-tuned") for name in scenario["peers"]) else ("default",)


def micro(benchmarks):
    lines = ["", "Micro benchmarks (CPU time)"] if benchmarks else []
    for name, found in benchmarks.items():
        if "missing" in found:
            lines.append(f"  {name:32} {'-':>10}  {found['missing']}")
            continue
        speed = f"{found['bytes_per_second'] / 1e9:8.2f} GB/s" if found["bytes_per_second"] else ""
        lines.append(f"  {name:32} {found['ns']:10.0f} ns {speed}".rstrip())
    return lines


def targets(rows):
    lines = ["", "Targets", f"  {'':84} {'starlock':>9} {'against':>24} {'ratio':>6} {'target':>7}"]
    for row in rows:
        if "missing" in row:
            lines.append(f"  {row['what']:84} {'-':>9}  {row['missing']}")
            continue
        against = f"{row['against']} {number(row['than'])}" if row["than"] is not None else row["against"]
        verdict = ("met" if row["met"] else "NOT MET") + (" (noise)" if row.get("noise") else "")
        lines.append(f"  {row['what']:84} {number(row['value']):>9} {against:>24} {number(row['ratio']):>6} "
                     f"{'≤ ' + format(row['target'], 'g'):>7}  {verdict}")  # fmt: skip
    return lines


def text(result):
    """The complete report."""
    lines = head(result)
    for scenario in result["scenarios"]:
        lines += table(scenario)
    lines += micro(result.get("micro", {}).get("benchmarks", {}))
    lines += targets(result.get("targets", []))
    return "\n".join([*lines, "", *LEGEND])
