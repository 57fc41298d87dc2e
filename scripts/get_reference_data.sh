#!/usr/bin/env bash
# Makes what configs/reference.py learns from and is judged on.
set -euo pipefail

if [[ ${1:-} == -h || ${1:-} == --help ]]; then
    cat <<'TEXT'
usage: scripts/get_reference_data.sh [--update] [--mirror URL]

Gets photographs by scripts/get_uhd_photos.sh into data/uhd_photos, divides them into data/reference
(scripts/reference_photos.py), and prepares five sets in data/prepared/reference_* by configs/data/reference/*.py.
About 700 MB to download and 31 GB of disk; what is there already is kept, and refused where it is from a
division of other photographs. On two cores, preparing takes about six minutes. Options are those of
scripts/get_uhd_photos.sh.
TEXT
    exit
fi
options=()
while (($#)); do
    case $1 in
        --update) options+=("$1") && shift ;;
        --mirror)
            (($# > 1)) || { echo "error: --mirror: expected a URL; see --help" >&2 && exit 2; }
            options+=("$1" "$2") && shift 2
            ;;
        *) echo "error: expected --update or --mirror URL, got $1; see --help" >&2 && exit 2 ;;
    esac
done

cd "$(dirname "${BASH_SOURCE[0]}")/.."
scripts/get_uhd_photos.sh ${options[@]+"${options[@]}"} data/uhd_photos
.venv/bin/python scripts/reference_photos.py data/uhd_photos data/reference --sums configs/data/reference/photos.sha256
for set in uhd hd sd generated test; do
    .venv/bin/python tools/prepare_data.py "configs/data/reference/$set.py" --out "data/prepared/reference_$set"
done
