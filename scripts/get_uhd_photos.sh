#!/usr/bin/env bash
# Fetches clean outdoor photographs, most of them UHD, from packages of the distribution, without installing any.
set -euo pipefail

usage() {
    cat <<'TEXT'
usage: scripts/get_uhd_photos.sh [--small] [--update] [--mirror URL] [FOLDER]

Downloads packages of wallpapers with apt-get, unpacks them in a temporary folder, and puts the photographs among
them into FOLDER (data/uhd_photos when not given). Nothing is installed and root is not needed. Drawings, indoor
pictures and foggy ones are left out, and no photograph comes twice. FOLDER/LICENSES.tsv says where each is from and
what its licence is; FOLDER/copyright has the full texts. About 700 MB to download; photographs that lie in FOLDER
already are kept, and a package whose photographs are all there still is not downloaded again. Two packages are
of newer releases of Debian and known by their hashes; they come from the mirror that apt-get uses.

  --small       the smaller packages only: about 55 MB to download
  --update      refresh the package lists first (apt-get update, which needs root)
  --mirror URL  a mirror of Debian to get those two packages from, where apt-get uses none

Where there is no apt-get, any folder of clean photographs does as well.
TEXT
}

# set, package, least size of a photograph (long side x short side), photographs
packages=(
    "small lomiri-wallpapers-16.04 3000x2000 Bridge_by_Sander_Klootwijk Dragonfly_by_Bolly
        seeding_by_Clements_Engelhardt sunset_by_Aitzol_Berasategi picosdeeuropa_by_Aitzol_Berasategi
        life_by_Aitzol_Berasategi aitzgorri_by_Aitzol_Berasategi friends_by_Aitzol_Berasategi"
    "small lomiri-wallpapers-20.04 3840x2160 Kleiber_by_Lukas_Baubkus"
    "small lxqt-themes 1920x1270 Butterfly-Kenneth-Wimer after-the-rain appleflower beam butterfly cloud drop flowers
        this-is-not-windows"
    "full enlightenment-data 3838x2059 Bamboo God-Rays Green-Maple Lichen-Branches Mountain Peaks Red-Maple
        Sea-of-Lanterns Snow-Trees Spruce-Needles Sunset-Clouds White-Flower Yellow-Flower"
    "full plasma-workspace-wallpapers 2560x1600 BytheWater EveningGlow FallenLeaf Kite OneStandsOut Path summer_1am"
    "full mate-backgrounds 1920x1200 Blinds Garden LadyBird RainDrops TwoWings YellowFlower"
    "full budgie-backgrounds 3840x2160 beacon-street-sunset blue-periwinkle canyon-wren casa-mila extreme-desert-hike
        high-trestle-trail lake-sherburne oakland-zoo-otters perched-osprey piazza-gae-aulenti roman-colosseum
        singaporean-cityscape tea-gardens"
    "full ukui-wallpapers 3840x2160 bluebird bridgecity bridgecity2 flamingos house look mountain-range mountain2 sea
        sky snowy-mountains sunf"
)

# Of these, other versions have other pictures: their files in the pool of any mirror of Debian, and SHA-256.
in_pool() {
    case $1 in
        budgie-backgrounds)
            echo b/budgie-backgrounds/budgie-backgrounds_3.0-1_all.deb \
                b91c2d5209558bc11d8d3a161f22a608857e3f8c735980cfab0d6650b03014ca
            ;;
        ukui-wallpapers)
            echo u/ukui-wallpapers/ukui-wallpapers_20.04.4-1_all.deb \
                3e9036f3e9fa197e3ff8fc6551eeba208f31ac99cba06da052e49a00d77ed62d
            ;;
    esac
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
out=
small=
update=
mirror=

while (($#)); do
    case $1 in
        --help | -h) usage && exit ;;
        --small) small=yes && shift ;;
        --update) update=yes && shift ;;
        --mirror)
            (($# > 1)) || { usage >&2 && exit 2; }
            mirror=${2%/} && shift 2
            ;;
        -*) usage >&2 && exit 2 ;;
        *)
            [[ -z $out ]] || { usage >&2 && exit 2; }
            out=$1 && shift
            ;;
    esac
done
out=${out:-$root/data/uhd_photos}

if ! command -v apt-get >/dev/null || ! command -v dpkg-deb >/dev/null; then
    echo "error: this needs apt-get and dpkg-deb, which Debian and Ubuntu have. Elsewhere, put clean outdoor" >&2
    echo "photographs of your own into a folder, the larger the better, and use that:" >&2
    echo "tools/prepare_data.py --layout clean_photos --root FOLDER --out OUT" >&2
    exit 1
fi
if [[ ! -f $root/scripts/uhd_photos/__main__.py || ! -f $root/Makefile ]]; then
    echo "error: $root is no checkout of the toolkit; copy this script into scripts/ of one" >&2
    exit 1
fi

make -C "$root" setup
mkdir -p "$out"
out=$(cd "$out" && pwd)
exec 9<"$out"
if ! flock --nonblock 9; then
    echo "error: $out is being filled by another call of this script; wait until it ends" >&2
    exit 1
fi
rm -rf "$out"/.fetching.* # what a killed call left
work=$(mktemp -d "$out/.fetching.XXXXXX")
trap 'rm -rf "$work"' EXIT

if [[ -n $update ]]; then
    if ((EUID)); then sudo apt-get update; else apt-get update; fi
fi

pick() {
    "$root/.venv/bin/python" "$root/scripts/uhd_photos" "$@"
}

# As root, apt-get downloads as a user who may not write here, and says so at length.
sandbox=()
((EUID)) || sandbox=(-o APT::Sandbox::User=root)

fetch() { # fetch PACKAGE [FILE SHA256]: downloads it into the folder of this call, and unpacks it
    rm -rf "${work:?}"/*
    if (($# > 1)); then
        fetch_from_pool "$2" "$3" || return 1
    else
        (cd "$work" && apt-get -q ${sandbox[@]+"${sandbox[@]}"} download "$1") || return 1
    fi
    dpkg-deb -x "$work"/*.deb "$work/unpacked"
}

fetch_from_pool() { # fetch_from_pool FILE SHA256
    local from=$mirror
    if [[ -z $from ]]; then # where apt-get would have another package from
        from=$(apt-get download --print-uris lomiri-wallpapers-16.04) || return 1
        from=${from#\'} && from=${from%%/pool/*}
    fi
    # apt-helper is beside apt-get, but not where programs are looked for
    PATH="$PATH:/usr/lib/apt" apt-helper ${sandbox[@]+"${sandbox[@]}"} download-file \
        "$from/pool/main/$1" "$work/${1##*/}" "SHA256:$2"
}

failed=()
failed_in_pool=()
for line in "${packages[@]}"; do
    read -r -d '' -a fields <<<"$line" || true
    set=${fields[0]} package=${fields[1]} least=${fields[2]} photos=("${fields[@]:3}")
    if [[ -n $small && $set != small ]]; then
        continue
    fi
    status=0
    pick has "$package" "$out" || status=$?
    case $status in
        0) echo "== $package: all there" && continue ;;
        1) echo "== $package" ;;
        *) exit 1 ;;
    esac
    read -r -a pooled <<<"$(in_pool "$package")"
    if ! fetch "$package" ${pooled[@]+"${pooled[@]}"}; then
        if ((${#pooled[@]})); then failed_in_pool+=("$package"); else failed+=("$package"); fi
        continue
    fi
    version=$(dpkg-deb -f "$work"/*.deb Version)
    pick take "$work/unpacked" "$package" "$version" "$least" "$out" "${photos[@]}"
done

pick count "$out"
if ((${#failed[@]})); then
    echo "error: apt-get could not download ${failed[*]}. Perhaps its package lists are old or missing: run" >&2
    echo "sudo apt-get update (or this script with --update), then this script again. A release that does not" >&2
    echo "have a package does without it." >&2
fi
if ((${#failed_in_pool[@]})); then
    echo "error: ${failed_in_pool[*]}: not in the pool of the mirror, or not of the hash that is expected. Name a" >&2
    echo "mirror of Debian by --mirror URL (one whose URL/pool/main there is), and run this script again." >&2
fi
if ((${#failed[@]} + ${#failed_in_pool[@]})); then
    echo "The photographs of the other packages are in $out." >&2
    exit 1
fi
