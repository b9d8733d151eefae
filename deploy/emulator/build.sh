#!/bin/sh
# Makes build/emulator/sd.img, the card of an emulated Pi Zero: Debian 12 for armel with systemd and the Debian package
# installed, and beside it kernel, initial RAM disk and device tree. Needs root; what else it needs, it says.
#
# armel, because Debian's armhf wants an ARMv7 and Raspberry Pi OS's kernel starts nowhere but on a Pi. Floating point is
# done by the compiler's library there, so speed and numbers of instructions are not those of a Pi.
# The system without the package takes six minutes, and is kept in ~/.cache/inkling for the next time.
set -eu
cd "$(dirname "$0")/../.."
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive
. deploy/mirror.sh
cache=${XDG_CACHE_HOME:-$HOME/.cache}/inkling/emulator
out=$PWD/build/emulator

[ "$(id -u)" = 0 ] || { echo "it makes a system to install into, and needs root for that" >&2; exit 1; }
tools="qemu-system-arm qemu-user-static mmdebstrap arch-test e2fsprogs fdisk cpio kmod curl swig device-tree-compiler
    gcc-arm-linux-gnueabi libc6-dev-armel-cross python3-pip"
missing=$(for tool in $tools; do dpkg-query -W -f '${Status}' "$tool" 2> /dev/null | grep -q installed || echo "$tool"; done)
[ -z "$missing" ] || { echo "It needs more packages: apt install --no-install-recommends" $missing >&2; exit 1; }
# the kernel hands programs for ARM to QEMU, in the new system, too
if [ ! -e /proc/sys/fs/binfmt_misc/qemu-arm ]; then
    [ -e /proc/sys/fs/binfmt_misc/register ] || mount -t binfmt_misc none /proc/sys/fs/binfmt_misc
    cat /usr/lib/binfmt.d/qemu-arm.conf > /proc/sys/fs/binfmt_misc/register
fi
mkdir -p "$cache" "$out"

# --- the system
if [ ! -e "$cache/root.tar" ]; then
    echo "making a Debian for armel, which takes some minutes ..." >&2
    mmdebstrap --architectures=armel --variant=minbase --mode=root --quiet \
        --aptopt='Acquire::Languages "none"' --aptopt='Apt::Install-Recommends "false"' \
        --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
        --include=systemd,systemd-sysv,dbus,udev,kmod,python3-numpy,python3-pil,python3-tqdm,python3-colorzero \
        bookworm "$cache/root.part.tar" "$mirror"
    mv "$cache/root.part.tar" "$cache/root.tar"
fi

# --- packages that are only unpacked: installing the kernel would make its RAM disk under emulation, for a quarter of an hour
[ -e "$cache/Packages.xz" ] || curl -sSfo "$cache/Packages.xz" "$mirror/dists/bookworm/main/binary-armel/Packages.xz"
field() { xzcat "$cache/Packages.xz" | awk -v name="$1" -v field="$2:" '$1 == "Package:" { here = $2 == name }
    here && $1 == field { $1 = ""; print; exit }'; }
unpack() {
    [ -e "$cache/$1.deb" ] || curl -sSfo "$cache/$1.deb" "$mirror/$(field "$1" Filename | tr -d ' ')"
    [ -d "$cache/$1" ] || dpkg-deb -x "$cache/$1.deb" "$cache/$1"
}
kernel=$(field linux-image-rpi Depends | grep -o 'linux-image-[0-9][^ ,]*')
release=${kernel#linux-image-}
for package in "$kernel" busybox-static libpython3.11-dev; do unpack "$package"; done

# --- what Raspberry Pi OS adds to Debian 12: lgpio, and the gpiozero that knows its names
if [ ! -e "$cache/gpiozero.whl" ]; then
    python3 -m pip download -q --no-deps -d "$cache" gpiozero==2.0.1
    mv "$cache"/gpiozero-2.0.1-*.whl "$cache/gpiozero.whl"
fi
if [ ! -e "$cache/lgpio/_lgpio.so" ]; then
    python3 -m pip download -q --no-deps --no-binary :all: -d "$cache" lgpio==0.2.2.0
    tar -C "$cache" -xf "$cache/lgpio-0.2.2.0.tar.gz"
    (
        cd "$cache/lgpio-0.2.2.0"
        swig -python lgpio.i
        arm-linux-gnueabi-gcc -march=armv6 -marm -O2 -shared -fPIC -pthread -Isrc \
            -I"$cache/libpython3.11-dev/usr/include/python3.11" -I"$cache/libpython3.11-dev/usr/include" \
            -o _lgpio.so lgpio_wrap.c src/lg*.c src/rgpiod.c
        mkdir -p "$cache/lgpio"
        cp lgpio.py _lgpio.so "$cache/lgpio"
    )
fi

# --- what the firmware of a Pi would hand over: kernel, device tree with the board's revision (Pi Zero 1.3), RAM disk
cp "$cache/$kernel/boot/vmlinuz-$release" "$out/vmlinuz"
cp "$cache/$kernel/usr/lib/$kernel/bcm2835-rpi-zero.dtb" "$out/zero.dtb"
fdtput -c "$out/zero.dtb" /system
fdtput -t x "$out/zero.dtb" /system linux,revision 920093
fdtput -t s "$out/zero.dtb" / model 'Raspberry Pi Zero Rev 1.3'
ram=$cache/ram
rm -rf "$ram"
mkdir -p "$ram/bin" "$ram/dev" "$ram/proc" "$ram/root" "$ram/modules"
cp "$cache/busybox-static/bin/busybox" "$ram/bin"
ln -s busybox "$ram/bin/sh"
# the file system is a module of Debian's kernel, and these are what it needs, in this order
drivers="lib/crc16 crypto/crc32c_generic fs/mbcache fs/jbd2/jbd2 fs/ext4/ext4"
for module in $drivers; do cp "$cache/$kernel/lib/modules/$release/kernel/$module.ko" "$ram/modules"; done
cat > "$ram/init" << EOF
#!/bin/sh
busybox=/bin/busybox
\$busybox mount -t proc proc /proc
\$busybox mount -t devtmpfs dev /dev
for module in $drivers; do \$busybox insmod /modules/\${module##*/}.ko; done
until [ -b /dev/mmcblk0p2 ]; do \$busybox usleep 100000; done
\$busybox mount -t ext4 -o noatime /dev/mmcblk0p2 /root
\$busybox umount /proc
\$busybox mount --move /dev /root/dev
exec \$busybox switch_root /root /sbin/init
EOF
chmod 755 "$ram/init"
(cd "$ram" && find . | cpio -o -H newc --quiet | gzip) > "$out/initrd.gz"

# --- the card
package=$(sh deploy/package.sh | tail -n 1)
root=$(mktemp -d "$cache/root.XXXXXX")
trap 'rm -rf "$root"' EXIT
tar -C "$root" -xf "$cache/root.tar" --exclude='./dev/*'
cp -R "$cache/$kernel/lib/modules" "$root/usr/lib/"
depmod -b "$root" "$release"
modules=$root/usr/local/lib/python3.11/dist-packages
mkdir -p "$modules"
cp "$cache/lgpio/lgpio.py" "$cache/lgpio/_lgpio.so" "$modules"
python3 -m zipfile -e "$cache/gpiozero.whl" "$modules"
cp "$package" "$root/inkling.deb"
chroot "$root" apt-get -qq -y install /inkling.deb > "$out/install.log" 2>&1 || { cat "$out/install.log" >&2; exit 1; }
rm "$root/inkling.deb"
echo pizero > "$root/etc/hostname"
: > "$root/etc/machine-id" # a number of its own from the first boot on, which asks no questions
echo '/dev/mmcblk0p2 / ext4 noatime 0 0' > "$root/etc/fstab"
# the serial console is root's, without a password: it is the test's only way in
sed -i 's/^root:[^:]*:/root::/' "$root/etc/shadow"
mkdir -p "$root/etc/systemd/system/serial-getty@ttyAMA0.service.d"
cat > "$root/etc/systemd/system/serial-getty@ttyAMA0.service.d/root.conf" << 'EOF'
[Service]
ExecStart=
ExecStart=-/sbin/agetty --autologin root --noclear --keep-baud 115200 ttyAMA0 dumb
EOF
# what a board without network and screen does not need only takes time
for unit in e2scrub_reap.service systemd-networkd.service systemd-networkd.socket systemd-binfmt.service \
    proc-sys-fs-binfmt_misc.automount systemd-pstore.service systemd-update-utmp.service systemd-firstboot.service \
    sys-fs-fuse-connections.mount sys-kernel-debug.mount sys-kernel-tracing.mount dev-mqueue.mount modprobe@drm.service getty@tty1.service \
    apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer fstrim.timer systemd-timesyncd.service; do
    ln -sf /dev/null "$root/etc/systemd/system/$unit"
done
cp -R deploy/emulator/card/. "$root/"

# QEMU takes cards of a power of two only. The first partition is the firmware's on a Pi, and empty here.
mebibytes=1024 first=8192 second=139264
rm -f "$out/sd.img"
truncate -s ${mebibytes}M "$out/sd.img"
sfdisk -q "$out/sd.img" << EOF
label: dos
start=$first, size=$((second - first)), type=c
start=$second, type=83
EOF
mke2fs -q -F -t ext4 -L rootfs -b 4096 -E offset=$((second * 512)),lazy_itable_init=0,lazy_journal_init=0 \
    -O ^metadata_csum_seed -d "$root" "$out/sd.img" $(((mebibytes * 2048 - second) / 8))
echo "$out/sd.img"
