#!/usr/bin/env bash
# setup.sh FOLDER: what building and running the image takes on a bare Debian, as root,
# without Docker: podman, buildah and runc, and FOLDER/base.tar, a stand-in for the
# Dockerfile's base image made from Debian's own packages. Does only what is not done.
set -euo pipefail
work=${1:?a folder for the base image}
mkdir -p "$work"

missing=()
for tool in podman buildah runc mmdebstrap; do
  command -v "$tool" >/dev/null || missing+=("$tool")
done
if [ ${#missing[@]} -gt 0 ]; then
  if [ "$(id -u)" != 0 ]; then
    echo "no container engine answers, and only root can install one:" >&2
    echo "  apt-get install podman, or start Docker" >&2
    exit 1
  fi
  export DEBIAN_FRONTEND=noninteractive
  { apt-get update -qq &&
    apt-get install -qq --no-install-recommends "${missing[@]}" netavark uidmap
  } >"$work/apt.log" 2>&1 || { tail -n 20 "$work/apt.log" >&2; exit 1; }
fi

[ ! -s "$work/base.tar" ] || exit 0
# The mirror that apt uses here; without one that has Debian, mmdebstrap's own.
# shellcheck disable=SC2016 # apt fills these in, not the shell
mirror=$(apt-get indextargets --format '$(ORIGIN) $(LABEL) $(SITE)' 2>/dev/null |
  sed -n 's/^Debian Debian //p' | sort -u | head -n 1)
# shellcheck disable=SC2016 # mmdebstrap's own shell knows $1, the new root
mmdebstrap --quiet --variant=minbase --include=ca-certificates,python3,python3-venv \
  --dpkgopt='path-exclude=/usr/share/doc/*' \
  --dpkgopt='path-exclude=/usr/share/locale/*' \
  --dpkgopt='path-exclude=/usr/share/man/*' \
  --customize-hook='ln -s /usr/bin/python3 "$1/usr/local/bin/python3"' \
  --customize-hook='ln -s /usr/bin/python3 "$1/usr/local/bin/python"' \
  trixie "$work/base.partial.tar" ${mirror:+"$mirror"}
mv "$work/base.partial.tar" "$work/base.tar"
