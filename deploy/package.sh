#!/bin/sh
# Makes the Debian package, build/inkling_VERSION_all.deb, and looks at it with lintian; its path is the last line printed.
# On Debian or Raspberry Pi OS, bookworm or later, on any processor: the package is the same. What it needs is said if it is missing.
set -eu
cd "$(dirname "$0")/.."
PATH=/usr/sbin:/usr/bin:/sbin:/bin # the system's Python, which the package is made for, not one of pyenv's or Conda's

version=$(sed -n 's/^__version__ = "\(.*\)"$/\1/p' pi/inkling/__init__.py)
# the time of the last change, so that the same sources make the same package
seconds=$(git log -1 --format=%ct 2> /dev/null || stat -c %Y pyproject.toml)

mkdir -p build
build=$(mktemp -d build/package.XXXXXX)
trap 'rm -rf "$build"' EXIT
tree=$build/inkling-$version
mkdir "$tree" "$tree/deploy"
cp -R core pi systemd pyproject.toml README.md LICENSE "$tree"
cp -R deploy/debian "$tree/debian"
cp deploy/*.md "$tree/deploy"
find "$tree" -name __pycache__ -prune -exec rm -r {} +
for file in "$tree"/systemd/*; do
    case $(basename "$file") in
        inkling.*) cp "$file" "$tree/debian/" ;;
        *) cp "$file" "$tree/debian/inkling.$(basename "$file")" ;;
    esac
done
cat > "$tree/debian/changelog" << EOF
inkling ($version) stable; urgency=medium

  * See the project's history.

 -- $(sed -n 's/^Maintainer: //p' deploy/debian/control)  $(LC_ALL=C date -u -R -d "@$seconds")
EOF

cd "$tree"
if ! missing=$(dpkg-checkbuilddeps 2>&1); then
    echo "${missing#*Unmet build dependencies: }" | sed 's/ ([^)]*)//g; s/^/It needs more packages: apt install --no-install-recommends /' >&2
    exit 1
fi
dpkg-buildpackage --build=binary --no-sign > ../build.log 2>&1 || { tail -n 40 ../build.log >&2; exit 1; }
cd - > /dev/null
mv "$build/inkling_${version}_all.deb" build/
if command -v lintian > /dev/null; then
    lintian --allow-root --fail-on error "build/inkling_${version}_all.deb" >&2
else
    echo "lintian is not here, so nobody has looked at the package: apt install lintian" >&2
fi
echo "build/inkling_${version}_all.deb"
