#!/bin/sh
# Installs the Debian package into bare Debian systems, upgrades, removes and purges it there, and looks at what is left.
# Needs root, debootstrap and what package.sh needs. Arguments are the releases to try: bookworm and trixie if none is given.
# The bare systems are made once, in two minutes each, and kept in ~/.cache/inkling. Nothing is started in them.
set -eu
cd "$(dirname "$0")/.."
. deploy/mirror.sh
cache=${XDG_CACHE_HOME:-$HOME/.cache}/inkling
export LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive PATH=/usr/sbin:/usr/bin:/sbin:/bin

fail() { echo "FAILED: $*" >&2; exit 1; }
[ "$(id -u)" = 0 ] || fail "it makes systems to install into, and needs root for that"
command -v debootstrap > /dev/null || fail "debootstrap is not here: apt install debootstrap"

# A bare system of a release with what the package depends on, as an archive.
bare() {
    bare=$cache/$1.tar
    [ ! -e "$bare" ] || return 0
    echo "making a bare $1 ..." >&2
    mkdir -p "$cache"
    making=$(mktemp -d "$cache/$1.XXXXXX")
    debootstrap --variant=minbase --include=systemd,udev,python3-numpy,python3-pil,python3-tqdm \
        "$1" "$making" "$mirror" > "$cache/$1.log" 2>&1 || fail "debootstrap: $(tail -n 3 "$cache/$1.log")"
    chmod 755 "$making" # mktemp made it for root alone
    chroot "$making" apt-get -qq update
    tar -C "$making" -cf "$bare.part" . && mv "$bare.part" "$bare"
    rm -rf "$making"
}

# Runs a command in the system, with a /proc of its own that is gone with it.
inside() { unshare --mount --pid --fork --mount-proc="$root/proc" chroot "$root" "$@"; }
# apt asks nobody here: what the owner has changed stays
apt() { inside apt-get -qq -y --no-install-recommends -o Dpkg::Options::=--force-confold "$@" > "$work/apt.log" 2>&1 ||
    fail "apt-get $*: $(cat "$work/apt.log")"; }
# Every file but those in which apt and dpkg keep their own books: name, kind, rights, owner.
files() { (cd "$root" && find . \( -path ./proc -o -path ./run -o -path ./var/lib/dpkg -o -path ./var/lib/apt -o -path ./var/cache \
    -o -path ./var/log -o -path ./tmp -o -name '*-' \) -prune -o -printf '%p %y %m %U:%G\n' | sort); }
# The card that installs itself: cloud-init has to understand what it is given.
understood() {
    apt install cloud-init python3-netplan # netplan is what knows of wireless networks
    for file in user-data network-config; do
        cp "deploy/cloud-init/$file" "$root/tmp"
        case $file in user-data) kind=cloud-config ;; *) kind=$file ;; esac
        inside cloud-init schema --schema-type "$kind" --config-file "/tmp/$file" > "$work/schema.log" 2>&1 ||
            fail "cloud-init: $(cat "$work/schema.log")"
    done
    echo "cloud-init understands user-data and network-config"
}
# The same package as the next version, with other settings in its file.
next() {
    dpkg-deb --raw-extract "$1" "$work/next"
    sed -i 's/^Version: .*/&+next/' "$work/next/DEBIAN/control"
    echo '# a line that the older version did not have' >> "$work/next/etc/inkling/inkling.toml"
    dpkg-deb --root-owner-group --build "$work/next" "$2" > /dev/null
}

installed() {
    inside inkling --version
    inside id inkling | grep -q 'video.*gpio\|gpio.*video' || fail "the user is not in the groups video and gpio"
    [ "$(inside systemctl is-enabled inkling.service)" = enabled ] || fail "the service does not start with the machine"
    for timer in inkling-train inkling-train-resume; do
        [ "$(inside systemctl is-enabled $timer.timer)" = enabled ] || fail "$timer.timer is not enabled"
    done
    inside systemd-analyze verify --man=no inkling.service inkling-failed.service inkling-train.service 2>&1 | grep inkling && fail "systemd has complaints"
    if inside udevadm verify --help > /dev/null 2>&1; then # from trixie on
        rules=$(inside dpkg -L inkling | grep 'udev.*rules$')
        inside udevadm verify "$rules" > "$work/udev.log" 2>&1 || fail "udev: $(cat "$work/udev.log")"
    fi
    inside test -r /usr/share/polkit-1/rules.d/inkling.rules || fail "the shutdown button is not allowed to shut down"
    user inkling config show | grep -q 'source = "picamera2"' || fail "the package does not set the camera"
    user inkling bench simulated --condition plain --count 1 --out /tmp/simulated > /dev/null
    photo=$(sed -n 2p "$root/tmp/simulated/INDEX.csv" | cut -d, -f1)
    label=$(sed -n 2p "$root/tmp/simulated/INDEX.csv" | cut -d, -f2)
    user inkling read "/tmp/simulated/$photo" | tee "$work/read" >&2
    grep -q ": $label  " "$work/read" || fail "on a simulated picture of $label it does not read that"
    ! inside inkling --help | grep -q doctor || user inkling doctor || [ $? = 1 ] || fail "inkling doctor"
}
user() { inside runuser -u inkling -- "$@"; }

try() {
    echo "== $1"
    root=$work/$1
    mkdir "$root"
    tar -C "$root" -xf "$cache/$1.tar"
    cp "$package" "$root/tmp/one.deb"
    cp "$work/next.deb" "$root/tmp/two.deb"
    files > "$work/before"

    apt install /tmp/one.deb
    installed
    echo "installed: it reads, and starts with the machine"

    sed -i 's/^# unsure = .*/unsure = 0.6/' "$root/etc/inkling/inkling.toml"
    inside systemctl disable --quiet inkling.service
    apt install /tmp/two.deb
    inside inkling config show | grep -q '^unsure = 0.6' || fail "the owner's setting was lost in the upgrade"
    [ "$(inside systemctl is-enabled inkling.service)" = disabled ] || fail "the upgrade enabled what its owner had disabled"
    echo "upgraded: the owner's settings hold"

    apt remove inkling
    [ ! -e "$root/usr/bin/inkling" ] || fail "the command is still there"
    grep -q '^unsure = 0.6' "$root/etc/inkling/inkling.toml" || fail "removing it took the owner's settings"
    echo "removed: the owner's settings are still there"

    apt purge inkling
    files > "$work/after"
    diff "$work/before" "$work/after" || fail "this is left"
    ! inside getent passwd inkling || fail "the user is left"
    echo "purged: nothing is left"

    apt install /tmp/one.deb
    echo mine > "$root/etc/inkling/mine.toml"
    inside install -d -o inkling -g inkling /var/lib/inkling
    user touch /var/lib/inkling/mine
    apt purge inkling
    files > "$work/after"
    owner=$(inside id -u inkling):$(inside id -g inkling)
    diff "$work/before" "$work/after" | sed -n 's/^[<>] //p' > "$work/left"
    diff - "$work/left" << EOF || fail "after a purge, that is left beside what the owner made"
./etc/inkling d 755 0:0
./etc/inkling/mine.toml f 644 0:0
./var/lib/inkling d 755 $owner
./var/lib/inkling/mine f 644 $owner
EOF
    echo "purged: what the owner made is still there"
    [ "$1" = bookworm ] || understood # Raspberry Pi OS has cloud-init from trixie on
    rm -rf "$root"
}

package=$(sh deploy/package.sh | tail -n 1)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
next "$package" "$work/next.deb"
[ $# -gt 0 ] || set -- bookworm trixie
for release; do bare "$release"; done
for release; do try "$release"; done
