#!/bin/sh
# How many instructions reading a picture of 320x240 takes on ARM, from the luma to the reading, with each of two BLAS: the
# mean of twenty pages of the simulated camera, each in a light of its own: those with a single digit, and any, with up to
# three. QEMU's user mode runs Debian's armhf without NEON, which is as near to a Pi Zero as Debian comes; instructions
# are no time, but they do not depend on the machine that counts them.
# What it needs, it says; five minutes, and some more the first time.
set -eu
cd "$(dirname "$0")/../.."
. deploy/mirror.sh
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
        --include=python3-pil,python3-tqdm,libblas3,liblapack3,libopenblas0-pthread bookworm "$root.part" "$mirror"
    mv "$root.part" "$root"
fi
gcc -O2 -shared -fPIC -o build/count.so deploy/emulator/count.c

. deploy/environment.sh
environment .
"$venv/bin/python" - build << 'EOF'
import sys
import numpy as np
from inkling.simulation import paper
def pages(seed):
    return paper.frames(np.random.default_rng(seed), hold=1, blank=0)
np.save(f"{sys.argv[1]}/any.npy", [next(pages(seed))[0] for seed in range(21)])
np.save(f"{sys.argv[1]}/single.npy", [next(luma for luma, text in pages(seed) if len(text) == 1) for seed in range(21)])
EOF

# The instructions of a whole program that reads so many of these pictures, with this BLAS.
instructions() {
    qemu-arm -plugin build/count.so -cpu cortex-a7,neon=off -L "$root" \
        -E LD_LIBRARY_PATH="$root/$lib/$3:$root/$lib/lapack:$root/$lib" -E OPENBLAS_NUM_THREADS=1 \
        -E PYTHONDONTWRITEBYTECODE=1 -E PYTHONHOME="$root/usr" \
        -E PYTHONPATH="core:pi:$root/usr/lib/python3/dist-packages" "$root/usr/bin/python3.11" -c "
import numpy as np
from inkling.models import open_reader
reader = open_reader(None, 0.5)
print('READ', *(reader.read(luma).text for luma in np.load('build/$1.npy')[:$2]))" > build/count.log 2>&1 &&
        grep -q '^READ ' build/count.log && sed -n 's/^INSTRUCTIONS //p' build/count.log || { cat build/count.log >&2; exit 1; }
}

failed=0
for blas in openblas-pthread blas; do
    for pages in single any; do
        one=$(instructions $pages 1 $blas)
        all=$(instructions $pages 21 $blas)
        each=$(((all - one) / 20000000))
        echo "$blas, $pages: $each million instructions a picture, $((one / 1000000)) million to the first reading"
        [ "$blas,$pages" != openblas-pthread,single ] || [ $each -le $most ] || failed=1
    done
done
[ $failed = 0 ] || { echo "a picture of one digit takes more than $most million" >&2; exit 1; }
