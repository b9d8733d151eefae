#!/bin/sh
# Measures inknet beside PyTorch and ONNX Runtime, in an environment of its own (about 1 GB; it is kept for the next time).
# Arguments are handed to speed.py: `sh tests/bench/run.sh --seconds 3 --only batch`.
set -eu
cd "$(dirname "$0")/../.."
. deploy/environment.sh
environment .
bench=.venv/bench
[ -x "$bench/bin/python" ] || "$python" -m venv --clear "$bench"
"$bench/bin/python" -m pip install --quiet --disable-pip-version-check . torch==2.13.0 onnx onnxruntime
export OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 MKL_NUM_THREADS=1
exec "$bench/bin/python" tests/bench/speed.py "$@"
