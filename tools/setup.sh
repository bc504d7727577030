# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Sourced by try, test and .ci/run, from the top of the tree.

say() {
    printf '%s\n' "$*" >&2
}

# The packages of the groups given that are not installed, one a line.
missing_packages() {
    for group in "$@"; do
        sed -n "s/^$group \([^ ]*\).*/\1/p" tools/packages
    done | while read -r package; do
        status=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) || true
        [ "$status" = installed ] || printf '%s\n' "$package"
    done
}

# Installs what is missing of the groups given: as root, or through sudo. Otherwise it says what to
# install, and fails. Where there is no dpkg, meson will say what it does not find.
need_packages() {
    if ! command -v dpkg-query >/dev/null; then
        say "not a Debian system: docs/install.md names the packages of others"
        return 0
    fi
    missing=$(missing_packages "$@" | tr '\n' ' ')
    [ -n "$missing" ] || return 0
    # the word splitting is meant
    # shellcheck disable=SC2086
    if [ "$(id -u)" -eq 0 ]; then
        install_packages '' $missing
    elif command -v sudo >/dev/null && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
        say "installing with sudo: $missing"
        install_packages sudo $missing
    else
        say "please install first: apt-get install $missing"
        return 1
    fi
}

# install_packages SUDO PACKAGE...: apt-get, without recommendations and questions, and without
# starting what it installs: the tests start their own servers.
install_packages() {
    as=$1
    shift
    policy=/usr/sbin/policy-rc.d # Debian's way to say so
    if [ -e "$policy" ]; then
        policy=
    else
        printf '#!/bin/sh\nexit 101\n' | $as tee "$policy" >/dev/null && $as chmod 755 "$policy"
    fi
    failed=0
    { apt_get "$as" update && apt_get "$as" install -y --no-install-recommends "$@"; } || failed=1
    [ -z "$policy" ] || $as rm -f "$policy"
    return $failed
}

# apt_get SUDO ARGUMENT...: quiet unless it fails.
apt_get() {
    as=$1
    shift
    log=$(mktemp)
    if $as env DEBIAN_FRONTEND=noninteractive apt-get -q "$@" >"$log" 2>&1 </dev/null; then
        rm -f "$log"
        return 0
    fi
    cat "$log" >&2
    rm -f "$log"
    say "apt-get $1 failed"
    return 1
}

# build_into DIR [MESON-OPTION...]: sets DIR up if it is new, and compiles. Quiet unless it fails.
build_into() {
    dir=$1
    shift
    if [ ! -f "$dir/build.ninja" ]; then
        quietly meson setup "$dir" "$@" || return 1
    fi
    quietly ninja -C "$dir"
}

quietly() {
    out=$(mktemp)
    if "$@" >"$out" 2>&1 </dev/null; then
        rm -f "$out"
        return 0
    fi
    cat "$out" >&2
    rm -f "$out"
    say "failed: $*"
    return 1
}
