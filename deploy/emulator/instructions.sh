#!/bin/sh
# How many instructions reading a picture of 320x240 takes on ARM, from the luma to the reading, with each of two BLAS: the
# mean of ten pages of the simulated camera. QEMU's user mode runs Debian's armhf without NEON, which is as near to a Pi
# Zero as Debian comes; instructions are no time, but they do not depend on the machine that counts them.
# What it needs, it says; two minutes, and some more the first time.
set -eu
cd "$(dirname "$0")/../.."
mirror=${MIRROR:?give the address of a mirror of Debian}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/inkling/emulator
root=$cache/armhf lib=usr/lib/arm-linux-gnueabihf
most=60 # million

missing=$(for tool in qemu-user mmdebstrap gcc; do
    dpkg-query -W -f '${Status}' "$tool" 2> /dev/null | grep -q ' installed' || echo "$tool"
done)
[ -z "$missing" ] || { echo "It needs more packages: apt install --no-install-recommends" $missing >&2; exit 1; }
mkdir -p "$cache" build
if [ ! -d "$root" ]; then
    echo "unpacking a Debian for armhf ..." >&2
    rm -rf "$root.part"
    mmdebstrap --quiet --architectures=armhf --variant=extract --mode=root --include=python3,python3-numpy \
        --include=python3-pil,python3-tqdm,libblas3,libopenblas0-pthread bookworm "$root.part" "$mirror"
    mv "$root.part" "$root"
fi
gcc -O2 -shared -fPIC -o build/count.so deploy/emulator/count.c

. deploy/environment.sh
environment .
"$venv/bin/python" - build/frames.npy << 'EOF'
import sys
import numpy as np
from inkling.simulation import paper
frames = paper.frames(np.random.default_rng(0), hold=1, blank=0)
np.save(sys.argv[1], [next(frames)[0] for _ in range(11)])
EOF

# The instructions of a whole program that reads so many pictures.
instructions() {
    qemu-arm -plugin build/count.so -cpu cortex-a7,neon=off -L "$root" \
        -E LD_LIBRARY_PATH="$root/$lib/$1:$root/$lib" -E OPENBLAS_NUM_THREADS=1 -E PYTHONDONTWRITEBYTECODE=1 \
        -E PYTHONHOME="$root/usr" -E PYTHONPATH="core:pi:$root/usr/lib/python3/dist-packages" \
        "$root/usr/bin/python3.11" -c "
import numpy as np
from inkling.models import open_reader
reader = open_reader(None, 0.5)
print(*(reader.read(luma).text for luma in np.load('build/frames.npy')[:$2]))" 2>&1 | sed -n 's/^INSTRUCTIONS //p'
}

failed=0
for blas in openblas-pthread blas; do
    one=$(instructions $blas 1)
    eleven=$(instructions $blas 11)
    each=$(((eleven - one) / 10000000))
    echo "$blas: $each million instructions a picture, $((one / 1000000)) million from the start to the first reading"
    [ "$each" -le $most ] || failed=1
done
[ $failed = 0 ] || { echo "that is more than $most million a picture" >&2; exit 1; }
