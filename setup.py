"""Package metadata, dependencies and entry points."""

from pathlib import Path
from shutil import copytree

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).parent
VERSION = (
    (HERE / "moei_toolkit" / "__init__.py")
    .read_text(encoding="utf-8")
    .split('__version__ = "')[1]
    .split('"')[0]
)

CORE = [
    "torch>=2.4",
    "torchvision>=0.19",
    "numpy>=1.26",
    "scipy>=1.11",
    "opencv-python-headless>=4.9",
    "mmcv-lite>=2.1",  # brings opencv-python, which must be of the same version as -headless
    "mmengine>=0.10.7",
    "setuptools>=77.0.3,<82",  # mmengine still imports pkg_resources, which 82 dropped
    "albumentations>=2.0.8,<3",
    "filelock>=3.13",
    "ImageHash>=4.3",
    "lmdb>=1.4",
    "lpips>=0.1.4",
    "matplotlib>=3.8",
    "packaging>=23",
    "pillow>=11.1",
    "pluggy>=1.4",
    "pydantic>=2.6",
    "pyvips[binary]>=3.1",
    "ray[tune]>=2.40",
    "rich>=13",
    "safetensors>=0.4",
    "scikit-image>=0.22",
    "scikit-learn>=1.6",
    "tensorboard>=2.15",
    "timm>=1.0.22,<2",
]
ONNX = ["onnxruntime>=1.19"]
OPENVINO = ["openvino>=2024.4"]
EXPORT = ["torch>=2.7", "onnx>=1.17", "onnxscript>=0.3", *ONNX]  # what was exported is run once to check it
OPTUNA = ["optuna>=4"]
REFERENCES = ["fvcore>=0.1.5", "tifffile>=2023.7.10", "torchmetrics>=1.3"]  # what tests compare with
TEST = ["pytest>=8", "pytest-xdist>=3.6", "mypy>=1.10", "ruff>=0.6", *REFERENCES, *EXPORT, *OPENVINO, *OPTUNA]


class BuildWithConfigs(build_py):
    """Takes the configs along, where ``moei_toolkit::smoke.py`` finds them."""

    def run(self) -> None:
        """Build the package."""
        super().run()
        if not self.editable_mode:
            inside = Path(self.build_lib) / "moei_toolkit" / "configs"
            copytree(HERE / "configs", inside, ignore=lambda *_: {"__pycache__"}, dirs_exist_ok=True)


setup(
    name="moei_toolkit",
    version=VERSION,
    description="Instance-level mixture of experts for 4K image restoration under rain, haze and snow",
    long_description=(HERE / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    python_requires=">=3.10",
    packages=find_packages(include=["moei_toolkit", "moei_toolkit.*"]),
    cmdclass={"build_py": BuildWithConfigs},
    package_data={
        "moei_toolkit": ["py.typed", "models/*/*"],
        "moei_toolkit.new_plugin": ["templates/*.txt", "templates/*/*.txt"],
    },
    install_requires=CORE,
    extras_require={"onnx": ONNX, "openvino": OPENVINO, "export": EXPORT, "optuna": OPTUNA, "test": TEST},
    entry_points={
        "console_scripts": [
            "moei-prepare-data = moei_toolkit.commands.prepare_data:run",
            "moei-train = moei_toolkit.commands.train:run",
            "moei-tune = moei_toolkit.commands.tune:run",
            "moei-restore = moei_toolkit.commands.restore:run",
            "moei-export = moei_toolkit.commands.export:run",
            "moei-evaluate = moei_toolkit.commands.evaluate:run",
            "moei-report = moei_toolkit.commands.report:run",
            "moei-bench = moei_toolkit.commands.bench:run",
            "moei-budgets = moei_toolkit.commands.budgets:run",
            "moei-cost = moei_toolkit.commands.cost:run",
            "moei-scaling = moei_toolkit.commands.scaling:run",
            "moei-seams = moei_toolkit.commands.seams:run",
            "moei-speed = moei_toolkit.commands.speed:run",
            "moei-pack-lmdb = moei_toolkit.commands.pack_lmdb:run",
            "moei-plugins = moei_toolkit.commands.plugins:run",
            "moei-new-plugin = moei_toolkit.commands.new_plugin:run",
        ]
    },
    classifiers=[
        "Development Status :: 3 - Alpha",
        "Intended Audience :: Science/Research",
        "Programming Language :: Python :: 3",
        *(f"Programming Language :: Python :: 3.{minor}" for minor in range(10, 14)),
        "Topic :: Scientific/Engineering :: Image Processing",
    ],
)
