# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # the parts of setup share their variables
# Files taken from npm packages: single files, no JavaScript is run and no install script.

npm_key() { sha256sum <"$here/npm/package-lock.json"; }

# Installs the locked packages once per run, into the work folder. Sets modules.
fetch_npm() {
    modules=$work/npm/node_modules
    [[ ! -d $modules ]] || return 0
    say "fetching npm packages (about 100 MB)"
    mkdir -p -- "$work/npm"
    cp -- "$here/npm/package.json" "$here/npm/package-lock.json" "$here/npm/.npmrc" "$work/npm/"
    local log=$work/npm.log
    (cd -- "$work/npm" && npm ci --ignore-scripts --no-audit --no-fund) >"$log" 2>&1 || {
        tail -n 25 -- "$log" | sed 's/^/    /' >&2
        fail "npm ci" "npm's own message is above. EINTEGRITY means that a package differs from its pin: do not use it."
    }
}

# take_npm PACKAGE/FILE TO
take_npm() {
    [[ -f $modules/$1 ]] || fail "the npm packages hold no $1" "See deploy/npm/package.json."
    install_file "$modules/$1" "$2"
}

provide_npm_extras() {
    provide dbmate "$(npm_key) $(sha256sum <"$here/setup.d/npm.sh")" make_dbmate
    provide photos "$(npm_key) $(sha256sum <"$here/setup.d/npm.sh")" make_photos
}

make_dbmate() {
    fetch_npm
    take_npm @dbmate/linux-x64/bin/dbmate "$1/bin/dbmate"
    chmod 0755 -- "$1/bin/dbmate"
}

make_photos() {
    fetch_npm
    local photo
    for photo in "$modules"/@vladmandic/face-api/demo/*.jpg; do
        take_npm "${photo#"$modules/"}" "$1/photos/${photo##*/}"
    done
    take_npm @vladmandic/face-api/LICENSE "$1/photos/LICENSE"
}
