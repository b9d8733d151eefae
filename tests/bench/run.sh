#!/bin/sh
# Compares inknet with PyTorch, number by number, then measures it beside PyTorch, scikit-learn and ONNX Runtime, and the
# reading of paper beside OpenCV, in an environment of its own (over 1 GB; it is kept for the next time). Arguments are
# handed to the measuring: `sh tests/bench/run.sh --seconds 3 --only paper`, `--data DIR` for real images; `--help`
# tells them all.
set -eu
cd "$(dirname "$0")/../.."
. deploy/environment.sh
purpose=bench
environment . pytest torch==2.13.0 onnx onnxruntime opencv-python-headless scikit-learn
export OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 MKL_NUM_THREADS=1
"$venv/bin/python" -m pytest --quiet tests/core/test_torch.py
PYTHONPATH=tests exec "$venv/bin/python" -m bench "$@"
