#!/usr/bin/env bash
# Measures the costs of the toolkit on this machine, several times.
set -euo pipefail

usage() {
    cat <<'TEXT'
usage: scripts/reproduce_cost.sh [--repeats N] [--out DIR] [OPTION...]

Sets up the toolkit and runs tools/benchmark.py N times (3 by default), each into a JSON file of its own, so that
what the machine adds by chance shows. Costs at 4K of a trained run are not among them. Every OPTION goes to
tools/benchmark.py, for instance --quick.

  --repeats N  how many times
  --out DIR    instead of a new folder in work_dirs/reproduce_cost
TEXT
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
out=$root/work_dirs/reproduce_cost/$(date +%Y%m%d-%H%M%S)
repeats=3
options=()

while (($#)); do
    case $1 in
        --help | -h) usage && exit ;;
        --repeats) repeats=${2:?--repeats needs a number} && shift 2 ;;
        --out) out=${2:?--out needs a folder} && shift 2 ;;
        *) options+=("$1") && shift ;;
    esac
done
[[ $repeats =~ ^[1-9][0-9]*$ ]] || { usage >&2 && exit 2; }
if [[ ! -f $root/tools/benchmark.py ]]; then
    echo "error: $root is no checkout of the toolkit; copy this script into scripts/ of one" >&2
    exit 1
fi

make -C "$root" setup
mkdir -p "$out"
for repeat in $(seq "$repeats"); do
    echo "== $repeat of $repeats"
    "$root/.venv/bin/python" "$root/tools/benchmark.py" --json "$out/costs-$repeat.json" ${options[@]+"${options[@]}"}
done
echo "costs    $out"
