# Sourced by the scripts beside it: leaves in $mirror where Debian is to be had, which is where this machine's apt has it
# from. On a machine that is no Debian, say so yourself: MIRROR=ADDRESS.

mirror=${MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -v security | head -n 1)}
mirror=${mirror%/}
if [ -z "$mirror" ]; then
    echo "apt knows no mirror of Debian here: run apt-get update, or give one as MIRROR=ADDRESS" >&2
    exit 1
fi
