"""What an image lacks, seen as a whole: every frequency is every place."""

from __future__ import annotations

import torch
from torch import Tensor, nn

_SOFTNESS = 0.25  # of features whose deviation is 1


class SpectralAffine(nn.Module):
    """Scales and shifts magnitude and phase of every frequency, alike for all frequencies of a channel.

    The paper multiplies the angle, and shifts a magnitude whatever its direction. Both tear: an angle just
    above -pi and one just below pi are neighbours until they are scaled, and a frequency of almost nothing
    points anywhere. There, rounding decides what becomes of an image, and in a batch it rounds otherwise than
    alone. So an angle a becomes ``a + (scale - 1) sin(a) + shift``, which is ``scale a + shift`` to first
    order and smooth all around the circle; and both changes fade where a magnitude falls below 0.25.

    It starts as the absolute value of its input: scales are 1 and shifts are 0.

    Args:
        channels: h, of input and output.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.magnitude = _Affine(channels)
        self.phase = _Affine(channels)

    def forward(self, z: Tensor) -> Tensor:
        """Return (B, h, rows, columns), at least 0, in float32."""
        spectrum = torch.fft.rfft2(z.float(), norm="ortho")  # there is no transform in half precision
        # Half a spectrum does not say whether the whole had an odd number of columns.
        return torch.fft.irfft2(self.change(spectrum), s=z.shape[-2:], norm="ortho").abs()

    def change(self, spectrum: Tensor) -> Tensor:
        """Scale and shift magnitude and phase of complex numbers (B, h, rows, half the columns)."""
        power = spectrum.real.square() + spectrum.imag.square()
        direction = spectrum / (power + _SOFTNESS**2).sqrt()
        turn = (self.phase.scale - 1) * direction.imag + self.phase.shift
        scaled = self.magnitude.scale * spectrum + self.magnitude.shift * direction
        return scaled * torch.complex(turn.cos(), turn.sin())


class _Affine(nn.Module):
    """A scale and a shift per channel, which start from the identity."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(channels, 1, 1))
        self.shift = nn.Parameter(torch.zeros(channels, 1, 1))
