#!/usr/bin/python3
"""Plants faults in the dialogues, one at a time, and checks that explore_test finds each.

    mutants.py BUILD [NAME…]    BUILD: a configured build folder; the source tree must have no changes in src

A tool for developers: each fault costs a partial build. It restores every file, also when it is interrupted.
"""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[3]
CORE, SRC = "src/protocol/core", "src/protocol"

# name → file, what is replaced (a regular expression that must match once), by what
FAULTS = {
    "grants while a question is outstanding": (f"{CORE}/upgrade_filter.cc", r"  if \(Busy\(\)\) return Wait\{\};\n  if \(!pro", "  if (!pro"),
    "the window never closes on commands": (f"{CORE}/upgrade_filter.cc", r"if \(on_offer\(\) && !IsHarmless\(unit\)\) window_\.Close\(\);", "static_cast<void>(IsHarmless(unit));"),
    "the window reopens": (f"{CORE}/upgrade_window.h", r"void BreakSilence\(\) \{ silent_ = false; \}", "void BreakSilence() { silent_ = closed_ = false; }"),
    "an unasked answer leaves the window open": (f"{CORE}/upgrade_filter.h", r"    window\(\)\.Close\(\);  // it answers no question.*\n", ""),
    "the server may chat after the client's TLS": (f"{CORE}/upgrade_filter.cc", r"if \(window_\.silent\(\) && !MaySpeakUnasked\(unit\)\)", "if (window_.silent() && MaySpeakUnasked(unit) && unit.empty())"),
    "a refused STARTTLS gets the go-ahead": (f"{CORE}/upgrade_filter.cc", r"return Refuse\(words\.too_late, out\);", "return Refuse(words.go_ahead, out);"),
    "a go-ahead without TLS": (f"{CORE}/upgrade_filter.cc", r"return Upgrade\{Side::kClient\};", "return Read{};"),
    "STARTTLS with an argument is granted": (f"{CORE}/upgrade_filter.cc", r"  if \(has_argument\).*\n", "  static_cast<void>(has_argument);\n"),
    "STARTTLS is granted where the client leg is off": (f"{CORE}/upgrade_window.cc", r"if \(client_ == TlsMode::kOff\) return Refusal::kOff;", "if (client_ == TlsMode::kOff) return Refusal::kNone;"),
    "STARTTLS is granted twice": (f"{CORE}/upgrade_window.cc", r"if \(in_tls\) return Refusal::kActive;", "if (in_tls) return Refusal::kNone;"),
    "STARTTLS is never granted": (f"{CORE}/upgrade_window.cc", r"return open\(in_tls\) \?.*;", "return Refusal::kTooLate;"),
    "SMTP lets STARTTLS cross": (f"{SRC}/smtp/filter.cc", r"return OnStarttls\(Words\(\), !command\.argument\.empty\(\), out\);", "if (on_offer()) return OnStarttls(Words(), !command.argument.empty(), out);\n      return Forward(line, Asked::kOther, out);"),
    "the SASL expectation outlives the exchange": (f"{CORE}/upgrade_filter.h", r"    sasl_response_ = false;  // an exchange.*\n", ""),
    "a required client's commands are forwarded": (f"{CORE}/required_upgrade_leg.cc", r"  return Obey\(Judge\(unit\), out\);", "  const BeforeTls command = Judge(unit);\n  if (command.then == BeforeTls::Then::kRefuse) out.server() += unit;\n  return Obey(command, out);"),
    "PREAUTH is accepted from a server that must upgrade": (f"{SRC}/imap/imap.cc", r"if \(stage == Stage::kGreeting\) return response\.ok\(\) \? Meaning::kYes : Meaning::kNo;", "if (stage == Stage::kGreeting) return Meaning::kYes;"),
    "plaintext behind the server's go-ahead is read": (f"{CORE}/dialogue.cc", r"if \(was_negotiating && !Is<Fail>\(act\) && !inputs", "if (was_negotiating && act.index() == 99 && !inputs"),
    "both legs are read during a handshake": (f"{CORE}/dialogue.cc", r"return connected_\[Index\(side\)\] && tls_\[0\] != Tls::kPending && tls_\[1\] != Tls::kPending;", "return connected_[Index(side)];"),
    "a required server leg goes on in plaintext": (f"{CORE}/dialogue.cc", r"if \(env_\.server != TlsMode::kOpportunistic \|\| !no_tls\.possible\) return no_tls\.AsFail\(\);", "if (!no_tls.possible) return no_tls.AsFail();"),
    "an untagged line counts as the answer": (f"{SRC}/imap/filter.cc", r"    case Kind::kUntagged:\n      return Read\{\};\n", "    case Kind::kUntagged:\n      if (Busy()) Answered(command_.tag);\n      return Read{};\n"),
    "what the server said before its TLS is shown": (f"{CORE}/client_role.cc", r"    if \(auto act = Common\(meaning\)\) return \*std::move\(act\);\n(?=    switch \(stage\(\)\) \{\n      case Stage::kGreeting:\n        if \(meaning)", "    if (meaning == Meaning::kSkip) out.client() += unit;\n    if (auto act = Common(meaning)) return *std::move(act);\n"),
    "the filter ends at any answer to a login": (f"{SRC}/pop3/filter.cc", r"return login && IsOk\(reply\) \? Act\(Relay\{\}\) : Read\{\};", "return login ? Act(Relay{}) : Read{};"),
    "a server without TLS is waited for": (f"{CORE}/dialogue.cc", r"return dialled_ && !at_meeting_point_\[Index\(Side::kServer\)\] \? Blame::kServer : Blame::kClient;", "return Blame::kServer;"),
    "LDAP answers belong to the newest question, whatever their id": (f"{SRC}/ldap/filter.cc", r"  const Asked\* question = Find\(answer\.id\);", "  const Asked* question = last();"),
    "the goodbye is said during a handshake": (f"{CORE}/dialogue.cc", r"return !over_ && tls != Tls::kPending && ", "return !over_ && "),
}  # fmt: skip


def broken_rules(output):
    """The rules that the test saw broken, with the dialects."""
    found = {}
    for rule, dialect in re.findall(r"^BROKEN: (.*)\n(?:    .*\n)*(\S+?), client", output, re.MULTILINE):
        found.setdefault(rule, set()).add(dialect)
    return found


def run(build):
    """Runs the test: whether it passed, and the broken rules."""
    done = subprocess.run([str(build / "tests/protocol/explore/explore_test")], capture_output=True, text=True, errors="replace")
    return done.returncode == 0, broken_rules(done.stdout)


def plant(build, name, before):
    """Returns what became of one fault: the rules that are broken now, but were not in `before`, or why there are none."""
    file, pattern, replacement = FAULTS[name]
    path = ROOT / file
    original = path.read_text()
    changed, count = re.subn(pattern, lambda _: replacement, original)
    if count != 1:
        return f"NOT PLANTED: the pattern matches {count} times"
    try:
        path.write_text(changed)
        made = subprocess.run(["ninja", "-C", str(build), "explore_test"], capture_output=True, text=True)
        if made.returncode != 0:
            error = next((line for line in made.stdout.splitlines() if "error:" in line), "")
            return f"DOES NOT COMPILE: {error.strip()}"
        passed, rules = run(build)
        new = {rule: sorted(dialects - before.get(rule, set())) for rule, dialects in rules.items()}
        listed = [f"{rule} ({', '.join(dialects)})" for rule, dialects in new.items() if dialects]
        if listed:
            return "found: " + "; ".join(listed)
        return "NOT FOUND" if passed or rules else "found: no client is granted the upgrade, or the program ends"
    finally:
        path.write_text(original)


def main(build, *names):
    build, missed = pathlib.Path(build).resolve(), 0
    subprocess.run(["ninja", "-C", str(build), "explore_test"], check=True, capture_output=True)
    _, before = run(build)
    for name in names or FAULTS:
        result = plant(build, name, before)
        missed += not result.startswith("found")
        print(f"{name}\n    {result}", flush=True)
    subprocess.run(["ninja", "-C", str(build), "explore_test"], check=True, capture_output=True)
    return missed


if __name__ == "__main__":
    sys.exit(min(main(*sys.argv[1:]), 1))
