"""What is known of a published data set."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from moei_toolkit.data.layouts.folder_names import INPUT_FOLDERS
from moei_toolkit.data.layouts.pairing import Partners, Variant, own_stem

Refine = Callable[[Variant, str, str], Variant]


def folder_decides(variant: Variant, group: str, stem: str) -> Variant:
    """Return the variant of the folder: neither groups nor stems tell more."""
    return variant


def stem_is_capture(stem: str) -> str:
    """Return the stem: nobody knows of images that come from one capture."""
    return stem


@dataclass(frozen=True)
class PublishedSet:
    """A published data set.

    Names of folders in it are as :func:`plain` returns them.

    Attributes:
        name: What scenes call it.
        shape: Its folders, for people.
        variants: How the images in a folder are degraded.
        groups: What a folder tells that may lie between those of the published parts and those of images;
            empty where it tells nothing.
        asides: Why a folder is left out.
        refine: Returns the variant of an image from that of its folder, what its group tells, and its stem.
        partners: See :func:`pair_images`.
        capture: Returns the capture that the image of a stem comes from.
    """

    name: str
    shape: str
    variants: Mapping[str, Variant]
    groups: Mapping[str, str] = field(default_factory=dict)
    asides: Mapping[str, str] = field(default_factory=dict)
    refine: Refine = folder_decides
    partners: Partners = own_stem
    capture: Callable[[str], str] = stem_is_capture


def variants_of(variant: Variant, *folders: str) -> dict[str, Variant]:
    """Return the variant for every general name of a folder of degraded images, and for the names given."""
    return dict.fromkeys([*sorted(INPUT_FOLDERS), *folders], variant)
