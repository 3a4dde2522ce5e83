#!/bin/sh
# Publishes the folder of package-release.sh: a draft with all files, the tag, the release, the moving tag; in this
# order, so that nobody sees half of it. A run that was stopped in between is begun again from the start.
#
#   publish-release.sh FOLDER VERSION
set -eu

folder=$1 version=$2 tag=v$2 moving=v${2%%.*}

case $(gh release view "$tag" --json isDraft --jq .isDraft 2>/dev/null || true) in
  false) echo "$tag is published already: raise the version in Cargo.toml" >&2 && exit 1 ;;
  true) gh release delete "$tag" --yes ;;
esac

cp "$folder/manifest.json" action/manifest.json
git add action/manifest.json
git -c user.name='github-actions[bot]' -c user.email='41898282+github-actions[bot]@users.noreply.github.com' \
  commit --quiet --message "Release $version"
git tag --force "$tag"
git tag --force "$moving"

gh auth setup-git
gh release create "$tag" --draft --target "$(git rev-parse HEAD~1)" --title "$version" \
  --notes "See CHANGELOG.md. Verify a file by \`gh attestation verify FILE --repo $GITHUB_REPOSITORY\`." \
  "$folder"/*.tar.gz "$folder/SHA256SUMS"
git push --force origin "refs/tags/$tag" # of a run that was stopped, if there is one: nothing was published by it
gh release edit "$tag" --draft=false --verify-tag
git push --force origin "refs/tags/$moving"
