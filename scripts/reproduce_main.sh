#!/usr/bin/env bash
# Trains the main config anew, packs the run, checks the result, and compares it with an earlier one.
set -euo pipefail

usage() {
    cat <<'TEXT'
usage: scripts/reproduce_main.sh [--seed N] [--config FILE] [--work-dir DIR] [ARTIFACT]

Sets up the toolkit, runs the main config into a fresh folder, writes artifact.zip there and verifies it.
With an ARTIFACT of an earlier run of the same config and seed, that is verified before and compared with
afterwards: dense and MoE-I must differ by less than 0.05 dB of PSNR on the median image.

  --seed N        instead of the config's
  --config FILE   instead of configs/moei_rain_haze_snow.py
  --work-dir DIR  instead of a new folder in work_dirs/reproduce_main; a run that lies there goes on
TEXT
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
config=$root/configs/moei_rain_haze_snow.py
work_dir=$root/work_dirs/reproduce_main/$(date +%Y%m%d-%H%M%S)
options=()
artifact=

while (($#)); do
    case $1 in
        --help | -h) usage && exit ;;
        --seed) options=(--cfg-options "seed=${2:?--seed needs a number}") && shift 2 ;;
        --config) config=${2:?--config needs a file} && shift 2 ;;
        --work-dir) work_dir=${2:?--work-dir needs a folder} && shift 2 ;;
        -*) usage >&2 && exit 2 ;;
        *)
            [[ -z $artifact ]] || { usage >&2 && exit 2; }
            artifact=$1 && shift
            ;;
    esac
done
if [[ ! -f $root/tools/train.py ]]; then
    echo "error: $root is no checkout of the toolkit; copy this script into scripts/ of one" >&2
    echo "of the revision that environment.json of the artifact names" >&2
    exit 1
fi

python=$root/.venv/bin/python
make -C "$root" setup
if [[ -n $artifact ]]; then
    "$python" "$root/tools/report.py" --verify "$artifact"
fi
"$python" "$root/tools/train.py" "$config" --work-dir "$work_dir" ${options[@]+"${options[@]}"}
"$python" "$root/tools/report.py" --run "$work_dir"
"$python" "$root/tools/report.py" --verify "$work_dir/artifact.zip" ${artifact:+--against "$artifact"}
