#!/bin/sh
# The appliance on an emulated Pi Zero: makes a card with the Debian package installed, boots it, and proves what prove.py
# says, ten power cuts among it. Half an hour to an hour, and six minutes more the first time; needs root, and says what
# else it needs.
# Arguments: --cuts N, --only-cuts. `night` as the first proves what night.py says instead, in the same time; it takes
# --cuts, too. With KEEP=1 the card of the last time is used again.
set -eu
cd "$(dirname "$0")/../.."
if [ -z "${KEEP:-}" ] || [ ! -e build/emulator/sd.img ]; then
    sh deploy/emulator/build.sh
fi
. deploy/environment.sh
environment .
what=prove
if [ "${1:-}" = night ]; then
    what=night
    shift
fi
exec "$venv/bin/python" -m "deploy.emulator.$what" "$@"
