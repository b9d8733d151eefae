#!/bin/sh
# Shows Inkling at work on a photo and on its simulated camera. Needs python3 and python3-venv, nothing else.
# Arguments are handed to `inkling demo`: `sh deploy/demo.sh --frames 100` ends by itself, without them Ctrl-C does.
set -eu
cd "$(dirname "$0")/.."
. deploy/environment.sh
echo "Making an environment in .venv (the first time takes a minute) ..." >&2
environment .
"$venv/bin/inkling" read --preview deploy/pictures/page.jpg
[ ! -t 1 ] || sleep 4 # time to look at it
exec "$venv/bin/inkling" demo "$@"
