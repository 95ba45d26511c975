#!/usr/bin/env bash
# Builds the image and runs it locked down: container/check.py says what must hold.
# Uses Docker where its engine answers, or podman without root; as root without Docker
# it sets up podman itself (container/setup.sh). .container/ keeps what it built.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$PWD/.container
python=$PWD/.venv/bin/python
image=localhost/tocsin:test
base=$(sed -n 's/^ARG PYTHON=//p' Dockerfile)
mkdir -p "$work"

# ── what this machine needs to reach its package index, for the build alone ──
configured() { # a setting of pip, from its files
  "$python" -m pip config get "global.$1" 2>/dev/null ||
    "$python" -m pip config get "install.$1" 2>/dev/null || true
}
addresses() { # those that are of use inside the build: no folders of this machine
  tr -s '[:space:]' '\n' | { grep -E '^([A-Za-z0-9_-]+=)?https?://' || true; } | paste -sd ' ' -
}
index=${PIP_INDEX_URL:-$(configured index-url)}
export PIP_INDEX_URL=${index:-${UV_DEFAULT_INDEX:-${UV_INDEX_URL:-}}}
export UV_DEFAULT_INDEX=${UV_DEFAULT_INDEX:-${UV_INDEX_URL:-$index}}
PIP_EXTRA_INDEX_URL=$(addresses <<<"${PIP_EXTRA_INDEX_URL:-$(configured extra-index-url)}")
UV_INDEX=$(addresses <<<"${UV_INDEX:-${UV_EXTRA_INDEX_URL:-$PIP_EXTRA_INDEX_URL}}")
PIP_FIND_LINKS=$(addresses <<<"${PIP_FIND_LINKS:-$(configured find-links)}")
UV_FIND_LINKS=$(addresses <<<"${UV_FIND_LINKS:-${PIP_FIND_LINKS// /,}}")
PIP_TRUSTED_HOST=${PIP_TRUSTED_HOST:-$(configured trusted-host | paste -sd ' ' -)}
UV_INSECURE_HOST=${UV_INSECURE_HOST:-$PIP_TRUSTED_HOST}
export PIP_EXTRA_INDEX_URL UV_INDEX PIP_FIND_LINKS UV_FIND_LINKS PIP_TRUSTED_HOST UV_INSECURE_HOST

own_ca=${SSL_CERT_FILE:-${PIP_CERT:-$(configured cert)}}
inner_ca=/etc/ssl/certs/ca-certificates.crt
ca=${own_ca:-$inner_ca}
arguments=()
if [ -f "$ca" ]; then
  arguments+=(--build-arg "SSL_CERT_FILE=$inner_ca" --build-arg "PIP_CERT=$inner_ca")
fi
for name in $(sed -n 's/^ARG \([A-Z_]*\)$/\1/p' Dockerfile) \
            HTTP_PROXY HTTPS_PROXY NO_PROXY http_proxy https_proxy no_proxy; do
  case $name in SSL_CERT_FILE | PIP_CERT) continue ;; esac
  # By name alone: the value, which may hold a password, stays out of the process list.
  if [ -n "${!name:-}" ]; then export "${name?}"; arguments+=(--build-arg "$name"); fi
done

logged() { # run a build quietly; show the end of its log when it fails
  "$@" >"$work/build.log" 2>&1 || { tail -n 40 "$work/build.log" >&2; exit 1; }
}
check() { exec "$python" container/check.py --image "$image" -- "$@"; }

# ── Docker ───────────────────────────────────────────────────────────────────
if command -v docker >/dev/null && timeout 20 docker info >/dev/null 2>&1; then
  if [ -n "$own_ca" ] && [ -f "$ca" ]; then # docker build mounts no files: put it into the base
    context=$(mktemp -d)
    cp "$ca" "$context/ca.crt"
    printf 'FROM %s\nCOPY ca.crt %s\n' "$base" "$inner_ca" >"$context/Dockerfile"
    logged docker build --tag localhost/tocsin-base:test "$context"
    rm -r "$context"
    arguments+=(--build-arg PYTHON=localhost/tocsin-base:test)
  fi
  logged docker build "${arguments[@]}" --tag "$image" .
  check docker
fi

# HEALTHCHECK is part of Docker's image format only, hence --format docker below.
if [ -f "$ca" ]; then arguments+=(--volume "$ca:$inner_ca:ro"); fi

# ── podman, without root ─────────────────────────────────────────────────────
if [ "$(id -u)" != 0 ] && command -v podman >/dev/null; then
  logged podman build --format docker --layers "${arguments[@]}" --tag "$image" .
  check podman
fi

# ── root on a bare Debian: own storage, and a stand-in for the base image ────
bash container/setup.sh "$work"
driver=overlay
if [ "$(stat -f -c %T "$work")" = overlayfs ]; then driver=vfs; fi # one cannot lie on another
store=(--root "$work/store" --runroot "$work/run" --storage-driver "$driver")
if ! podman "${store[@]}" image exists "$base"; then
  podman "${store[@]}" import --quiet --change 'CMD ["python3"]' "$work/base.tar" "$base" >/dev/null
fi
# Without namespaces of its own the build also works inside another container.
export BUILDAH_ISOLATION=chroot
logged buildah "${store[@]}" bud --quiet --format docker --pull-never --layers \
  "${arguments[@]}" --tag "$image" .
# crun of Debian 12 cannot run here; there may be no systemd to make cgroups or timers.
check podman "${store[@]}" --runtime runc --cgroup-manager cgroupfs --events-backend file
