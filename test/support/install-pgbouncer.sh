#!/usr/bin/env bash
# Installs Debian's PgBouncer for the tests that go through it, where it is missing. Needs root, or sudo without a password.
set -euo pipefail
[ -x /usr/sbin/pgbouncer ] && exit 0
sudo=()
[ "$(id -u)" -eq 0 ] || sudo=(sudo --non-interactive)
"${sudo[@]}" apt-get update --quiet=2
"${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install --quiet=2 --yes --no-install-recommends pgbouncer
