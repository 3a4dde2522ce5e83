#!/bin/sh
# Publishes the folder of package-release.sh: a draft with all files, the tag, the release, the moving tag; in this
# order, so that nobody sees half of it. A run that was stopped in between is begun again from the start; where only the
# moving tag is left, that alone is moved.
#
#   publish-release.sh FOLDER VERSION
set -eu

folder=$1 version=$2 tag=v$2 moving=v${2%%.*}

main() {
  # The newest first, as `v1.2.3 DRAFT`. A list that cannot be read is not an empty one.
  releases=$(gh release list --limit 1000 --json tagName,isDraft --jq '.[] | "\(.tagName) \(.isDraft)"')
  case $(printf '%s\n' "$releases" | awk -v tag="$tag" '$1 == tag { print $2; exit }') in
    false) finish ;;
    true) gh release delete "$tag" --yes && publish --force ;; # of a run that was stopped: nothing was published by it
    *) publish ;;
  esac
}

# With --force the tag of such a run gives way.
publish() {
  cp "$folder/manifest.json" action/manifest.json
  git add action/manifest.json
  git -c user.name='github-actions[bot]' -c user.email='41898282+github-actions[bot]@users.noreply.github.com' \
    commit --quiet --message "Release $version"
  git tag --force "$tag"

  gh auth setup-git
  gh release create "$tag" --draft --target "$(git rev-parse HEAD~1)" --title "$version" \
    --notes "See CHANGELOG.md. Verify a file by \`gh attestation verify FILE --repo $GITHUB_REPOSITORY\`." \
    "$folder"/*.tar.gz "$folder/SHA256SUMS"
  git push "$@" origin "refs/tags/$tag"
  gh release edit "$tag" --draft=false --verify-tag
  move "$(git rev-parse "$tag")"
}

# Published already. The moving tag never goes back to an older release.
finish() {
  newest=$(printf '%s\n' "$releases" | awk -v major="$moving." '$2 == "false" && index($1, major) == 1 { print $1; exit }')
  gh auth setup-git
  published=$(commit_of "$tag")
  now=$(commit_of "$moving")
  [ "$newest" = "$tag" ] && [ -n "$published" ] && [ "$now" != "$published" ] ||
    { echo "$tag is published already: raise the version in Cargo.toml" >&2 && exit 1; }
  git fetch --quiet --depth 1 origin "refs/tags/$tag"
  move "$published"
}

# That which a tag of the remote names; nothing where there is none.
commit_of() {
  named=$(git ls-remote origin "refs/tags/$1") || return
  printf '%s\n' "$named" | cut -f 1
}

move() {
  git push --force origin "$1:refs/tags/$moving"
}

main
