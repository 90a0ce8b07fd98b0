/*
 * A model pack on disk: its manifest, its networks' bytes, its identity. Private to common/face.
 *
 * The digest is SHA-256 over this text, whose hashes are lower-case hex of the bytes actually read:
 *
 *     overt model pack v1\n
 *     manifest <sha256 of model.ini>\n
 *     detector <sha256 of the detector's file>\n
 *     landmarks <sha256 of the landmarks' file>\n
 *     embedder <sha256 of the embedder's file>\n
 */
#ifndef OVERT_COMMON_FACE_PACK_H
#define OVERT_COMMON_FACE_PACK_H

#include <stdint.h>

#include "common/base/bytes.h"
#include "common/base/status.h"
#include "common/face/face.h"
#include "common/face/manifest.h"

struct ov_pack {
    struct ov_manifest manifest;
    uint8_t digest[OV_MODEL_DIGEST_BYTES];
    /* The ONNX files, whose hashes were checked on exactly these bytes. */
    struct ov_buf detector, landmarks, embedder;
};

/*
 * Reads and checks everything in pack_dir. Errors: pack.missing, pack.manifest, pack.hash,
 * pack.external, pack.too_large.
 */
OV_CHECKED enum ov_status ov_pack_load(struct ov_pack *ret_pack, const char *pack_dir,
                                       struct ov_error *err);
/* Frees the files' bytes; manifest and digest stay. */
void ov_pack_drop_files(struct ov_pack *pack);

#endif
