"""docs/plugins.md has every hook, kind, promise and check, with the arguments that they really take."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import re
from types import SimpleNamespace

import pytest
from distributions import ROOT

from moei_toolkit import hookspecs, testing
from moei_toolkit.config.search_space import Choices, Interval, SearchSpace, Variant
from moei_toolkit.data.layouts.base import DegradedFile, Leftover, Scene
from moei_toolkit.data.weather.base import View
from moei_toolkit.new_plugin.skeleton import SINGULAR
from moei_toolkit.registration.plugin_table import KINDS
from moei_toolkit.registration.plugins import HOOKS
from moei_toolkit.registry import CONTRACTS, registry_of
from moei_toolkit.report_section import Drawing, ReportSection, Table

PAGE = (ROOT / "docs" / "plugins.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    """What stands below a heading, up to the next one of its level or above."""
    found = re.split(rf"^### {re.escape(title)}$", PAGE, flags=re.MULTILINE)
    assert len(found) == 2, f"docs/plugins.md has {len(found) - 1} sections '### {title}'"
    return re.split(r"^#{2,3} ", found[1], flags=re.MULTILINE)[0]


def parameters(function: object) -> list[str]:
    return [name for name in inspect.signature(function).parameters if name != "self"]


def public_names(cls: type) -> set[str]:
    """What a class says of itself: methods, properties, attributes; not what it has of its bases."""
    own = {**vars(cls), **vars(cls).get("__annotations__", {})}
    return {name for name in own if not name.startswith("_") or name == "__call__"}


def signature(cls: type, name: str) -> str:
    """How a name is written in the documentation: a method with its arguments."""
    member = vars(cls).get(name)
    return f"{name}({', '.join(parameters(member))})" if inspect.isfunction(member) else name


def fields(*classes: type) -> list[str]:
    return [field.name for cls in classes for field in dataclasses.fields(cls)]


TOLD = {
    "moei_register": parameters(hookspecs.Register.__call__),
    "moei_report_sections": [
        *(signature(hookspecs.RunView, name) for name in public_names(hookspecs.RunView)),
        *fields(ReportSection, Table, Drawing),
    ],
    "moei_search_spaces": [
        *(name for cls in (SearchSpace, Variant) for name in cls.model_fields),
        *(
            f"{cls.__name__}({', '.join(f'{name}=...' for name in cls.model_fields)})"
            for cls in (Choices, Interval)
        ),
    ],
}
"""By hook, what is to be said of its argument and of what it returns."""


def test_no_hook_is_forgotten():
    assert set(TOLD) == set(HOOKS)


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_is_documented(hook):
    said = section(f"`{hook}`")
    assert f"`{hook}({', '.join(parameters(getattr(hookspecs, hook)))})`" in said
    assert [name for name in TOLD[hook] if f"`{name}`" not in said] == []


@pytest.mark.parametrize("kind", KINDS)
def test_every_promise_of_a_kind_is_documented(kind):
    module, _, name = CONTRACTS[kind].partition(":")
    contract = getattr(importlib.import_module(module), name)
    promises = [signature(contract, name) for name in public_names(contract)]
    assert [promise for promise in promises if f"| `{promise}` |" not in section(kind)] == []


@pytest.mark.parametrize("kind", KINDS)
def test_every_check_is_documented_with_its_arguments(kind):
    check = f"check_{SINGULAR[kind]}"
    assert f"`{check}({', '.join(parameters(getattr(testing, check)))})`" in section(kind)
    assert re.search(rf"^\| `{kind}` \| `{CONTRACTS[kind]}` \| .*\| `{check}` \|$", PAGE, re.MULTILINE)


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_has_a_line_of_a_config(kind):
    (line,) = re.findall(r"^    (\w+ = .*dict\(type=.*)$", section(kind), re.MULTILINE)
    compile(line, "docs/plugins.md", "exec")


@pytest.mark.parametrize(
    ("kind", "cls"),
    [("layouts", Scene), ("layouts", DegradedFile), ("layouts", Leftover), ("degradations", View)],
)
def test_what_goes_with_a_kind_is_documented(kind, cls):
    assert [name for name in fields(cls) if f"`{name}`" not in section(kind)] == []


def test_nothing_is_documented_that_is_not_there():
    headings = re.findall(r"^### (.*)$", PAGE, re.MULTILINE)
    assert headings == [*(f"`{hook}`" for hook in HOOKS), *KINDS]
    assert {registry_of(kind).name for kind in KINDS} == set(CONTRACTS)


@pytest.mark.parametrize("module", sorted(set(re.findall(r"`(moei_toolkit(?:\.\w+)+)`", PAGE))))
def test_modules_that_are_named_exist(module):
    if module != "moei_toolkit.plugins":  # the entry point group, which is one too
        importlib.import_module(module)


def test_the_hooks_that_are_shown_do_what_they_say():
    shown: dict[str, object] = {}
    for block in re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL):
        exec(block, shown)
    run = SimpleNamespace(rows=[{"abstained": True}, {"abstained": False}])
    assert shown["moei_report_sections"](run).paragraphs == ["1 images took the dense route."]
    assert shown["moei_search_spaces"]().variants[0].overrides == {"experts.*.expert.reduction": 0.125}
