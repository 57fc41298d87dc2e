"""Regions are squares of the image, and nothing is lost on the way."""

from __future__ import annotations

import torch

from moei_toolkit.backbones.regions import join_regions, split_regions

IMAGES = torch.rand((2, 3, 8, 12), generator=torch.Generator().manual_seed(0))


def test_every_region_is_a_square_of_its_image_row_by_row():
    regions = split_regions(IMAGES, 4)
    assert regions.shape == (2 * 2 * 3, 3, 4, 4)
    for image in range(2):
        for row in range(2):
            for column in range(3):
                square = IMAGES[image, :, 4 * row : 4 * row + 4, 4 * column : 4 * column + 4]
                assert torch.equal(regions[(image * 2 + row) * 3 + column], square)


def test_joined_they_are_the_image():
    assert torch.equal(join_regions(split_regions(IMAGES, 4), 2, 3), IMAGES)


def test_they_lie_channels_last():
    for maps in (split_regions(IMAGES, 4), join_regions(split_regions(IMAGES, 4), 2, 3)):
        assert maps.is_contiguous(memory_format=torch.channels_last)
