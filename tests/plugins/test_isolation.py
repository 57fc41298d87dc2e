"""Packages that pip installed, sound and broken side by side: the sound ones work, the others are named."""

from __future__ import annotations

import json
from functools import cache

import pytest
from distributions import ROOT, run

from moei_toolkit.new_plugin.skeleton import SINGULAR
from moei_toolkit.registration.plugins import TOOLKIT

TOOL = str(ROOT / "tools" / "plugins.py")
FAILED = {
    "moei_bad_import": "ImportError: cannot import name 'gone' from 'moei_toolkit.hookspecs'",
    "moei_bad_dependency": "ModuleNotFoundError: No module named 'a_library_that_is_not_there'",
    "moei_bad_spelling": "unknown hook 'moei_regster'. Did you mean 'moei_register'?",
    "moei_bad_version": f"needs moei_toolkit >=99, but this is {TOOLKIT.version}",
    "moei_bad_hook": "ZeroDivisionError: division by zero",
    "moei_rival": "experts 'new_expert' is provided by moei_new_expert 0.1.0 "
    "(moei_new_expert.expert:NewExpert) and claimed again by moei_rival 0.1.0 (moei_rival.expert:Rival): ",
}
"""By distribution, why nothing of it is taken."""
UNUSABLE = {
    "bad_base": "experts 'bad_base' from moei_bad_base 0.1.0: expected a subclass of "
    "moei_toolkit.experts.base:Expert, got <class 'moei_bad_base.expert.BadBase'>",
    "bad_component": "experts 'bad_component' from moei_bad_component 0.1.0 could not be imported from "
    "'moei_bad_component.expert:BadComponent': ModuleNotFoundError: No module named",
}
"""By name, why an expert that is offered cannot be used."""
SOUND = {f"new_{one}": kind for kind, one in SINGULAR.items()}


@pytest.fixture(scope="module")
def listing(installed):
    """What the tool says of a component or plugin, by kind and name or by distribution."""

    @cache
    def listed(*options: str):
        done = run(installed.site, TOOL, "--json", *options)
        said = json.loads(done.stdout)
        components = {(row["kind"], row["name"]): row for row in said["components"]}
        return done.returncode, components, {row["distribution"]: row for row in said["plugins"]}

    return listed


@pytest.mark.parametrize(("distribution", "reason"), FAILED.items())
def test_a_broken_plugin_is_named_with_its_version_and_the_reason(listing, distribution, reason):
    code, components, plugins = listing()
    found = plugins[distribution]
    assert code == 0
    assert (found["plugin"], found["version"], found["state"]) == (distribution, "0.1.0", "failed")
    assert found["reason"].startswith(reason)
    assert distribution not in {row["distribution"] for row in components.values()}


def test_of_a_hook_that_raises_halfway_nothing_is_taken(listing):
    assert ("losses", "half") not in listing()[1]


def test_the_sound_ones_are_there_whatever_the_others_do(listing):
    _, components, plugins = listing()
    for name, kind in SOUND.items():
        assert components[kind, name]["distribution"] == f"moei_{name}"
        found = plugins[f"moei_{name}"]
        assert (found["state"], found["hooks"]) == ("loaded", "moei_register")


def test_check_finds_what_loads_but_cannot_be_used(listing):
    code, components, plugins = listing("--check")
    assert code == 4
    for name, reason in UNUSABLE.items():
        assert plugins[f"moei_{name}"]["state"] == "loaded"
        assert components["experts", name]["state"] == "unusable"
        assert components["experts", name]["reason"].startswith(reason)
    assert {components[kind, name]["state"] for name, kind in SOUND.items()} == {"ok"}


def test_the_tables_say_the_same_as_json(installed):
    said = run(installed.site, TOOL).stdout
    for distribution, reason in FAILED.items():
        assert f"plugin '{distribution}' ({distribution} 0.1.0) failed to load: {reason[:60]}" in said


def test_strict_makes_the_first_failure_the_last(installed):
    assert run(installed.site, TOOL, "--strict").returncode == 4
    done = run(installed.site, "tools/train.py", "configs/smoke.py", "--dry-run", MOEI_STRICT_PLUGINS="1")
    assert done.returncode == 4
    said = (
        "error: plugin 'moei_bad_dependency' (moei_bad_dependency 0.1.0) failed to load: "
        "ModuleNotFoundError: No module named 'a_library_that_is_not_there' (plugin.py, line "
    )
    assert done.stderr.startswith(said)
    assert done.stderr.count("\n") == 1


BUILD = """
import torch
from moei_toolkit.errors import RegistryError
from moei_toolkit.registry import EXPERTS, LOSSES

loss = LOSSES.build({"type": "new_loss", "eps": 0.001})
black = torch.zeros(1, 3, 8, 8)
print(f"{loss(black + 0.5, black, black).item():.3f}", LOSSES.provider("new_loss"))
for name in ("bad_base", "bad_component", "bad_hook"):
    try:
        EXPERTS.get(name)
    except RegistryError as error:
        print(error)
"""


def test_a_component_is_built_by_name_and_a_broken_one_says_whose_it_is(installed):
    done = run(installed.site, "-W", "ignore", "-c", BUILD)
    assert done.returncode == 0, done.stderr
    used, base, component, hook = done.stdout.splitlines()
    assert used == "0.499 moei_new_loss 0.1.0"
    assert base.startswith(UNUSABLE["bad_base"])
    assert component.startswith(UNUSABLE["bad_component"])
    assert hook.startswith("experts: there is no 'bad_hook'")
    assert f"(moei_bad_hook 0.1.0) failed to load: {FAILED['moei_bad_hook']}" in hook


def test_a_run_goes_on_and_says_once_which_plugins_it_goes_without(installed, tmp_path):
    expert = ("--cfg-options", "experts.rain.expert.type=new_expert")
    done = run(
        installed.site,
        "tools/train.py",
        "configs/smoke.py",
        "--work-dir",
        str(tmp_path),
        "--dry-run",
        *expert,
    )
    assert done.returncode == 0, done.stderr
    assert "experts.rain: run (new)" in done.stderr
    for distribution, reason in FAILED.items():
        warning = f"plugin '{distribution}' ({distribution} 0.1.0) failed to load: {reason}"
        assert done.stderr.count(warning) == 1


@pytest.mark.parametrize(
    ("name", "reason"),
    [("bad_hook", "failed to load: ZeroDivisionError"), ("exprt", "there is no 'exprt'")],
)
def test_a_run_that_needs_what_is_missing_ends_at_once(installed, tmp_path, name, reason):
    options = ("--work-dir", str(tmp_path), "--dry-run", "--cfg-options", f"experts.rain.expert.type={name}")
    done = run(installed.site, "tools/train.py", "configs/smoke.py", *options)
    assert done.returncode == 4
    assert reason in done.stderr.splitlines()[-1]
