from __future__ import annotations

import pytest
from plugin_site import plugin

from moei_toolkit.errors import RegistryError
from moei_toolkit.registry import CONTRACTS, ComponentRegistry, check_components

EXPERT = """
from moei_toolkit.experts.base import Expert
class Toy(Expert):
    def run(self, site, block, x):
        return block(x)
"""


@pytest.fixture
def experts(site):
    return ComponentRegistry("experts", CONTRACTS["experts"], plugins=site.load)


def test_plugin_component_is_imported_on_first_use_and_built(site, experts):
    site.install("moei-toy", plugin(("experts", "toy", "toy_expert:Toy")), version="1.2")
    (site.folder / "toy_expert.py").write_text(EXPERT)
    assert "toy" in experts
    assert type(experts.build({"type": "toy"})) is experts.get("toy")
    assert str(experts.provider("toy")) == "moei-toy 1.2"


@pytest.mark.parametrize(
    ("source", "cause"),
    [
        ("import a_missing_dependency", "No module named 'a_missing_dependency'"),
        ("x = 1", "AttributeError"),
        ("1 / 0", "ZeroDivisionError"),
        ("raise SystemExit(0)", "SystemExit: 0"),
    ],
)
def test_a_component_that_cannot_be_imported_names_its_provider(site, experts, source, cause):
    site.install("moei-toy", plugin(("experts", "toy", "toy_expert:Toy")), version="1.2")
    (site.folder / "toy_expert.py").write_text(source)
    with pytest.raises(RegistryError, match=f"'toy' from moei-toy 1.2 .*toy_expert:Toy.*{cause}"):
        experts.get("toy")


def test_a_component_that_leaves_while_it_is_built_names_its_provider(site, experts):
    site.install("moei-toy", plugin(("experts", "toy", "toy_expert:Toy")), version="1.2")
    leaving = "    def __init__(self):\n        raise SystemExit(0)\n"
    (site.folder / "toy_expert.py").write_text(EXPERT + leaving)
    with pytest.raises(RegistryError, match=r"from moei-toy 1\.2 could not be built .*: SystemExit: 0"):
        experts.build({"type": "toy"})


def test_what_a_component_prints_goes_to_stderr(site, experts, capsys):
    site.install("moei-toy", plugin(("experts", "toy", "toy_expert:Toy")))
    talking = "    def __init__(self):\n        super().__init__()\n        print('built')\n"
    (site.folder / "toy_expert.py").write_text(f"print('imported')\n{EXPERT}{talking}")
    experts.build({"type": "toy"})
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "imported\nbuilt\n")


def test_an_unknown_name_mentions_the_plugins_that_failed(site, experts):
    site.install("moei-toy", "import a_missing_dependency", version="1.2")
    message = "there is no 'toy'.*Known: 'adapter', .*moei-toy 1.2.*failed to load.*a_missing_dependency"
    with pytest.raises(RegistryError, match=message):
        experts.get("toy")


DECORATED = """
from moei_toolkit.registry import EXPERTS
from moei_toolkit.experts.base import Expert
@EXPERTS.register_module(name="decorated_by_plugin")
class Toy(Expert):
    def run(self, site, block, x):
        return block(x)
"""


def test_a_class_decorated_by_a_plugin_lapses_when_the_plugin_fails(site, monkeypatch):
    from moei_toolkit.registry import EXPERTS

    monkeypatch.setattr(EXPERTS, "_module_dict", {})
    monkeypatch.setattr(EXPERTS, "_plugins", site.load)
    site.install("moei-bad", plugin(before=DECORATED, after="1 / 0"))
    assert "decorated_by_plugin" not in EXPERTS
    site.install("moei-good", plugin(before=DECORATED))
    assert EXPERTS.get("decorated_by_plugin").__module__ == "moei_good"


def test_check_components_reports_each_problem(site):
    half_done = "moei_toolkit.experts.base:Expert"
    site.install("moei-toy", plugin(("experts", "toy", "json:JSONDecoder"), ("experts", "half", half_done)))
    problems = check_components(site.load())
    assert problems["experts", "half"] == "experts 'half' from moei-toy 1.0: expected run, which it lacks"
    assert "expected a subclass" in problems["experts", "toy"]
    assert ("experts", "dense") not in problems
