#!/bin/sh
# Makes local images under the names that the acceptance repository uses, from Debian packages, where no registry can be
# reached. An image that is there is left as it is. Needs root, a Docker engine and mmdebstrap.
set -eu

recipe=1
base=rondo/image-base:$recipe
packages=bash,git,curl,jq,python3,openssh-client,tar,gzip,ca-certificates,sudo,procps,gawk

have() { docker image inspect "$1" >/dev/null 2>&1; }

if ! have "$base"; then
  echo "Building the base image from Debian packages (about a minute)"
  mmdebstrap --quiet --variant=minbase --include="$packages" \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --customize-hook='chroot "$1" useradd --create-home --uid 3434 --shell /bin/bash circleci' \
    --customize-hook='echo "circleci ALL=NOPASSWD: ALL" >"$1/etc/sudoers.d/circleci"' \
    --customize-hook='mkdir -p "$1/home/circleci/project" && chroot "$1" chown circleci:circleci /home/circleci/project' \
    bookworm - | docker import - "$base" >/dev/null
fi

derive() { # name, lines of a Dockerfile
  have "$1" && return 0
  echo "Naming $1"
  printf 'FROM %s\n%s\n' "$base" "$2" | DOCKER_BUILDKIT=0 docker build --quiet --tag "$1" - >/dev/null
}

user='USER circleci
WORKDIR /home/circleci/project
ENV HOME=/home/circleci'
derive cimg/base:2025.05-20.04 "$user"
derive cimg/node:current "$user"
derive cimg/python:3.9 "$user"
derive python:3.13.6 'CMD ["python3"]'
derive alpine:latest 'CMD ["/bin/sh"]'
derive docker:25.0-git 'CMD ["sh"]'
