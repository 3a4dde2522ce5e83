#!/bin/sh
# Makes what a release consists of, in one folder.
#
#   package-release.sh archive FOLDER VERSION TARGET BINARY   the archive of one target
#   package-release.sh finish FOLDER VERSION [BASE_URL]       SHA256SUMS and manifest.json over all archives there
#   package-release.sh version                                the version that Cargo.toml names
set -eu

repository=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
verb=${1:-} folder=${2:-} version=${3:-}

main() {
  case $verb/$# in
    archive/5) archive "$4" "$5" ;;
    version/1) sed -n 's/^version = "\(.*\)"$/\1/p' "$repository/Cargo.toml" | head -n 1 ;;
    finish/3) finish "https://github.com/org/sls-release/releases/download/v$version" ;;
    finish/4) finish "$4" ;;
    *) sed -n 's/^#   /usage: /p' "$0" >&2 && exit 2 ;;
  esac
}

# One folder with the binary and what a user should read, as cargo-binstall and install.sh expect it.
archive() {
  name=sls-release-v$version-$1
  case $1 in *windows*) binary=sls-release.exe ;; *) binary=sls-release ;; esac
  work=$(mktemp -d)
  mkdir -p "$folder" "$work/$name"
  cp "$2" "$work/$name/$binary"
  chmod 755 "$work/$name/$binary"
  cp "$repository/LICENSE" "$repository/README.md" "$repository/CHANGELOG.md" "$work/$name"
  # macOS would add a file `._…` for what only macOS knows of a file.
  COPYFILE_DISABLE=1 tar -czf "$folder/$name.tar.gz" -C "$work" "$name"
  rm -r "$work"
}

finish() {
  [ -n "$(archives)" ] || { echo "there is no archive of version $version in $folder" >&2 && exit 1; }
  archives | while read -r file; do
    printf '%s  %s\n' "$(sha256_of "$folder/$file")" "$file"
  done >"$folder/SHA256SUMS"
  manifest "$1" >"$folder/manifest.json"
}

# Each target on one line: install.sh reads it without a JSON parser.
manifest() {
  printf '{\n  "version": "%s",\n  "targets": {' "$version"
  comma=
  while read -r sha256 file; do
    target=${file#"sls-release-v$version-"}
    printf '%s\n    "%s": { "url": "%s/%s", "sha256": "%s" }' "$comma" "${target%.tar.gz}" "$1" "$file" "$sha256"
    comma=,
  done <"$folder/SHA256SUMS"
  printf '\n  }\n}\n'
}

archives() {
  for path in "$folder/sls-release-v$version-"*.tar.gz; do
    [ ! -f "$path" ] || basename -- "$path"
  done
}

# GNU's tool, or the one of macOS.
sha256_of() {
  if command -v sha256sum >/dev/null 2>&1; then sha256sum <"$1"; else shasum -a 256 <"$1"; fi | cut -c 1-64
}

main "$@"
