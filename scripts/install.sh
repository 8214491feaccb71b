#!/bin/sh
# Installs what is missing of the programs and libraries that are named, with apt. Says what it does.
#
#   scripts/install.sh swift libfcgi nginx …
set -eu

packages=
has() {
    case $1 in
        swift) command -v swift ;;
        libfcgi) test -f /usr/include/fcgiapp.h ;;
        zlib) test -f /usr/include/zlib.h ;;
        sqlite) test -f /usr/include/sqlite3.h ;;
        pkg-config) command -v pkg-config ;;
        php-fpm) ls /usr/sbin/php-fpm* ;;
        nginx | fcgiwrap | lighttpd | debootstrap) command -v "$1" || test -x "/usr/sbin/$1" ;;
        apache2-bin) test -x /usr/sbin/apache2 ;;
        lighttpd-mod-*) test -f "/usr/lib/lighttpd/mod_${1#lighttpd-mod-}.so" ;;
        libapache2-mod-*) test -f "/usr/lib/apache2/modules/mod_${1#libapache2-mod-}.so" ;;
        python3-venv) python3 -c 'import ensurepip, venv' ;;
        *) command -v "$1" ;;
    esac >/dev/null 2>&1
}
package() {
    case $1 in
        libfcgi) echo libfcgi-dev ;;
        zlib) echo zlib1g-dev ;;
        sqlite) echo libsqlite3-dev ;;
        nginx) echo nginx-light ;;
        cc) echo gcc libc6-dev ;;
        strip) echo binutils ;;
        chromedriver) echo chromium-driver ;;
        systemd-analyze) echo systemd ;;
        systemd-nspawn) echo systemd-container ;;
        *) echo "$1" ;;
    esac
}

for name; do
    has "$name" && continue
    if [ "$name" = swift ]; then
        echo "Swift 6.2 or later is missing: https://www.swift.org/install/linux" >&2
        exit 1
    fi
    packages="$packages $(package "$name")"
done
[ -n "$packages" ] || exit 0

if [ "$(id -u)" = 0 ]; then
    as_root=
elif command -v sudo >/dev/null 2>&1 && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
    as_root=sudo
else
    as_root=none
fi
if [ "$as_root" = none ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "Missing:$packages" >&2
    echo "On Debian and Ubuntu this installs them:  sudo apt-get install$packages" >&2
    exit 1
fi

echo "Installing with apt:$packages"
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update -qq
# shellcheck disable=SC2086
$as_root apt-get install -y -qq --no-install-recommends $packages
case $packages in
    *php-fpm*) echo "Debian may have started PHP-FPM as a service, too; it is not needed here: service php-fpm stop" ;;
esac
case $packages in
    *nginx*) echo "Debian may have started nginx as a service, too; it is not needed here: service nginx stop" ;;
esac
case $packages in
    *lighttpd*) echo "Debian may have started lighttpd as a service, too; it is not needed here: service lighttpd stop" ;;
esac
