from __future__ import annotations

import sys
from importlib.metadata import EntryPoint

import pytest
from plugin_site import plugin

from moei_toolkit.errors import PluginError
from moei_toolkit.registration.builtin import COMPONENTS
from moei_toolkit.registration.plugin_table import KINDS, Provider
from moei_toolkit.registration.plugins import GROUP, TOOLKIT, load, load_plugins

GOOD = plugin(("experts", "toy", "toy_expert:Toy"), ("losses", "toy", "toy_loss:Toy"))


def only_failure(table):
    (state,) = table.failed
    return state


def test_builtins_come_first_and_are_complete():
    table = load(())
    assert [(state.name, state.status) for state in table.states] == [("builtin", "loaded")]
    found = {(kind, name, entry.path) for kind in KINDS for name, entry in table.entries(kind).items()}
    assert found == set(COMPONENTS)
    assert table.entries("experts")["dense"].provider == TOOLKIT


def test_good_plugin_is_loaded_without_importing_its_targets(site):
    site.install("moei-toy", GOOD, version="1.2")
    table = site.load()
    assert table.failed == ()
    entry = table.entries("experts")["toy"]
    assert entry.provider == Provider("moei-toy", "1.2", "plugin")
    assert entry.path == "toy_expert:Toy"
    assert "toy_expert" not in sys.modules


def test_order_is_by_distribution_then_entry_point(site):
    for distribution in ("zoo", "Alpha", "moei-b", "moei_a"):
        site.install(distribution, plugin(("experts", distribution.replace("-", "_"), "m:C")))
    entry_points = site.entry_points()
    expected = ["moei_toolkit", "Alpha", "moei_a", "moei-b", "zoo"]
    for shuffled in (entry_points, entry_points[::-1]):
        assert [state.distribution for state in load(shuffled).states] == expected


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("import a_missing_dependency", "ModuleNotFoundError: No module named 'a_missing_dependency'"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("def broken(:", "SyntaxError"),
        ("import sys; sys.exit('leaving')", "SystemExit: leaving"),
        ("import asyncio; raise asyncio.CancelledError('gone')", "CancelledError: gone"),
        (
            "class Mute(Exception):\n    def __str__(self):\n        raise ValueError('x')\nraise Mute",
            "Mute: (its message cannot be told: ValueError)",
        ),
        (f"{GOOD}\nmoei_requires = 5", "moei_requires: expected a string such as '>=0.1', got 5"),
        (
            plugin(("experts", "half", "m:C"), after="raise ValueError('in the\\nhook')"),
            "ValueError: in the hook",
        ),
        (
            GOOD.replace("moei_register", "moei_regster"),
            "unknown hook 'moei_regster'. Did you mean 'moei_register'?",
        ),
        (GOOD.replace("@hookimpl", ""), "moei_register is not marked with @hookimpl"),
        (GOOD.replace("moei_register(register)", "moei_register(registry)"), "hookimpl definition"),
        ("x = 1", "Known: 'moei_register', 'moei_report_sections', 'moei_search_spaces'."),
        (plugin(("expert", "toy", "m:C")), "unknown kind 'expert'. Did you mean 'experts'?"),
        (plugin(("experts", "toy", "m.C")), "expected a class or 'package.module:Class', got 'm.C'"),
        (plugin(("experts", "a.b", "m:C")), "expected a name of letters, digits and underscores, got 'a.b'"),
        ("moei_requires = '>=99'\n" + GOOD, f"needs moei_toolkit >=99, but this is {TOOLKIT.version}"),
        (
            "moei_requires = 'newest'\n" + GOOD,
            "moei_requires: expected versions such as '>=0.1,<0.2', got 'newest'",
        ),
    ],
)
def test_a_failing_plugin_is_rolled_back_whole_and_the_others_go_on(site, source, reason):
    site.install("moei-a", plugin(("experts", "first", "m:C")))
    site.install("moei-bad", source, version="2.3")
    site.install("moei-c", plugin(("experts", "last", "m:C")))
    table = site.load()
    state = only_failure(table)
    assert (state.name, state.distribution, state.version) == ("main", "moei-bad", "2.3")
    assert reason in state.reason
    assert "\n" not in state.reason
    built_in = {name for kind, name, _ in COMPONENTS if kind == "experts"}
    assert set(table.entries("experts")) == {*built_in, "first", "last"}
    assert "moei_bad" not in sys.modules


def test_what_a_plugin_prints_does_not_get_into_the_output(site, capsys):
    site.install("moei-toy", f"print('hello')\n{GOOD}")
    assert site.load().failed == ()
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", "hello\n")


def test_a_long_reason_is_cut(site):
    site.install("moei-bad", "raise ValueError('x' * 5000)")
    reason = only_failure(site.load()).reason
    assert len(reason) == 300
    assert reason.endswith("... (moei_bad.py, line 1)")


def test_a_name_conflict_names_both_providers_and_takes_nothing(site):
    site.install("moei-a", plugin(("experts", "toy", "a:Toy")), version="0.1")
    site.install("moei-b", plugin(("experts", "other", "b:C"), ("experts", "toy", "b:Toy")), version="0.2")
    table = site.load()
    state = only_failure(table)
    assert state.distribution == "moei-b"
    assert "moei-a 0.1 (a:Toy)" in state.reason
    assert "moei-b 0.2 (b:Toy)" in state.reason
    assert table.entries("experts")["toy"].path == "a:Toy"
    assert "other" not in table.entries("experts")


def test_a_builtin_name_cannot_be_taken(site):
    site.install("moei-a", plugin(("experts", "dense", "a:Dense")))
    assert f"moei_toolkit {TOOLKIT.version}" in only_failure(site.load()).reason


def test_one_name_twice_within_a_plugin_is_a_conflict(site):
    site.install("moei-a", plugin(("experts", "toy", "a:One"), ("experts", "toy", "a:Two")))
    assert "a:One" in only_failure(site.load()).reason
    site.install("moei-b", plugin(("experts", "same", "a:One"), ("experts", "same", "a:One")))
    assert "same" in site.load().entries("experts")


def test_one_name_may_be_used_by_two_kinds(site):
    site.install("moei-a", plugin(("experts", "rain", "a:Rain")))
    assert site.load().failed == ()


def test_modules_of_a_failed_plugin_are_forgotten_but_not_those_it_shares(site):
    (site.folder / "shared_helper.py").write_text("")
    site.install("moei-bad", "import shared_helper; 1 / 0")
    site.load()
    assert "moei_bad" not in sys.modules
    assert "shared_helper" in sys.modules


def test_strict_raises_with_the_cause_chained(site):
    site.install("moei-bad", "1 / 0", version="2.3")
    with pytest.raises(
        PluginError, match=r"'main' \(moei-bad 2.3\) failed to load: ZeroDivisionError"
    ) as caught:
        site.load(strict=True)
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_interrupting_is_not_a_plugin_failure(site):
    site.install("moei-bad", "raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        site.load()


def test_optional_hooks_of_other_versions_are_tolerated(site):
    site.install("moei-a", GOOD + "@hookimpl(optionalhook=True)\ndef moei_from_the_future(x): pass\n")
    assert site.load().failed == ()


def test_an_entry_point_without_distribution_or_with_bad_syntax_fails_softly():
    points = [EntryPoint("x", "no_such_module", GROUP), EntryPoint("y", "not a reference!", GROUP)]
    assert [state.distribution for state in load(points).failed] == ["unknown", "unknown"]


def test_damaged_metadata_does_not_stop_discovery(site):
    site.install("moei-a", GOOD)
    next(site.folder.glob("*.dist-info/METADATA")).write_text("")
    table = site.load()
    assert table.entries("experts")["toy"].provider == Provider("unknown", "unversioned", "plugin")


SCRIPT = """
from moei_toolkit.registration.plugins import load_plugins
table = load_plugins()
assert table is load_plugins()
print(len(table.failed))
"""


def test_installed_plugins_are_found_and_failures_logged_once(site):
    site.install("moei-good", GOOD)
    site.install("moei-bad", "1 / 0", version="2.3")
    done = site.run("-c", SCRIPT)
    assert done.stdout == "1\n"
    reason = "ZeroDivisionError: division by zero (moei_bad.py, line 1)"
    assert done.stderr == f"plugin 'main' (moei-bad 2.3) failed to load: {reason}\n"


def test_strict_environment_makes_failures_fatal(site):
    site.install("moei-bad", "1 / 0")
    done = site.run("-c", SCRIPT, MOEI_STRICT_PLUGINS="1")
    assert done.returncode == 1
    assert "PluginError: plugin 'main' (moei-bad 1.0) failed to load" in done.stderr
    assert site.run("-c", SCRIPT, MOEI_STRICT_PLUGINS="0").returncode == 0


def test_load_plugins_is_cached():
    assert load_plugins() is load_plugins()


def test_modules_of_the_toolkit_itself_are_never_forgotten(monkeypatch):
    monkeypatch.delitem(sys.modules, "moei_toolkit.registration.arguments", raising=False)
    (state,) = load([EntryPoint("x", "moei_toolkit.registration.arguments", GROUP)]).failed
    assert "implements no hook" in state.reason
    assert "moei_toolkit.registration.arguments" in sys.modules
