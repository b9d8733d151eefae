# Sourced by the scripts beside it: `environment REQUIREMENT` makes a virtual environment of its own for the Python in
# $PYTHON (python3 if that is not set), installs the requirement into it and leaves its path in $venv. What is there
# already is used again. $NUMPY, if set, is the NumPy version to take, as in NUMPY=1.24.4.

environment() {
    python=${PYTHON:-python3}
    if ! version=$("$python" -c 'import sys, venv, ensurepip; print("%d.%d" % sys.version_info[:2])'); then
        echo "$python does not run, or its venv module is missing: on Debian, apt install python3 python3-venv" >&2
        exit 1
    fi
    venv=.venv/$version${NUMPY:+-numpy-$NUMPY}
    [ -x "$venv/bin/python" ] || "$python" -m venv --clear "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check "$1" ${NUMPY:+"numpy==$NUMPY"}
}
