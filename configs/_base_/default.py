"""What the configs share: components, how they are judged, and how images are looked at and restored."""

seed = 0
backbone = dict(type="global_unet")
views = dict(overview_size=64, probe_size=128, probes=8)
utilities = dict(error="task", normalize=True)
router = dict(
    router=dict(type="mlp"),
    beta=20.0,
    alpha=0.05,
    iterations=150,  # more of them fit the few routing scenes by heart
    batch_size=64,
    learning_rate=1e-3,
)
calibrate = dict(calibrator=dict(type="temperature"), max_abstention=0.10)
inference = dict(tile=512, overlap=64, window="hann")
evaluate = dict(
    metrics=[
        dict(type="psnr"),
        dict(type="ssim"),
        dict(type="psnr", color="y"),
        dict(type="ssim", color="y"),
        dict(type="lpips", net="alex"),  # not computed without weights=FILE
    ],
    bins=15,
)
