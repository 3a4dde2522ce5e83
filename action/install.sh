#!/bin/sh
# Prints the path of the binary that manifest.json names for this machine; a mirror may be named by its URL. What runs was verified in this run: the
# archive is hashed after a download and after each look into the cache, always as a copy that nobody else writes to.
set -eu
umask 022

main() {
  mirror=${1:-}
  manifest=$(dirname -- "$0")/manifest.json
  target=$(target)
  version=$(sed -n 's/^ *"version": "\([0-9A-Za-z.+-]*\)",$/\1/p' "$manifest")
  entry=$(entry "$target")
  [ -n "$version" ] && [ -n "$entry" ] || fail "this commit of the action names no binary for $target: use a released version of it, or set SLS_RELEASE_BIN to a binary of your own"
  url=${entry% *} sha256=${entry#* }
  [ -z "$mirror" ] || url=${mirror%/}/${url##*/}
  needs tar

  folder=$(mktemp -d "$(unix_path "${RUNNER_TEMP:-${TMPDIR:-/tmp}}")/sls-release.XXXXXX")
  archive=$folder/archive.tar.gz
  cached=$(unix_path "${RUNNER_TOOL_CACHE:-$HOME/.cache}")/sls-release/$version/$target/$sha256.tar.gz
  if ! from_cache; then
    download
    to_cache
  fi
  unpack
}

target() {
  case ${RUNNER_OS:-$(uname -s)}/${RUNNER_ARCH:-$(uname -m)} in
    Linux/X64 | Linux/x86_64) echo x86_64-unknown-linux-musl ;;
    Linux/ARM64 | Linux/aarch64 | Linux/arm64) echo aarch64-unknown-linux-musl ;;
    macOS/X64 | Darwin/x86_64) echo x86_64-apple-darwin ;;
    macOS/ARM64 | Darwin/arm64) echo aarch64-apple-darwin ;;
    Windows/X64 | MINGW*/x86_64 | MSYS*/x86_64) echo x86_64-pc-windows-msvc ;;
    *) fail "there is no binary for ${RUNNER_OS:-$(uname -s)} on ${RUNNER_ARCH:-$(uname -m)}: set SLS_RELEASE_BIN to one of your own" ;;
  esac
}

# URL and SHA-256 of a target, or nothing. package-release.sh writes each target on one line.
entry() {
  sed -n 's/^ *"'"$1"'": { "url": "\([^" ]*\)", "sha256": "\([0-9a-f]\{64\}\)" },\{0,1\}$/\1 \2/p' "$manifest"
}

# The runner of Windows names folders by drive and backslash.
unix_path() {
  if command -v cygpath >/dev/null 2>&1; then cygpath -u "$1"; else printf '%s\n' "$1"; fi
}

# A cached archive that is another one is most often a write that was cut short: it is not used, but replaced by a
# download, which must have the right hash itself.
from_cache() {
  [ -f "$cached" ] && cp "$cached" "$archive" || return 1
  [ "$(sha256_of "$archive")" != "$sha256" ] || return 0
  warn "the cached archive is not the one that manifest.json names: it is downloaded again ($cached)"
  return 1
}

download() {
  needs curl
  named='manifest.json names'
  [ -z "$mirror" ] || named='the input download-base-url makes'
  case $url in
    *@*) fail "$named a URL with a user" ;;
    https://*) set -- --location --proto '=https' --proto-redir '=https' ;;
    http://127.0.0.1:*/* | http://localhost:*/* | 'http://[::1]:'*/*) set -- --proto '=http' ;;
    *) fail "$named a URL that is not https: $url" ;;
  esac
  curl --fail --silent --show-error --retry 3 --connect-timeout 20 --speed-limit 1024 --speed-time 30 "$@" --output "$archive" -- "$url" >&2 ||
    fail "failed to download $url (curl: $?)"
  got=$(sha256_of "$archive")
  [ "$got" = "$sha256" ] || fail "$url has the SHA-256 $got, but manifest.json says $sha256: it was not run"
}

# Nobody sees half of it: it gets its name when it is whole.
to_cache() {
  if mkdir -p "$(dirname -- "$cached")" && cp "$archive" "$cached.$$" && mv -f "$cached.$$" "$cached"; then
    return
  fi
  warn "the archive could not be cached, so the next job downloads it again ($cached)"
}

unpack() {
  name=sls-release-v$version-$target
  case $target in *windows*) binary=$name/sls-release.exe ;; *) binary=$name/sls-release ;; esac
  tar -xzf "$archive" -C "$folder" "$binary" || fail "$url does not hold $binary"
  rm "$archive"
  printf '%s\n' "$folder/$binary"
}

# A job in a container has what its image has.
needs() {
  command -v "$1" >/dev/null 2>&1 || fail "the program $1 is missing: install it in the image of the job's container before this step, or set SLS_RELEASE_BIN to a binary of your own"
}

# GNU's tool, or the one of macOS.
sha256_of() {
  if command -v sha256sum >/dev/null 2>&1; then sha256sum <"$1"; else shasum -a 256 <"$1"; fi | cut -c 1-64
}

warn() {
  printf '::warning title=sls-release::%s\n' "$1" >&2
}

fail() {
  printf '::error title=sls-release::%s\n' "$1" >&2
  [ -z "${GITHUB_STEP_SUMMARY:-}" ] || printf '### sls-release: not installed\n\n%s\n' "$1" >>"$GITHUB_STEP_SUMMARY"
  exit 1
}

main "$@"
