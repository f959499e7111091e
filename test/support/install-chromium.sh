#!/usr/bin/env bash
# Installs Debian's Chromium for the tests that drive GraphiQL, where it is missing. Needs root, or sudo without a password.
set -euo pipefail
[ -x /usr/bin/chromium ] && exit 0
sudo=()
[ "$(id -u)" -eq 0 ] || sudo=(sudo --non-interactive)
"${sudo[@]}" apt-get update --quiet=2
"${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install --quiet=2 --yes --no-install-recommends chromium
