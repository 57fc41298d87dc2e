#!/usr/bin/env bash
# Runs the main config, changes one factor of it at a time, and judges whether its conclusions stay.
set -euo pipefail

usage() {
    cat <<'TEXT'
usage: scripts/reproduce_ablations.sh [--seed N] [--config FILE] [--out DIR]

Sets up the toolkit, runs the main config as it is (tools/train.py), then the space "ablations" over it
(tools/tune.py), and writes the report of the run again with what came out: objective O9, and a table. All of it
shares one store, so that a stage that a factor does not concern is computed once. Run again with --out, it goes on
where it was stopped. Variants that cannot be run here, for want of a package, are named with the reason.

  --seed N       instead of the config's
  --config FILE  instead of configs/moei_rain_haze_snow.py; configs/smoke.py shows in minutes that all of it works
  --out DIR      instead of a new folder in work_dirs/reproduce_ablations
TEXT
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
config=$root/configs/moei_rain_haze_snow.py
out=$root/work_dirs/reproduce_ablations/$(date +%Y%m%d-%H%M%S)
seed=()

while (($#)); do
    case $1 in
        --help | -h) usage && exit ;;
        --seed) seed=("seed=${2:?--seed needs a number}") && shift 2 ;;
        --config) config=${2:?--config needs a file} && shift 2 ;;
        --out) out=${2:?--out needs a folder} && shift 2 ;;
        *) usage >&2 && exit 2 ;;
    esac
done
if [[ ! -f $root/tools/tune.py ]]; then
    echo "error: $root is no checkout of the toolkit; copy this script into scripts/ of one" >&2
    exit 1
fi

tool() { # tool NAME [KEY=VALUE] ARGUMENT...
    local name=$1 options=("store=$out/store" ${seed[@]+"${seed[@]}"})
    shift
    "$root/.venv/bin/python" "$root/tools/$name.py" "$config" --cfg-options "${options[@]}" "$@"
}

some_failed=10 # what tools/tune.py ends with when it has results of some variants only

make -C "$root" setup
mkdir -p "$out"
tool train --work-dir "$out/run"
tool tune --space ablations --work-dir "$out/ablations" || (($? == some_failed))
tool train "studies.ablations=$out/ablations/ablations.json" --work-dir "$out/run"
echo "ablations  $out/ablations/ablations.html"
