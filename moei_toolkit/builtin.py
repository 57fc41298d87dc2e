"""The components that come with the toolkit, offered through the same door as everyone else's."""

from __future__ import annotations

from moei_toolkit.hookspecs import Register, hookimpl

COMPONENTS = (
    ("backbones", "global_unet", "moei_toolkit.backbones.global_unet:GlobalUNet"),
    ("experts", "dense", "moei_toolkit.experts.dense:Dense"),
    ("experts", "adapter", "moei_toolkit.experts.adapter:Adapter"),
    ("experts", "full", "moei_toolkit.experts.full:Full"),
    ("routers", "mlp", "moei_toolkit.routers.mlp:MLPRouter"),
    ("losses", "l1", "moei_toolkit.losses.image:L1Loss"),
    ("losses", "rmse", "moei_toolkit.losses.image:RMSELoss"),
    ("losses", "relative_l1", "moei_toolkit.losses.image:RelativeL1Loss"),
    ("losses", "ssim", "moei_toolkit.losses.image:SSIMLoss"),
    ("losses", "gradient", "moei_toolkit.losses.image:GradientLoss"),
    ("losses", "direction", "moei_toolkit.losses.direction:DirectionLoss"),
    ("losses", "snow_mask", "moei_toolkit.losses.snow_mask:SnowMaskLoss"),
    ("losses", "lpips", "moei_toolkit.losses.perceptual:LPIPSLoss"),
    ("losses", "rain", "moei_toolkit.losses.task:RainLoss"),
    ("losses", "haze", "moei_toolkit.losses.task:HazeLoss"),
    ("losses", "snow", "moei_toolkit.losses.task:SnowLoss"),
    ("calibrators", "temperature", "moei_toolkit.calibrators.temperature:Temperature"),
    ("degradations", "rain", "moei_toolkit.data.weather.rain:Rain"),
    ("degradations", "haze", "moei_toolkit.data.weather.haze:Haze"),
    ("degradations", "snow", "moei_toolkit.data.weather.snow:Snow"),
    ("layouts", "embedded", "moei_toolkit.data.embedded:EmbeddedLayout"),
    ("metrics", "psnr", "moei_toolkit.evaluation.metrics.psnr:PSNR"),
    ("metrics", "ssim", "moei_toolkit.evaluation.metrics.ssim:SSIM"),
    ("metrics", "lpips", "moei_toolkit.evaluation.metrics.perceptual:LPIPS"),
)
"""Every built-in as (kind, name, target)."""


@hookimpl
def moei_register(register: Register) -> None:
    """Offer the built-ins."""
    for kind, name, target in COMPONENTS:
        register(kind, name, target)
