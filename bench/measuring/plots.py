"""Plots of a result as SVG: bars for each peer, and the limit. Readable in light and dark themes."""

import html
import re

from measuring import figures, report

WIDTH, ROW, LEFT, RIGHT = 760, 18, 130, 130
CUT = 8  # bars longer than this multiple of ours are cut
LEGEND = "blue: Starlock; grey: peers, darker where tuned; green: a plain relay, or no proxy; less is better; line: spread of the runs"
GROUPS = {
    "bulk": "Bulk: CPU seconds of the proxy for a GiB",
    "handshake": "Handshakes with one small exchange: CPU ms of the proxy",
    "session": "Whole STARTTLS sessions: CPU ms of the proxy",
    "latency": "Latency of 128 bytes there and back: µs (bar: p50, line: p99)",
    "idle": "Memory of an idle session: KiB of the proxy",
    "growth": "Growth: the same work over more connections",
}
_STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#1f2328}.t{font-weight:600;font-size:14px}.s{font-weight:600}"
    ".n{fill:#59636e;font-size:11px}.p{fill:#9aa4af}.d{fill:#c3cad1}.o{fill:#1f6feb}.r{fill:#3fa45b}"
    ".w{stroke:#57606a;stroke-width:1.5}.l{stroke:#cf222e;stroke-width:1.5;stroke-dasharray:4 3}.lt{fill:#cf222e;font-size:11px}"
    "@media(prefers-color-scheme:dark){text{fill:#e6edf3}.n{fill:#9198a1}.p{fill:#6e7781}.d{fill:#484f58}.o{fill:#4493f8}"
    ".r{fill:#3fb950}.w{stroke:#c9d1d9}.l{stroke:#ff7b72}.lt{fill:#ff7b72}}"
)


def _kind(name):
    if name in ("starlock", "other"):
        return "o"
    if name.startswith("relay-") or name == "direct":
        return "r"
    return "p" if name.endswith("-tuned") else "d"


def limit_of(scenario, result):
    """The cost of a plaintext relay in the same run plus the cipher's own cost, or None."""
    if not scenario["name"].startswith("bulk-") or "1400" in scenario["name"] or "other" in scenario["name"]:
        return None
    by_name = {each["name"]: each for each in result["scenarios"]}
    way = "up" if scenario["name"].endswith("up") else "down"
    relay = figures.measured(by_name.get(f"bulk-plain-{way}") or by_name.get("bulk-plain-down"), "relay-64k")
    cipher = result.get("micro", {}).get("seconds_per_gib")
    if relay is None or not cipher:
        return None
    return relay + cipher * {"plain": 0, "both": 2}.get(scenario["name"].split("-")[1], 1)


def group(title, scenarios, result):
    """One picture of several scenarios, each with its own scale; empty if nothing was measured."""
    parts, y = [], 30
    for scenario in scenarios:
        cells = {name: cell for name, cell in scenario["peers"].items() if "median" in cell}
        if not cells:
            continue
        limit = limit_of(scenario, result)
        scale = (WIDTH - LEFT - RIGHT) / _most(cells, limit)
        y += 24
        parts.append(f'<text class="s" x="8" y="{y}">{html.escape(scenario["title"])}</text>')
        top = y + 6
        y = top
        for name, cell in cells.items():
            parts += _bar(name, cell, y, scale)
            y += ROW
        if limit is not None:
            x = LEFT + limit * scale
            parts.append(f'<line class="l" x1="{x:.1f}" y1="{top}" x2="{x:.1f}" y2="{y}"/>')
            parts.append(f'<text class="lt" x="{x + 4:.1f}" y="{top - 2}">relay and cipher {report.number(limit)}</text>')
    if not parts:
        return ""
    foot = f"{result['machine']['cpu']}, Linux {result['machine']['kernel']}, {result['machine']['date']}"
    versions = ", ".join(f"{name} {version.split()[0]}" for name, version in result["versions"].items())
    height = y + 62
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'role="img"><title>{html.escape(title)}</title><style>{_STYLE}</style>'
        f'<text class="t" x="8" y="22">{html.escape(title)}</text>{"".join(parts)}'
        f'<text class="n" x="8" y="{height - 40}">{html.escape(LEGEND)}</text>'
        f'<text class="n" x="8" y="{height - 22}">{html.escape(foot)}</text>'
        f'<text class="n" x="8" y="{height - 8}">{html.escape(versions)}</text></svg>\n'
    )


def _most(cells, limit):
    """The value at the full width. A peer that is far off is cut, so that the other bars stay readable."""
    ends = [_end(cell) for cell in cells.values()] + [limit or 0]
    ours = _end(cells["starlock"]) if "starlock" in cells else 0
    return (min(max(ends), CUT * ours) if ours else max(ends)) or 1


def _end(cell):
    return cell.get("p99") or cell["high"]


def _bar(name, cell, y, scale):
    end = WIDTH - RIGHT
    low, high = (min(LEFT + value * scale, end) for value in (cell["low"], _end(cell)))
    width, middle = min(max(cell["median"] * scale, 1), end - LEFT), y + ROW / 2
    noisy = (" →" if cell["median"] * scale > end - LEFT + 0.5 else "") + (" (noise)" if figures.limit(cell) == "NOISE" else "")
    return [
        f'<text x="{LEFT - 6}" y="{y + 13}" text-anchor="end">{html.escape(name)}</text>',
        f'<rect class="{_kind(name)}" x="{LEFT}" y="{y + 2}" width="{width:.1f}" height="{ROW - 4}"/>',
        f'<line class="w" x1="{min(low, LEFT + width):.1f}" y1="{middle}" x2="{high:.1f}" y2="{middle}"/>',
        f'<text class="n" x="{max(high, LEFT + width) + 5:.1f}" y="{y + 13}">{report.number(cell["median"])}{noisy}</text>',
    ]


def write(result, folder):
    """Writes one file per group and returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, title in GROUPS.items():
        text = group(title, [each for each in result["scenarios"] if each["group"] == name], result)
        if text:
            path = folder / f"{re.sub('[^a-z]', '', name)}.svg"
            path.write_text(text)
            written.append(path)
    return written
