"""Checks a plugin's author runs: does my component keep the promises of its kind?

Each takes ``make``, which builds a fresh component, and returns nothing or raises `ContractError` naming the
broken promise and the numbers. In a test of the plugin::

    def test_my_expert():
        check_expert(MyExpert, GlobalUNet())
"""

from moei_toolkit.testing.abstentions import check_abstention
from moei_toolkit.testing.backbones import check_backbone
from moei_toolkit.testing.calibrators import check_calibrator
from moei_toolkit.testing.contract import ContractError
from moei_toolkit.testing.degradations import check_degradation
from moei_toolkit.testing.experts import check_expert
from moei_toolkit.testing.layouts import check_layout
from moei_toolkit.testing.losses import check_loss
from moei_toolkit.testing.metrics import check_metric
from moei_toolkit.testing.routers import check_router

__all__ = [
    "ContractError",
    "check_abstention",
    "check_backbone",
    "check_calibrator",
    "check_degradation",
    "check_expert",
    "check_layout",
    "check_loss",
    "check_metric",
    "check_router",
]
