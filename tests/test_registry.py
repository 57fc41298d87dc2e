from __future__ import annotations

import hashlib
import inspect
import logging

import pytest
from torch import nn

from moei_toolkit.errors import RegistryError
from moei_toolkit.experts.base import Expert
from moei_toolkit.experts.dense import Dense
from moei_toolkit.registration.builtin import COMPONENTS
from moei_toolkit.registration.plugin_table import KINDS
from moei_toolkit.registration.plugins import TOOLKIT, load
from moei_toolkit.registry import (
    CONTRACTS,
    EXPERTS,
    ComponentRegistry,
    check_components,
    component_version,
    registry_of,
)


class Block(Expert):
    def run(self, site: str, block: nn.Module, x):
        return block(x)


def define(name: str = "Toy", module: str = __name__, base: type = Block) -> type:
    """A new class that looks as if it were defined at the top of a module."""
    return type(name, (base,), {"__module__": module, "__qualname__": name})


@pytest.fixture
def experts():
    return ComponentRegistry("experts", CONTRACTS["experts"], plugins=lambda: load(()))


def test_there_is_one_root_registry_per_kind():
    assert tuple(CONTRACTS) == KINDS
    for kind in KINDS:
        assert registry_of(kind).name == kind
        assert registry_of(kind).parent is None
    with pytest.raises(RegistryError, match="Did you mean 'experts'"):
        registry_of("expert")


def test_builtins_are_found_by_name():
    assert EXPERTS.get("dense") is Dense
    assert EXPERTS.provider("dense") == TOOLKIT
    assert EXPERTS.names() == tuple(sorted(EXPERTS.names()))
    assert len(EXPERTS) == len(EXPERTS.names())
    assert "dense" in EXPERTS
    assert "nothing" not in EXPERTS
    assert "dense" in repr(EXPERTS)


@pytest.mark.parametrize(
    "name",
    [
        "os.getcwd",
        "torch.nn.Identity",
        "moei_toolkit.experts.dense.Dense",
        "moei_toolkit.dense",
        "experts:dense",
    ],
)
def test_only_bare_names_are_looked_up(name):
    with pytest.raises(RegistryError, match="there is no"):
        EXPERTS.get(name)
    with pytest.raises(RegistryError, match="there is no"):
        EXPERTS.build({"type": name})


def test_unknown_name_gives_a_hint_and_the_list(experts):
    with pytest.raises(
        RegistryError, match=r"no 'adpter'\. Did you mean 'adapter'\? Known: 'adapter', 'dense', 'full'"
    ):
        experts.get("adpter")


def test_decorator_uses_the_class_name_or_the_given_one(experts):
    @experts.register_module()
    class ClassName(Block):
        pass

    @experts.register_module(name="given")
    class Other(Block):
        pass

    experts.register_module(name=["one", "two"], module=Other)
    assert experts.get("ClassName") is ClassName
    assert experts.get("given") is experts.get("one") is experts.get("two") is Other
    built_in = {name for kind, name, _ in COMPONENTS if kind == "experts"}
    assert experts.names() == tuple(sorted({"ClassName", "given", "one", "two"} | built_in))
    assert experts.provider("given").source == "decorator"


def test_a_name_of_another_class_is_taken(experts):
    experts.register_module(name="toy", module=define("First"))
    with pytest.raises(
        RegistryError, match=r"experts 'toy' is provided by .*:First\) and claimed .*:Second\)"
    ):
        experts.register_module(name="toy", module=define("Second"))
    with pytest.raises(RegistryError, match=f"provided by moei_toolkit {TOOLKIT.version}"):
        experts.register_module(name="dense", module=define("Second"))
    with pytest.raises(RegistryError, match="no force"):
        experts.register_module(name="toy", module=define("Second"), force=True)
    assert experts.get("toy").__name__ == "First"


def test_the_same_class_may_come_again(experts):
    experts.register_module(name="toy", module=define())
    again = define()
    experts.register_module(name="toy", module=again)
    assert experts.get("toy") is again
    experts.register_module(name="dense", module=Dense)
    assert experts.get("dense") is Dense
    assert experts.provider("dense") == TOOLKIT


def test_a_decorated_class_that_clashes_with_a_plugin_is_refused_on_lookup(experts, monkeypatch):
    table = load(())
    monkeypatch.setattr("moei_toolkit.registration.component_registry.COMPONENTS", ())
    experts.register_module(name="dense", module=define())
    with pytest.raises(RegistryError, match=f"provided by {TOOLKIT} .*claimed again"):
        experts.get("dense")
    assert table.entries("experts").keys() <= set(experts.names())


def test_only_classes_of_the_contract_are_handed_out(experts):
    experts.register_module(name="wrong", module=define(base=nn.Module))
    with pytest.raises(
        RegistryError, match=r"expected a subclass of moei_toolkit\.experts\.base:Expert, got"
    ):
        experts.get("wrong")
    with pytest.raises(RegistryError, match="expected a class"):
        experts.register_module(name="function", module=len)


@pytest.mark.parametrize("name", ["a.b", "", "white space", "ünicode"])
def test_odd_names_are_refused(experts, name):
    with pytest.raises(RegistryError, match="expected a name of letters"):
        experts.register_module(module=define(), name=name)


class Tunable(Block):
    def __init__(self, backbone: object, reduction: float = 0.5) -> None:
        super().__init__()
        if reduction <= 0:
            raise ValueError(f"reduction must be positive, got {reduction}")
        self.reduction, self.backbone = reduction, backbone


class Open(Block):
    def __init__(self, **anything: object) -> None:
        super().__init__()
        self.anything = anything


@pytest.fixture
def tunable(experts):
    experts.register_module(name="tunable", module=Tunable)
    experts.register_module(name="open", module=Open)
    return experts


def test_build_passes_arguments_and_the_objects_a_component_names(tunable):
    built = tunable.build({"type": "tunable", "reduction": 0.25}, backbone="net", sites="not asked for")
    assert (built.reduction, built.backbone) == (0.25, "net")
    assert isinstance(tunable.build({"type": "dense"}, backbone="net"), Dense)


def test_build_leaves_the_config_alone(tunable):
    cfg = {"type": "tunable", "reduction": 0.25}
    tunable.build(cfg, backbone=None)
    assert cfg == {"type": "tunable", "reduction": 0.25}


def test_open_components_receive_what_the_config_says(tunable):
    assert tunable.build({"type": "open", "depth": 3}, backbone="net").anything == {"depth": 3}


@pytest.mark.parametrize(
    ("cfg", "objects", "message"),
    [
        (
            {"type": "tunable", "reducton": 1},
            {},
            "unknown argument 'reducton'. Did you mean 'reduction'. It accepts: backbone, reduction=0.5.",
        ),
        ({"type": "tunable"}, {}, "missing argument 'backbone'. It accepts: backbone, reduction=0.5"),
        ({"type": "tunable", "backbone": 1}, {"backbone": 2}, "'backbone' is supplied by the toolkit"),
        (
            {"type": "tunable", "reduction": -1},
            {"backbone": 2},
            "could not be built with reduction=-1: reduction must be positive",
        ),
        (
            {"type": "tunable", "reduction": "x"},
            {"backbone": 2},
            "with reduction='x': TypeError: '<='",
        ),
        ({"type": "dense", "depth": 1}, {}, "unknown argument 'depth'. It accepts: no arguments"),
        ({"reduction": 1}, {}, "expected dict"),
        ({"type": Tunable}, {}, "expected dict"),
        ("tunable", {}, "expected dict"),
    ],
)
def test_build_refuses_with_a_reason(tunable, cfg, objects, message):
    with pytest.raises(RegistryError, match=message):
        tunable.build(cfg, **objects)


def test_a_refusal_tells_parts_as_the_config_has_them(tunable):
    cfg = {"type": "mixture", "experts": [{"type": "dense"}], "weights": [-1]}
    with pytest.raises(RegistryError, match=r"built with experts=\[\{'type': 'dense'\}\], weights=\[-1\]: "):
        tunable.build(cfg)


def test_nothing_is_logged_or_warned(caplog, recwarn):
    with caplog.at_level(logging.DEBUG):
        EXPERTS.build({"type": "dense"})
    assert caplog.records == []
    assert list(recwarn) == []


def test_component_version_identifies_the_source():
    expected = hashlib.sha256(inspect.getsource(inspect.getmodule(Dense)).encode()).hexdigest()
    version = component_version("experts", "dense")
    assert version == {"provider": "moei_toolkit", "version": TOOLKIT.version, "sha256": expected}


def test_component_version_needs_a_source_file(monkeypatch):
    monkeypatch.setattr(EXPERTS, "_module_dict", {"toy": define(module="sys")})
    with pytest.raises(RegistryError, match="expected a class defined in a file"):
        component_version("experts", "toy")


def test_every_builtin_can_be_imported_and_keeps_its_contract():
    assert check_components(load(())) == {}
