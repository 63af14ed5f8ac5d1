#!/bin/sh
# belenios-tool 3.3 from Debian forky, into .venv/belenios-tool and nowhere else: its packages are
# found in the suite's index, checked against the SHA256 there, and unpacked beside each other. The
# program is started with the loader and libraries that came with it, whatever this system has.
#
#   sh tests/interop/tool.sh [FOLDER]
set -eu
mirror=${DEBIAN_MIRROR:-https://deb.debian.org/debian}
suite=forky
packages="belenios-tool libc6 libev4t64 libgmp10 libsodium26 libssl3t64 zlib1g libzstd1 libgcc-s1"
folder=${1:-$(dirname "$0")/../../.venv/belenios-tool}

[ "$(uname -sm)" = "Linux x86_64" ] || { echo "only for Linux on x86-64" >&2; exit 1; }
[ ! -x "$folder/belenios-tool" ] || exit 0
mkdir -p "$folder/root"
folder=$(cd "$folder" && pwd)

fetch() {
    if command -v curl >/dev/null; then curl -fsSL "$1" -o "$2"; else wget -q "$1" -O "$2"; fi
}
unpack() {
    if command -v dpkg-deb >/dev/null; then dpkg-deb -x "$1" "$folder/root"
    else ar p "$1" data.tar.xz | tar -xJ -C "$folder/root"; fi
}
field() { # of a package in the index
    awk -v package="$1" -v name="$2:" '$1 == "Package:" { found = $2 == package }
        found && $1 == name { print $2; exit }' "$folder/Packages"
}

echo "fetching the index of Debian $suite"
fetch "$mirror/dists/$suite/main/binary-amd64/Packages.xz" "$folder/Packages.xz"
xz -dcf "$folder/Packages.xz" > "$folder/Packages"
for package in $packages; do
    path=$(field "$package" Filename)
    [ -n "$path" ] || { echo "$package is not in $suite" >&2; exit 1; }
    fetch "$mirror/$path" "$folder/package.deb"
    echo "$(field "$package" SHA256)  $folder/package.deb" | sha256sum -c --status ||
        { echo "$package is not what the index says" >&2; exit 1; }
    unpack "$folder/package.deb"
    echo "$(field "$package" Version)  $package"
done
rm -f "$folder/package.deb" "$folder/Packages" "$folder/Packages.xz"

cat > "$folder/belenios-tool" <<EOF
#!/bin/sh
libraries=$folder/root/usr/lib/x86_64-linux-gnu
exec "\$libraries/ld-linux-x86-64.so.2" --library-path "\$libraries" "$folder/root/usr/bin/belenios-tool" "\$@"
EOF
chmod +x "$folder/belenios-tool"
"$folder/belenios-tool" --version
