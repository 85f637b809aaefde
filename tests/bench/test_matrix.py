"""The list of scenarios, and how configuration templates are filled in."""

import re

import pytest
from measuring import peers, routes, run
from measuring.scenarios import SCENARIOS

ROUTES = [{"name": "a", "kind": "terminate", "port": 1, "backend": 2}, {"name": "b", "kind": "plain", "port": 3, "backend": 4}]


def test_blocks_are_there_once_for_each_route_of_their_kinds():
    text = "head ${workers}\n#each terminate plain\nport ${port}\n#each originate\nnever\n#end\nfoot"
    assert peers.fill(text, "default", {"workers": 1}, ROUTES) == "head 1\nport 1\nport 3\nfoot\n"


def test_lines_of_one_form_keep_their_indent():
    text = "  #tuned big\n  #default small\n# a comment about ${nothing}"
    assert peers.fill(text, "tuned", {}, []) == "  big\n"
    assert peers.fill(text, "default", {}, []) == "  small\n"


def test_names_are_unique_and_every_route_is_known():
    names = [scenario.name for scenario in SCENARIOS]
    assert len(names) == len(set(names))
    assert all(scenario.route in routes.ROUTES for scenario in SCENARIOS)
    assert all(route.backend in routes.BACKENDS for route in routes.ROUTES.values())


@pytest.mark.parametrize("peer", peers.every("starlock", "driver"), ids=lambda peer: peer.name)
def test_a_peer_does_a_scenario_or_says_why_not(peer):
    for scenario in SCENARIOS:
        assert isinstance(scenario.missing(peer), str)


@pytest.mark.parametrize("program", ["nginx.conf", "haproxy.cfg", "stunnel.conf", "starlock.yaml"])
@pytest.mark.parametrize("form", peers.FORMS)
def test_no_configuration_has_a_hole(program, form):
    filled = [
        {"name": name, "kind": route.kind, "port": 1, "backend": 2, "protocol": "p", "stunnel_protocol": "p"}
        for name, route in routes.ROUTES.items()
    ]
    text = peers.fill(
        (peers.PEERS / program).read_text(), form, {"workers": 1, "auth": 5, "descriptors": 9, "sessions": 4}, filled
    )
    assert not re.search(r"\$\{|#(each|end|tuned|default)\b", text)


def test_starlock_can_do_everything_but_what_is_asked_of_no_proxy():
    starlock = peers.Starlock("starlock", "starlock")
    assert [scenario.name for scenario in SCENARIOS if scenario.missing(starlock)] == []


def test_quick_is_a_part_of_full_and_a_pattern_chooses_from_all():
    quick, full = run.chosen(SCENARIOS, "", True), run.chosen(SCENARIOS, "", False)
    assert 0 < len(quick) < len(full) == len(SCENARIOS)
    assert [each.name for each in run.chosen(SCENARIOS, "^latency-10000$", True)] == ["latency-10000"]
