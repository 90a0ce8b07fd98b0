# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # the parts of setup share their variables
# The default model pack: our manifest and the networks it names, checked against its hashes.

provide_models() {
    provide models "$(npm_key) $(sha256sum <"$here/setup.d/models.sh")" make_models
    local pack=$deps/models/default section
    install_file "$here/models/default/model.ini" "$pack/model.ini"
    for section in detector landmarks embedder; do
        [[ $(sha256sum <"$pack/$section.onnx" | cut -d' ' -f1) == "$(model_hash "$section")" ]] ||
            fail "$section.onnx is not the one that deploy/models/default/model.ini names"
    done
}

make_models() {
    fetch_npm
    local package=faceplugin-face-recognition-js to=$1/models/default
    take_npm "$package/model/fr_detect.onnx" "$to/detector.onnx"
    take_npm "$package/model/fr_landmark.onnx" "$to/landmarks.onnx"
    take_npm "$package/model/fr_feature.onnx" "$to/embedder.onnx"
    take_npm "$package/LICENSE" "$to/LICENSE"
}

# model_hash SECTION: its sha256 in the manifest.
model_hash() {
    awk -v section="[$1]" '$1 ~ /^\[/ { inside = ($1 == section) }
        inside && $1 == "sha256" { print $3 }' "$here/models/default/model.ini"
}
