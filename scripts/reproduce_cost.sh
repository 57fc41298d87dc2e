#!/usr/bin/env bash
# Measures what restoring with a finished run costs on this machine: operations, time, memory.
set -euo pipefail

usage() {
    cat <<'TEXT'
usage: scripts/reproduce_cost.sh [--quick] [--out DIR] RUN

Sets up the toolkit, then counts operations and parameters (tools/cost.py), measures latency, ms/MP, peak memory
and throughput at 4K of MoE-I and of dense, three times in fresh processes (tools/bench.py), finds the dense models
of equal cost (tools/budgets.py), how cost grows (tools/scaling.py), and compares with other ways to the same
result (tools/speed.py). Some hours with the full protocol, about half an hour with --quick, on two cores.
Nothing else should run on the machine. A comparison that is too noisy is not made; the others are, and the script
fails at the end.

  --quick    fewer runs than the protocol asks for, and the results say so
  --out DIR  instead of a new folder in work_dirs/reproduce_cost
TEXT
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
out=$root/work_dirs/reproduce_cost/$(date +%Y%m%d-%H%M%S)
quick=()
run=
status=0

while (($#)); do
    case $1 in
        --help | -h) usage && exit ;;
        --quick) quick=(--quick) && shift ;;
        --out) out=${2:?--out needs a folder} && shift 2 ;;
        -*) usage >&2 && exit 2 ;;
        *)
            [[ -z $run ]] || { usage >&2 && exit 2; }
            run=$1 && shift
            ;;
    esac
done
if [[ ! -f $root/tools/bench.py ]]; then
    echo "error: $root is no checkout of the toolkit; copy this script into scripts/ of one" >&2
    exit 1
fi
[[ -n $run ]] || { usage >&2 && exit 2; }
if [[ ! -d $run ]]; then
    echo "error: $run is no folder of a run" >&2
    exit 2
fi

tool() {
    local name=$1
    shift
    "$root/.venv/bin/python" "$root/tools/$name.py" "$@" || { status=$? && echo "error: tools/$name.py failed" >&2; }
}

make -C "$root" setup
mkdir -p "$out"
tool cost --run "$run" --json "$out/counts.json"
tool bench --run "$run" -o "$out/bench" ${quick[@]+"${quick[@]}"}
tool budgets --run "$run" -o "$out/budgets"
tool scaling --run "$run" -o "$out/scaling" ${quick[@]+"${quick[@]}"}
tool speed --json "$out/speed.json" ${quick[@]+"${quick[@]}"}
echo "costs    $out"
exit "$status"
