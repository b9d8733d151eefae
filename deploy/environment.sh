# Sourced by the scripts beside it: `environment REQUIREMENT...` makes a virtual environment of its own for the Python in
# $PYTHON (python3 if that is not set), installs the requirements into it and leaves its path in $venv. What is there
# already is used again, and installed again only when the sources have changed. $NUMPY, if set, is the NumPy version to
# take, as in NUMPY=1.24.4, and $GPIOZERO that of gpiozero. $purpose, if set, keeps the environment apart from that of
# other scripts.

environment() {
    python=${PYTHON:-python3}
    if ! version=$("$python" -c 'import sys, venv, ensurepip; print("%d.%d" % sys.version_info[:2])'); then
        echo "$python does not run, or its venv module is missing: on Debian, apt install python3 python3-venv" >&2
        exit 1
    fi
    venv=.venv/${purpose:+$purpose-}$version${NUMPY:+-numpy-$NUMPY}${GPIOZERO:+-gpiozero-$GPIOZERO}
    "$venv/bin/python" -m pip --version > /dev/null 2>&1 || "$python" -m venv --clear "$venv"
    stamp=$venv/installed$(echo "$*" | tr -c 'a-z0-9\n' '-')
    if [ ! -e "$stamp" ] || [ -n "$(find pyproject.toml README.md core pi -newer "$stamp" -print | head -n 1)" ]; then
        "$venv/bin/python" -m pip install --quiet --disable-pip-version-check "$@" ${NUMPY:+"numpy==$NUMPY"} \
            ${GPIOZERO:+"gpiozero==$GPIOZERO"}
        touch "$stamp"
    fi
}
