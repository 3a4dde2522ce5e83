#!/bin/sh
# Hands the inputs of action.yml to the binary, and becomes it, so that a signal of the runner reaches it.
set -eu

main() {
  variable SLS_RELEASE_STAGE "${SLS_RELEASE_INPUT_STAGE:-}"
  variable SLS_RELEASE_REGION "${SLS_RELEASE_INPUT_REGION:-}"
  variable SLS_RELEASE_BUCKET "${SLS_RELEASE_INPUT_BUCKET:-}"
  variable SLS_RELEASE_OUT_DIR "${SLS_RELEASE_INPUT_OUT_DIR:-}"
  variable SLS_RELEASE_WAIT_TIMEOUT "${SLS_RELEASE_INPUT_WAIT_TIMEOUT:-}"
  variable SLS_RELEASE_STRICT_REPORT "${SLS_RELEASE_INPUT_STRICT_REPORT:-}"
  variable SLS_RELEASE_COMMENT "${SLS_RELEASE_INPUT_COMMENT:-}"
  variable SLS_RELEASE_LABEL "${SLS_RELEASE_INPUT_LABEL:-}"
  variable SLS_RELEASE_DRAFT "${SLS_RELEASE_INPUT_DRAFT:-}"
  variable SLS_RELEASE_DEPENDABOT "${SLS_RELEASE_INPUT_DEPENDABOT:-}"
  variable SLS_RELEASE_ALLOW_PRIVILEGED_EVENTS "${SLS_RELEASE_INPUT_ALLOW_PRIVILEGED_EVENTS:-}"
  variable SLS_RELEASE_GITHUB_TOKEN "${SLS_RELEASE_INPUT_GITHUB_TOKEN:-}"
  unset SLS_RELEASE_INPUT_GITHUB_TOKEN
  export SLS_RELEASE_OUTPUT=github

  set --
  [ -z "${SLS_RELEASE_INPUT_CONFIG:-}" ] || set -- "$@" "--config=$SLS_RELEASE_INPUT_CONFIG"
  [ -z "${SLS_RELEASE_INPUT_ARTIFACTS:-}" ] || set -- "$@" "--artifacts=$SLS_RELEASE_INPUT_ARTIFACTS"
  # A misspelt output of the other job is empty, and must not turn the check off.
  [ -z "${SLS_RELEASE_INPUT_ARTIFACTS:-}" ] || [ -n "${SLS_RELEASE_INPUT_EXPECT_SHA256:-}" ] ||
    fail 'the input artifacts needs expect-sha256, and it is empty: pass the output sha256 of the job that made them'
  set -f # a key is no pattern
  for expected in ${SLS_RELEASE_INPUT_EXPECT_SHA256:-}; do
    set -- "$@" "--expect-sha256=$expected"
  done
  for image in ${SLS_RELEASE_INPUT_IMAGE:-}; do
    set -- "$@" "--image=$image"
  done
  for function in ${SLS_RELEASE_INPUT_FUNCTION:-}; do
    set -- "$@" "--function=$function"
  done
  set +f
  ! is_true no-cache "${SLS_RELEASE_INPUT_NO_CACHE:-}" || set -- "$@" --no-cache
  ! is_true verbose "${SLS_RELEASE_INPUT_VERBOSE:-}" || set -- "$@" --verbose

  set -- "$@" ci
  [ -z "${SLS_RELEASE_INPUT_PR:-}" ] || set -- "$@" "--pr=$SLS_RELEASE_INPUT_PR"
  [ -z "${SLS_RELEASE_INPUT_SERVICE:-}" ] || set -- "$@" "--service=$SLS_RELEASE_INPUT_SERVICE"
  [ -z "${SLS_RELEASE_INPUT_OLDER_THAN:-}" ] || set -- "$@" "--older-than=$SLS_RELEASE_INPUT_OLDER_THAN"

  binary=${SLS_RELEASE_BIN:-}
  [ -z "$binary" ] || is_program "$binary" || fail "SLS_RELEASE_BIN names no program that can be run: $binary"
  [ -n "$binary" ] || binary=$(sh "$(dirname -- "$0")/install.sh" "${SLS_RELEASE_INPUT_DOWNLOAD_BASE_URL:-}")
  exec "$binary" "$@" -- "${SLS_RELEASE_INPUT_COMMAND:-auto}"
}

# An input that was not given leaves the job's variable as it is.
variable() {
  [ -z "$2" ] || export "$1=$2"
}

# A path, or a name in one of the folders of PATH.
is_program() {
  found=$(command -v -- "$1") && [ -f "$found" ] && [ -x "$found" ]
}

is_true() {
  case $2 in
    true) return 0 ;;
    false | '') return 1 ;;
    *) fail "the input $1 is neither true nor false" ;;
  esac
}

# What cannot be used: the exit code is the binary's own for it.
fail() {
  printf '::error title=sls-release::%s\n' "$1" >&2
  [ -z "${GITHUB_STEP_SUMMARY:-}" ] || printf '### sls-release: not started\n\n%s\n' "$1" >>"$GITHUB_STEP_SUMMARY"
  exit 2
}

main
