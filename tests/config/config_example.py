"""A complete config with made-up names: nothing in the schema may know weathers, or how many there are."""

import copy

_TRAINING = {
    "iterations": 10,
    "images_per_batch": 2,
    "crops_per_image": 1,
    "crop_size": 16,
    "learning_rate": 1e-3,
    "warmup": 2,
    "mix": {"dust": 1.0, "clean": 0.5},
    "checkpoint_every": 5,
    "validate_every": 5,
}

_CONFIG = {
    "work_dir": "out",
    "data": {"layout": {"type": "folders", "root": "pictures"}, "draws": {"train": 2}},
    "tasks": {"dust": {"degradation": {"type": "sand", "grain": 0.5}, "loss": {"type": "l1"}}},
    "backbone": {"type": "net", "width": 8},
    "dense": {"loss": "task", "training": copy.deepcopy(_TRAINING)},
    "experts": {
        "any": {
            "expert": {"type": "adapter", "reduction": 0.5},
            "task": "dust",
            "training": copy.deepcopy(_TRAINING),
        }
    },
    "utilities": {"error": "task", "normalize": False},
    "router": {"router": {"type": "mlp"}, "beta": 20, "alpha": 0.0, "iterations": 5, "batch_size": 4},
    "calibrate": {"calibrator": {"type": "temperature"}},
    "evaluate": {"metrics": [{"type": "psnr"}]},
    "report": {"title": "Dust"},
}


def minimal(**changes):
    """Return the config as plain data, with top-level keys replaced."""
    return {**copy.deepcopy(_CONFIG), **changes}
