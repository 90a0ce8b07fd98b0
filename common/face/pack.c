/* Each file is read once; what is hashed is what is handed to the runtime. Any thread. */
#include "common/face/pack.h"

#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>

#include "common/base/file.h"

#define NETWORK_MAX_BYTES ((size_t)512 * 1024 * 1024)
#define SHA256_BYTES 32

static enum ov_status sha256(const void *data, size_t size, uint8_t out[SHA256_BYTES],
                             struct ov_error *err)
{
    if (EVP_Digest(data, size, out, NULL, EVP_sha256(), NULL) != 1)
        return ov_fail(err, OV_ERR_CRYPTO, "pack.sha256", "SHA-256 is not available in OpenSSL");
    return OV_OK;
}

static enum ov_status read_file(const char *dir, const char *name, size_t max_bytes,
                                struct ov_buf *buf, struct ov_error *err)
{
    char path[4096];
    int length = snprintf(path, sizeof path, "%s/%s", dir, name);
    if (length < 0 || (size_t)length >= sizeof path)
        return ov_fail(err, OV_ERR_LIMIT, "pack.missing", "the model pack's path is too long");
    struct ov_error cause = OV_ERROR_INIT;
    enum ov_status status = ov_file_read(path, max_bytes, buf, &cause);
    if (status == OV_OK)
        return OV_OK;
    return ov_fail(err, status, status == OV_ERR_LIMIT ? "pack.too_large" : "pack.missing",
                   "the model pack is incomplete: %.300s; run deploy/setup or restore the pack",
                   cause.text);
}

/*
 * ONNX files may point at further files for their weights, which no hash here covers. In protobuf
 * such a pointer is a StringStringEntryProto whose key is "location" (onnx.proto, TensorProto
 * .external_data), and these are the bytes it begins with.
 */
static bool has_external_data(const struct ov_buf *onnx)
{
    static const char mark[] = "\x0a\x08location\x12";
    return memmem(onnx->data, onnx->length, mark, sizeof mark - 1) != NULL;
}

static enum ov_status load_network(const char *dir, const struct ov_network *network,
                                   struct ov_buf *buf, struct ov_error *err)
{
    enum ov_status status = read_file(dir, network->file, NETWORK_MAX_BYTES, buf, err);
    uint8_t found[SHA256_BYTES];
    if (status == OV_OK)
        status = sha256(buf->data, buf->length, found, err);
    if (status != OV_OK)
        return status;
    if (memcmp(found, network->sha256, SHA256_BYTES) != 0)
        return ov_fail(err, OV_ERR_CRYPTO, "pack.hash",
                       "%s is not the file that model.ini names (its SHA-256 differs); restore the "
                       "model pack",
                       network->file);
    if (has_external_data(buf))
        return ov_fail(err, OV_ERR_INVALID, "pack.external",
                       "%s keeps weights in another file, which no hash covers; export it as one "
                       "file",
                       network->file);
    return OV_OK;
}

static void append_hash(struct ov_buf *list, const char *what, const uint8_t hash[SHA256_BYTES])
{
    char hex[2 * SHA256_BYTES + 1];
    ov_buf_printf(list, "%s %s\n", what, ov_hex_encode(hash, SHA256_BYTES, hex));
}

/* The networks' hashes in the manifest have been checked to be those of the bytes read. */
static enum ov_status compute_digest(struct ov_pack *pack, const struct ov_buf *text,
                                     struct ov_error *err)
{
    uint8_t manifest_hash[SHA256_BYTES];
    enum ov_status status = sha256(text->data, text->length, manifest_hash, err);
    if (status != OV_OK)
        return status;
    struct ov_buf list = OV_BUF_INIT;
    ov_buf_puts(&list, "overt model pack v1\n");
    append_hash(&list, "manifest", manifest_hash);
    append_hash(&list, "detector", pack->manifest.detector.sha256);
    append_hash(&list, "landmarks", pack->manifest.landmarks.sha256);
    append_hash(&list, "embedder", pack->manifest.embedder.sha256);
    if (list.failed)
        status = ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory for the model's digest");
    else
        status = sha256(list.data, list.length, pack->digest, err);
    ov_buf_free(&list);
    return status;
}

static enum ov_status load_all(struct ov_pack *pack, const char *dir, struct ov_buf *text,
                               struct ov_error *err)
{
    enum ov_status status = read_file(dir, "model.ini", OV_MANIFEST_MAX_BYTES, text, err);
    if (status == OV_OK)
        status = ov_manifest_parse(text->data, text->length, &pack->manifest, err);
    if (status == OV_OK)
        status = load_network(dir, &pack->manifest.detector, &pack->detector, err);
    if (status == OV_OK)
        status = load_network(dir, &pack->manifest.landmarks, &pack->landmarks, err);
    if (status == OV_OK)
        status = load_network(dir, &pack->manifest.embedder, &pack->embedder, err);
    if (status == OV_OK)
        status = compute_digest(pack, text, err);
    return status;
}

enum ov_status ov_pack_load(struct ov_pack *ret_pack, const char *pack_dir, struct ov_error *err)
{
    struct ov_pack pack;
    memset(&pack, 0, sizeof pack);
    struct ov_buf text = OV_BUF_INIT;
    enum ov_status status = load_all(&pack, pack_dir, &text, err);
    ov_buf_free(&text);
    if (status != OV_OK)
        ov_pack_drop_files(&pack);
    else
        *ret_pack = pack;
    return status;
}

void ov_pack_drop_files(struct ov_pack *pack)
{
    ov_buf_free(&pack->detector);
    ov_buf_free(&pack->landmarks);
    ov_buf_free(&pack->embedder);
}

enum ov_status ov_model_pack_digest(const char *pack_dir, uint8_t ret_digest[OV_MODEL_DIGEST_BYTES],
                                    struct ov_error *err)
{
    struct ov_pack pack;
    enum ov_status status = ov_pack_load(&pack, pack_dir, err);
    if (status != OV_OK)
        return status;
    memcpy(ret_digest, pack.digest, OV_MODEL_DIGEST_BYTES);
    ov_pack_drop_files(&pack);
    return OV_OK;
}
