"""The trained models that come with the toolkit, by name."""

from __future__ import annotations

from pathlib import Path

from moei_toolkit.errors import ConfigError, WeightsMissingError, did_you_mean

DEFAULT = "moei-tiny"
SHIPPED = (DEFAULT,)
"""Names of the models; each is a folder of `MODELS`."""

MODELS = Path(__file__).parents[2] / "models"


def shipped_model(name: str = DEFAULT) -> Path:
    """Return the folder of a model that comes with the toolkit.

    Raises:
        ConfigError: There is no such model.
        WeightsMissingError: This installation came without it.
    """
    if name not in SHIPPED:
        hint = " A folder goes with --run." if Path(name).is_dir() else ""
        raise ConfigError(f"the toolkit has no model {name!r}. {did_you_mean(name, SHIPPED)}{hint}")
    folder = MODELS / name
    if not folder.is_dir():
        raise WeightsMissingError(
            f"{folder} is missing: this installation came without the model {name!r}. Install moei_toolkit "
            "again from its wheel or a whole checkout, or name a run or another model with --run."
        )
    return folder


def find_model(model: str | Path) -> Path:
    """Return the folder of a model.

    Args:
        model: The folder itself, or the name of a model that comes with the toolkit, which comes first;
            ``./NAME`` is always a folder.

    Raises:
        ConfigError: There is neither such a folder nor such a model.
        WeightsMissingError: This installation came without the model.
    """
    if isinstance(model, Path) or (model and model not in SHIPPED and Path(model).is_dir()):
        return Path(model)
    if model not in SHIPPED:
        hint = " Nothing is downloaded: give the folder that a hub's own client has filled." * ("/" in model)
        raise ConfigError(
            f"there is no folder {model!r}, and the toolkit has no model {model!r}. "
            f"{did_you_mean(model, SHIPPED)}{hint}"
        )
    return shipped_model(model)
