"""The config that trains a dense model of another width."""

from __future__ import annotations

from pathlib import Path

from moei_toolkit.config.loader import dump_config, validate_config
from moei_toolkit.config.schema import Config


def wider_config(config: Config, option: str, width: int) -> str:
    """Return a config file like another, with a backbone of another width and a folder of its own.

    Args:
        config: The other one.
        option: What the backbone calls its width.
        width: Channels.
    """
    changed = config.model_dump()
    changed["backbone"] = {**config.backbone.as_dict(), option: width}
    changed["work_dir"] = str(
        Path(config.work_dir).with_name(f"{Path(config.work_dir).name}_{option}_{width}")
    )
    return dump_config(validate_config(changed, "the config of the measured run"))
