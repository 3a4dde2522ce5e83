#!/bin/sh
# Publishes the folder of package-release.sh: a draft with all files, the tag, the release, the moving tag; in this
# order, so that nobody sees half of it.
#
#   publish-release.sh FOLDER VERSION
set -eu

folder=$1 version=$2 tag=v$2 moving=v${2%%.*}

cp "$folder/manifest.json" action/manifest.json
git add action/manifest.json
git -c user.name='github-actions[bot]' -c user.email='41898282+github-actions[bot]@users.noreply.github.com' \
  commit --quiet --message "Release $version"
git tag "$tag"
git tag --force "$moving"

gh auth setup-git
gh release create "$tag" --draft --target "$(git rev-parse HEAD~1)" --title "$version" \
  --notes "See CHANGELOG.md. Verify a file by \`gh attestation verify FILE --repo $GITHUB_REPOSITORY\`." \
  "$folder"/*.tar.gz "$folder/SHA256SUMS"
git push origin "refs/tags/$tag"
gh release edit "$tag" --draft=false --verify-tag
git push --force origin "refs/tags/$moving"
