# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # the parts of setup share their variables
# Files taken from npm packages: single files, no JavaScript is run and no install script. And the
# validators with which the tests hold the API's description against the server: nine packages,
# pinned by a lock file of their own; no program of Overt uses them.

npm_key() { sha256sum <"$here/npm/package-lock.json"; }

# npm_ci FROM TO: the packages that FROM locks, into TO.
npm_ci() {
    mkdir -p -- "$2"
    cp -- "$1/package.json" "$1/package-lock.json" "$here/npm/.npmrc" "$2/"
    (cd -- "$2" && npm ci --ignore-scripts --no-audit --no-fund) >"$work/npm.log" 2>&1 || {
        tail -n 25 -- "$work/npm.log" | sed 's/^/    /' >&2
        fail "npm ci" "npm's own message is above. EINTEGRITY means that a package differs from its pin: do not use it."
    }
}

# Installs the locked packages once per run, into the work folder. Sets modules.
fetch_npm() {
    modules=$work/npm/node_modules
    [[ ! -d $modules ]] || return 0
    say "fetching npm packages (about 100 MB)"
    npm_ci "$here/npm" "$work/npm"
}

# take_npm PACKAGE/FILE TO
take_npm() {
    [[ -f $modules/$1 ]] || fail "the npm packages hold no $1" "See deploy/npm/package.json."
    install_file "$modules/$1" "$2"
}

provide_npm_extras() {
    provide dbmate "$(npm_key) $(sha256sum <"$here/setup.d/npm.sh")" make_dbmate
    provide photos "$(npm_key) $(sha256sum <"$here/setup.d/npm.sh")" make_photos
    provide openapi "$(sha256sum <"$here/npm/openapi/package-lock.json")" make_openapi
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

# Without what only their authors need: types, sources before compilation, maps, tests.
make_openapi() {
    npm_ci "$here/npm/openapi" "$work/openapi"
    local file
    while IFS= read -r -d '' file; do
        install_file "$work/openapi/$file" "$1/lib/openapi/$file"
    done < <(cd -- "$work/openapi" &&
        find package.json node_modules -type f \( -name '*.js' -o -name '*.json' -o -name 'LICENSE*' \) \
            -not -path '*/test/*' -not -path '*/browser/*' -not -path 'node_modules/ajv/lib/*' -print0)
}
