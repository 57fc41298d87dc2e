#!/usr/bin/env bash
# Changes one factor of the main config at a time, and puts what comes out side by side.
set -euo pipefail

usage() {
    cat <<'TEXT'
usage: scripts/reproduce_ablations.sh [--seed N] [--config FILE] [--out DIR]

Sets up the toolkit and runs the main config as it is, and once for each of:

  router.beta               50, 80     (20 as it is)
  router.alpha              0, 0.1     (0.05)
  calibrate.max_abstention  0          (0.1)
  reduction of the experts  1/32       (1/16), and of their rival of equal cost

All runs share one store, so that a stage that a factor does not concern is computed once. Quality and decisions
of every run end up in ablations.csv. Run again with --out, it goes on where it was stopped. No other ablation is
made here, and none of the numbers is a verdict.

  --seed N       instead of the config's
  --config FILE  instead of configs/moei_rain_haze_snow.py; its experts are adapters named rain, haze and snow
  --out DIR      instead of a new folder in work_dirs/reproduce_ablations
TEXT
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
config=$root/configs/moei_rain_haze_snow.py
out=$root/work_dirs/reproduce_ablations/$(date +%Y%m%d-%H%M%S)
common=()

while (($#)); do
    case $1 in
        --help | -h) usage && exit ;;
        --seed) common=("seed=${2:?--seed needs a number}") && shift 2 ;;
        --config) config=${2:?--config needs a file} && shift 2 ;;
        --out) out=${2:?--out needs a folder} && shift 2 ;;
        *) usage >&2 && exit 2 ;;
    esac
done
if [[ ! -f $root/tools/train.py ]]; then
    echo "error: $root is no checkout of the toolkit; copy this script into scripts/ of one" >&2
    exit 1
fi

python=$root/.venv/bin/python
names=()

run() { # run NAME KEY=VALUE...
    local name=$1 && shift
    echo "== $name"
    "$python" "$root/tools/train.py" "$config" --work-dir "$out/$name" \
        --cfg-options "store=$out/store" ${common[@]+"${common[@]}"} "$@"
    names+=("$name")
}

reduced=(experts.{rain,haze,snow}.expert.reduction=0.03125 dense_equal.expert.reduction=0.03125)

make -C "$root" setup
mkdir -p "$out"
run as_it_is
run beta_50 router.beta=50.0
run beta_80 router.beta=80.0
run alpha_0 router.alpha=0.0
run alpha_0.1 router.alpha=0.1
run max_abstention_0 calibrate.max_abstention=0.0
run reduction_1_32 "${reduced[@]}"

"$python" - "$out" "${names[@]}" >"$out/ablations.csv" <<'PYTHON'
import json
import sys
from pathlib import Path

from moei_toolkit.io.run_record import read_run, stage_folder

out, names = Path(sys.argv[1]), sys.argv[2:]
policies = ("input", "dense", "dense-equal", "actual", "oracle")
print("run", *(f"psnr_{policy}" for policy in policies), "agreement", "ece", "abstained", sep=",")
for name in names:
    report = stage_folder(out / name, read_run(out / name), "report")
    results = json.loads((report / "results.json").read_text(encoding="utf-8"))
    macro, routing = results["quality"]["macro"], results["routing"]
    quality = [f"{macro[policy]['psnr']:.3f}" if policy in macro else "" for policy in policies]
    decisions = (routing["agreement"], results["calibration"]["ece"], routing["fallback"]["overall"]["abstained"])
    print(name, *quality, *(f"{value:.4f}" for value in decisions), sep=",")
PYTHON
cat "$out/ablations.csv"
echo "ablations  $out/ablations.csv"
