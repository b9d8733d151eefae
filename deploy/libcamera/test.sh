#!/bin/sh
# The camera `picamera2` against real picamera2 on real libcamera, on any amd64 or arm64 machine with Debian, as root: a
# Debian trixie of its own is made in .venv/libcamera (1.2 GB, some minutes; kept for the next time), in which libcamera's
# virtual camera shows pages that Inkling has drawn. Arguments are handed to pytest.
#
# It proves: pictures come, luma only, cut and fresh; a capture that does not come ends in time, and the camera is opened
# again without a leak; SIGTERM ends a watch whose capture hangs; each failure is one line. It says nothing of a Pi's
# ISP, its camera memory, its exposure or its speed: what picamera2 takes for granted there is in stand_ins.py.
set -eu
cd "$(dirname "$0")/../.."
[ "$(id -u)" = 0 ] || { echo "this makes a system of its own and has to be root: sudo sh $0" >&2; exit 1; }
command -v debootstrap > /dev/null || { echo "debootstrap is missing: apt install debootstrap" >&2; exit 1; }
root=$PWD/.venv/libcamera
if [ ! -e "$root/made" ]; then
    rm -rf "$root"
    mkdir -p "$root"
    . deploy/mirror.sh
    debootstrap --variant=minbase --include=ca-certificates trixie "$root" "$mirror"
    # what this machine trusts is trusted in there, so a proxy of its own works
    cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
    # trixie's own libcamera, 0.4.0, gives the virtual camera's frames a status that was never set
    echo "deb $mirror trixie-backports main" > "$root/etc/apt/sources.list.d/backports.list"
    export DEBIAN_FRONTEND=noninteractive
    chroot "$root" apt-get update
    chroot "$root" apt-get install --yes --no-install-recommends -t trixie-backports python3-libcamera libcamera-ipa
    # the compiler is for PiDNG, which has no wheel
    chroot "$root" apt-get install --yes --no-install-recommends gcc python3-dev python3-numpy python3-pil \
        python3-pip python3-prctl python3-pytest python3-tqdm
    env -u PIP_FIND_LINKS chroot "$root" pip install --break-system-packages --root-user-action ignore --no-deps \
        picamera2==0.3.38 av==19.0.2 pidng==4.0.9 piexif==1.1.3 simplejpeg==1.8.2 videodev2==0.0.4
    touch "$root/made"
fi
rm -rf "$root/inkling"
mkdir "$root/inkling"
cp -r core pi deploy "$root/inkling/"
# a mount of its own, which is gone with the process
# shellcheck disable=SC2016
exec unshare --mount sh -c 'mount -t proc proc "$1/proc" && exec chroot "$@"' sh "$root" env -i HOME=/root \
    PATH=/usr/bin:/bin LC_ALL=C.UTF-8 OPENBLAS_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE=1 \
    PYTHONPATH=/inkling/core:/inkling/pi:/inkling/deploy/libcamera:/inkling/deploy/libcamera/stand-ins \
    python3 -m pytest -p no:cacheprovider -ra /inkling/deploy/libcamera "$@"
