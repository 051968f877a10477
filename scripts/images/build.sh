#!/bin/sh
# Makes stand-ins, from Debian packages, for the container images that the acceptance repository and our tests name, where no
# registry can be reached. An image of that name that was not made here is left as it is; one that was is made again only
# when this recipe has changed. Takes about a minute and a half the first time, and no time after that.
set -eu
umask 022

here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd -P)
root=$(dirname -- "$(dirname -- "$here")")
recipe=$(cat "$here/build.sh" "$here/yq" | sha256sum | cut -c1-12)
label=rondo.recipe
base=rondo/image-base:$recipe
mirror=${RONDO_DEBIAN_MIRROR:-http://deb.debian.org/debian}
packages=bash,ca-certificates,curl,gawk,git,gzip,jq,openssh-client,procps,python3,python3-yaml,sudo,tar,unzip,xz-utils,zstd

fail() {
  echo "images: $*" >&2
  exit 1
}

# True when the image is there and needs no making: it follows this recipe, or it is none of ours.
is_made() {
  found=$(docker image inspect --format "{{index .Config.Labels \"$label\"}}" "$1" 2>/dev/null) || return 1
  [ -z "$found" ] || [ "$found" = "<no value>" ] || [ "$found" = "$recipe" ]
}

make_base() {
  command -v mmdebstrap >/dev/null || fail "mmdebstrap is not installed. Install it: apt-get install mmdebstrap"
  echo "images: building the base from Debian packages (about a minute)"
  mmdebstrap --quiet --variant=minbase --include="$packages" \
    --aptopt='Acquire::Languages "none"' --aptopt='Acquire::Retries "3"' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/info/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --customize-hook='chroot "$1" useradd --create-home --uid 3434 --shell /bin/bash circleci' \
    --customize-hook='echo "circleci ALL=(ALL) NOPASSWD: ALL" >"$1/etc/sudoers.d/circleci" && chmod 440 "$1/etc/sudoers.d/circleci"' \
    --customize-hook='chroot "$1" install -d -o circleci -g circleci /home/circleci/project' \
    --customize-hook='ln -s python3 "$1/usr/bin/python"' \
    bookworm "$work/base.tar" "$mirror" ||
    fail "the Debian packages could not be installed. Look at the lines above; is $mirror reachable? RONDO_DEBIAN_MIRROR names another."
  docker import --change "LABEL $label=$recipe" "$work/base.tar" "$base" >/dev/null
  rm "$work/base.tar"
}

# derive NAME 'Dockerfile lines' [FILE PATH-IN-THE-IMAGE]
derive() {
  is_made "$1" && return 0
  docker image inspect "$base" >/dev/null 2>&1 || make_base
  echo "images: making $1"
  context=$work/context
  rm -rf "$context"
  mkdir -p "$context/files"
  if [ $# -gt 2 ]; then
    mkdir -p "$context/files/$(dirname -- "$4")"
    cp -L -- "$3" "$context/files/$4"
  fi
  printf 'FROM %s\nCOPY files/ /\nLABEL %s=%s\n%s\n' "$base" "$label" "$recipe" "$2" >"$context/Dockerfile"
  # The classic builder needs no plug-in and, without RUN, starts no container.
  DOCKER_BUILDKIT=0 docker build --quiet --tag "$1" "$context" >/dev/null 2>"$work/log" || fail "docker build of $1 failed: $(cat "$work/log")"
}

# Debian with git and without ssh, so that a job is checked out over HTTP.
make_without_ssh() {
  is_made "$1" && return 0
  docker image inspect "$base" >/dev/null 2>&1 || make_base
  echo "images: making $1"
  container=$(docker create "$base" true)
  docker export "$container" | tar --delete -f - usr/bin/ssh | docker import --change "LABEL $label=$recipe" --change 'CMD ["/bin/bash"]' - "$1" >/dev/null
  docker rm "$container" >/dev/null
}

# The one image that is not Debian: a static busybox alone, so that jobs meet an image without bash, git and glibc.
make_busybox_image() {
  is_made "$1" && return 0
  echo "images: making $1"
  tree=$work/busybox
  mkdir -p "$tree/bin" "$tree/usr/bin" "$tree/sbin" "$tree/etc" "$tree/root" "$tree/home" "$tree/var" "$tree/proc" "$tree/sys" "$tree/dev"
  mkdir -m 1777 "$tree/tmp" "$tree/var/tmp"
  (cd "$work" && apt-get -q download busybox-static >/dev/null 2>"$work/log") ||
    fail "the package busybox-static could not be downloaded: $(cat "$work/log") Run apt-get update first."
  dpkg-deb --fsys-tarfile "$work"/busybox-static_*.deb | tar -xOf - ./bin/busybox >"$tree/bin/busybox"
  chmod 755 "$tree/bin/busybox"
  for name in $("$tree/bin/busybox" --list); do
    [ "$name" = busybox ] || ln -s /bin/busybox "$tree/bin/$name"
  done
  ln -s /bin/busybox "$tree/usr/bin/env"
  echo 'root:x:0:0:root:/root:/bin/sh' >"$tree/etc/passwd"
  echo 'root:x:0:' >"$tree/etc/group"
  tar -C "$tree" --numeric-owner --owner=0 --group=0 -cf - . |
    docker import --change "LABEL $label=$recipe" --change 'CMD ["/bin/sh"]' --change 'ENV PATH=/usr/local/bin:/usr/bin:/bin:/sbin' - "$1" >/dev/null
}

command -v docker >/dev/null || fail "no Docker client is installed. Install it: apt-get install docker.io"
docker version --format '{{.Server.Version}}' >/dev/null 2>&1 || fail "no Docker engine answers. Start it (dockerd), or give this user access to it."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM

for_user='USER circleci
WORKDIR /home/circleci/project
ENV HOME=/home/circleci
CMD ["/bin/bash"]'
node=$(ls "$root"/node_modules/node-linux-*/bin/node 2>/dev/null | head -n 1) || true
[ -n "$node" ] || node=$(command -v node) || fail "Node.js is not installed; ./rondo help installs it."

derive cimg/base:2025.05-20.04 "$for_user"
# What orbs name when they are told nothing else.
for tag in current stable; do derive "cimg/base:$tag" "$for_user" "$here/yq" usr/local/bin/yq; done
derive cimg/node:current "$for_user" "$node" usr/local/bin/node
derive cimg/python:3.9 "$for_user"
make_without_ssh rondo-test/debian
derive python:3.13.6 'CMD ["python3"]'
derive docker:25.0-git 'CMD ["sh"]' "$(command -v docker)" usr/local/bin/docker
make_busybox_image alpine:latest
