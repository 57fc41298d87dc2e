"""The components that come with the toolkit, offered through the same door as everyone else's."""

from __future__ import annotations

from moei_toolkit.hookspecs import Register, hookimpl

COMPONENTS = (
    ("backbones", "global_unet", "moei_toolkit.backbones.global_unet:GlobalUNet"),
    ("backbones", "dehazexl", "moei_toolkit.backbones.dehazexl:DehazeXL"),
    ("backbones", "timm_unet", "moei_toolkit.backbones.timm_unet:TimmUNet"),
    ("experts", "dense", "moei_toolkit.experts.dense:Dense"),
    ("experts", "adapter", "moei_toolkit.experts.adapter:Adapter"),
    ("experts", "lora", "moei_toolkit.experts.lora:LoRA"),
    ("experts", "full", "moei_toolkit.experts.full:Full"),
    ("experts", "mixture", "moei_toolkit.experts.mixture:Mixture"),
    ("routers", "mlp", "moei_toolkit.routers.mlp:MLPRouter"),
    ("routers", "linear", "moei_toolkit.routers.linear:LinearRouter"),
    ("routers", "fixed", "moei_toolkit.routers.fixed:FixedRouter"),
    ("routers", "random", "moei_toolkit.routers.chance:RandomRouter"),
    ("routers", "oracle", "moei_toolkit.routers.oracle:OracleRouter"),
    ("routers", "external", "moei_toolkit.routers.external:ExternalRouter"),
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
    ("calibrators", "identity", "moei_toolkit.calibrators.identity:Identity"),
    ("calibrators", "temperature", "moei_toolkit.calibrators.temperature:Temperature"),
    ("calibrators", "vector", "moei_toolkit.calibrators.vector:Vector"),
    ("calibrators", "platt", "moei_toolkit.calibrators.platt:Platt"),
    ("calibrators", "isotonic", "moei_toolkit.calibrators.isotonic:Isotonic"),
    ("calibrators", "histogram", "moei_toolkit.calibrators.histogram:Histogram"),
    ("abstentions", "threshold", "moei_toolkit.calibrators.rules.threshold:Threshold"),
    ("abstentions", "selective", "moei_toolkit.calibrators.rules.selective:Selective"),
    ("abstentions", "conformal", "moei_toolkit.calibrators.rules.conformal:Conformal"),
    ("degradations", "rain", "moei_toolkit.data.weather.rain:Rain"),
    ("degradations", "haze", "moei_toolkit.data.weather.haze:Haze"),
    ("degradations", "snow", "moei_toolkit.data.weather.snow:Snow"),
    ("degradations", "mixed", "moei_toolkit.data.weather.mixed:Mixed"),
    ("degradations", "choice", "moei_toolkit.data.weather.choice:Choice"),
    ("degradations", "library_rain", "moei_toolkit.data.weather.library:LibraryRain"),
    ("degradations", "library_snow", "moei_toolkit.data.weather.library:LibrarySnow"),
    ("degradations", "library_fog", "moei_toolkit.data.weather.library:LibraryFog"),
    ("layouts", "embedded", "moei_toolkit.data.layouts.embedded:EmbeddedLayout"),
    ("layouts", "dehaze8k", "moei_toolkit.data.layouts.dehaze8k:Dehaze8K"),
    ("layouts", "uhd_rain", "moei_toolkit.data.layouts.uhd:UHDRain"),
    ("layouts", "uhd_snow", "moei_toolkit.data.layouts.uhd:UHDSnow"),
    ("layouts", "uhd_haze", "moei_toolkit.data.layouts.uhd:UHDHaze"),
    ("layouts", "rain13k_4k", "moei_toolkit.data.layouts.uhd:Rain13k4K"),
    ("layouts", "allweather", "moei_toolkit.data.layouts.allweather:AllWeather"),
    ("layouts", "snow100k", "moei_toolkit.data.layouts.snow100k:Snow100K"),
    ("layouts", "cdd11", "moei_toolkit.data.layouts.cdd11:CDD11"),
    ("layouts", "pairs", "moei_toolkit.data.layouts.pairs:Pairs"),
    ("layouts", "clean_photos", "moei_toolkit.data.layouts.clean_photos:CleanPhotos"),
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
