#!/usr/bin/env bash
# Builds the image and runs it locked down: container/check.py says what must hold.
# Uses Docker where its engine answers, else podman and buildah; where there is no
# engine (a bare Debian, as root), it installs them and makes a stand-in for the base
# image from Debian's own packages.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$PWD/.container
python=$PWD/.venv/bin/python
image=localhost/tocsin:test
mkdir -p "$work"

# What this machine needs to reach its package index, for the build alone.
build_args=()
ca=${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}
index_environment() {
  local name
  for name in PIP_INDEX_URL PIP_EXTRA_INDEX_URL UV_DEFAULT_INDEX UV_INDEX \
              HTTP_PROXY HTTPS_PROXY NO_PROXY http_proxy https_proxy no_proxy; do
    if [ -n "${!name:-}" ]; then printf '%s=%s\n' "$name" "${!name}"; fi
  done
  if [ -f "$ca" ]; then
    printf '%s\n' "SSL_CERT_FILE=$ca" "PIP_CERT=$ca" "REQUESTS_CA_BUNDLE=$ca"
  fi
}

if command -v docker >/dev/null && timeout 20 docker info >/dev/null 2>&1; then
  docker build --quiet --tag "$image" . >/dev/null
  exec "$python" container/check.py --image "$image" -- docker
fi

missing=()
for tool in podman buildah runc; do command -v "$tool" >/dev/null || missing+=("$tool"); done
if [ ${#missing[@]} -gt 0 ] || ! command -v mmdebstrap >/dev/null; then
  if [ "$(id -u)" != 0 ]; then
    echo "no container engine answers, and only root can install one:" >&2
    echo "  apt-get install podman buildah runc mmdebstrap" >&2
    exit 1
  fi
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -qq --no-install-recommends \
    podman buildah runc mmdebstrap netavark uidmap >"$work/apt.log" 2>&1 \
    || apt-get install -qq --no-install-recommends \
         podman buildah runc mmdebstrap uidmap >"$work/apt.log" 2>&1 \
    || { tail -n 20 "$work/apt.log" >&2; exit 1; }
fi

export BUILDAH_ISOLATION=chroot
store=(--root "$work/store" --runroot "$work/run" --storage-driver overlay)
base=docker.io/library/python:3.13-slim
if ! podman "${store[@]}" image exists "$base"; then
  if [ ! -s "$work/base.tar" ]; then
    mirror=$(apt-get indextargets --format '$(SITE)' | grep -v security | sort -u | head -n 1)
    mmdebstrap --quiet --variant=minbase --include=ca-certificates,python3,python3-venv \
      --dpkgopt='path-exclude=/usr/share/man/*' \
      --dpkgopt='path-exclude=/usr/share/doc/*' \
      --dpkgopt='path-exclude=/usr/share/locale/*' \
      --customize-hook='for n in python3 python; do ln -s /usr/bin/python3 "$1/usr/local/bin/$n"; done' \
      trixie "$work/base.partial.tar" "$mirror"
    mv "$work/base.partial.tar" "$work/base.tar"
  fi
  podman "${store[@]}" import --quiet --change 'CMD ["python3"]' "$work/base.tar" "$base" >/dev/null
fi

while IFS= read -r pair; do build_args+=(--env "$pair"); done < <(index_environment)
if [ -f "$ca" ]; then build_args+=(--volume "$ca:$ca:ro"); fi
# HEALTHCHECK is part of Docker's image format only.
buildah "${store[@]}" bud --quiet --format docker --pull-never --layers \
  "${build_args[@]}" --tag "$image" . >"$work/build.log" 2>&1 \
  || { tail -n 40 "$work/build.log" >&2; exit 1; }

exec "$python" container/check.py --image "$image" -- \
  podman "${store[@]}" --runtime runc --cgroup-manager cgroupfs --events-backend file
