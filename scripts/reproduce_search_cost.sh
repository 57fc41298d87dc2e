#!/usr/bin/env bash
# Measures what a search costs against one full run: every combination of r, beta, alpha and tau, small scale.
set -euo pipefail

usage() {
    cat <<'TEXT'
usage: scripts/reproduce_search_cost.sh [--config FILE] [--out DIR]

Sets up the toolkit, runs a config in full, then the space "grid" on a store of its own (90 variants), then the
same search again, for which everything is there. Prints the three times and the ratio of the second to the first.
About five minutes with the smoke config on two cores. Nothing else should run on the machine.

  --config FILE  instead of configs/smoke.py
  --out DIR      an empty or new folder, instead of a new one in work_dirs/reproduce_search_cost
TEXT
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
config=$root/configs/smoke.py
out=$root/work_dirs/reproduce_search_cost/$(date +%Y%m%d-%H%M%S)

while (($#)); do
    case $1 in
        --help | -h) usage && exit ;;
        --config) config=${2:?--config needs a file} && shift 2 ;;
        --out) out=${2:?--out needs a folder} && shift 2 ;;
        *) usage >&2 && exit 2 ;;
    esac
done
if [[ ! -f $root/tools/tune.py ]]; then
    echo "error: $root is no checkout of the toolkit; copy this script into scripts/ of one" >&2
    exit 1
fi
if [[ -n $(ls -A "$out" 2>/dev/null) ]]; then
    echo "error: $out holds something; what is there already would not be computed" >&2
    exit 1
fi

timed() { # timed NAME TOOL ARGUMENT...: seconds go to NAME
    local -n seconds=$1
    local started=$SECONDS
    "$root/.venv/bin/python" "$root/tools/$2.py" "$config" "${@:3}"
    seconds=$((SECONDS - started))
}

make -C "$root" setup
mkdir -p "$out"
search=(--space grid --work-dir "$out/grid" --store "$out/store")
timed full train --work-dir "$out/full"
timed grid tune "${search[@]}"
timed again tune "${search[@]}"
echo "full run $full s, grid $grid s, the same grid again $again s"
awk -v grid="$grid" -v full="$full" 'BEGIN { printf "grid / full run = %.2f\n", grid / full }'
