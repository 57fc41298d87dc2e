"""Swin transformers from timm, in the shapes of DehazeXL."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

_WINDOW, _HEAD = 8, 64


def make_swin_encoder(width: int, depths: Sequence[int], region: int) -> nn.Module:
    """Return an untrained Swin v2 (Liu et al., CVPR 2022) with windows of 16.

    Args:
        width: Channels of the first stage; each later one has twice as many.
        depths: Blocks of each stage.
        region: Side of the images it takes, pixels.

    Returns:
        A network from (B, 3, region, region) to a list of (B, h_i, w_i, C_i), at strides 4, 8, ...
    """
    import timm  # takes seconds, and no other backbone should wait for it

    return timm.create_model(
        "swinv2_tiny_window16_256",
        pretrained=False,
        features_only=True,
        img_size=region,
        embed_dim=width,
        depths=tuple(depths),
        num_heads=tuple(width * 2**stage // 32 for stage in range(len(depths))),
    )


class SwinBlock(nn.Module):
    """A block of Swin v1 (Liu et al., ICCV 2021) with windows of 8, on (B, C, side, side).

    Args:
        channels: C, a multiple of 64.
        side: Of the maps.
        shifted: Shift the windows by half of them.
        drop_path: Share of the images of a batch that pass by while training.
    """

    def __init__(self, channels: int, side: int, shifted: bool, drop_path: float) -> None:
        super().__init__()
        from timm.models.swin_transformer import SwinTransformerBlock

        self.block = SwinTransformerBlock(
            dim=channels,
            input_resolution=(side, side),
            num_heads=channels // _HEAD,
            window_size=_WINDOW,
            shift_size=_WINDOW // 2 if shifted else 0,
            drop_path=drop_path,
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return the same shape."""
        restored: Tensor = self.block(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        return restored
