#!/bin/sh
# The whole test suite, in an environment of its own. Needs python3 and python3-venv, nothing else.
# Arguments are handed to pytest. PYTHON=python3.13 takes another Python, NUMPY=1.24.4 another NumPy.
set -eu
cd "$(dirname "$0")/.."
. deploy/environment.sh
environment '.[test]'
# one thread: the same sums in the same order on every machine, and tests that do not fight for the processor
export OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1
exec "$venv/bin/python" -m pytest "$@"
