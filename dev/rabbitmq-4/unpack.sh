#!/usr/bin/env bash
# Unpacks RabbitMQ 4.0 with everything it needs from Debian 13 into .fanfare/rabbitmq-4, beside the system: nothing is
# installed. For trying Fanfare on a Debian 12 against the next major version. Needs root (or user namespaces) and apt.
# Afterwards: RABBITMQ_BIN=$PWD/dev/rabbitmq-4/bin npm run chaos -- …
set -euo pipefail
place=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)/.fanfare/rabbitmq-4
[[ -x $place/root/usr/lib/rabbitmq/bin/rabbitmq-server ]] && exit
mkdir -p "$place" && cd "$place"
mkdir -p apt/{etc/apt.conf.d,etc/preferences.d,etc/trusted.gpg.d,lists/partial,cache/archives/partial,state}
: >apt/state/status
mirror=$(awk '/^URIs/ { print $2; exit }' /etc/apt/sources.list.d/debian.sources)
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror trixie main" >apt/etc/sources.list
cat >apt.conf <<CONF
Dir::Etc "$PWD/apt/etc"; Dir::Etc::sourcelist "$PWD/apt/etc/sources.list"; Dir::Etc::sourceparts "-";
Dir::State "$PWD/apt/state"; Dir::State::status "$PWD/apt/state/status"; Dir::State::lists "$PWD/apt/lists";
Dir::Cache "$PWD/apt/cache"; APT::Install-Recommends "false"; APT::Sandbox::User "root"; Acquire::Languages "none";
Debug::NoLocking "true";
CONF
export APT_CONFIG=$PWD/apt.conf
apt-get -qq update
apt-get -qq -y -d install rabbitmq-server dash bash coreutils sed grep mawk util-linux procps hostname findutils
mkdir -p root/usr/{bin,sbin,lib,lib64}
for folder in bin sbin lib lib64; do ln -sfn "usr/$folder" "root/$folder"; done
for package in apt/cache/archives/*.deb; do dpkg-deb --fsys-tarfile "$package" | tar -x -C root --keep-directory-symlink; done
ln -sf mawk root/usr/bin/awk
echo 'root:x:0:0:root:/root:/bin/sh' >root/etc/passwd
cp /etc/hosts root/etc/hosts
rm -rf apt
