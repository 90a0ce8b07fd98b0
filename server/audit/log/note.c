/* Signed notes: keys, signing, checking. */
#include "server/audit/log/note.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/file.h"

#define ED25519_BYTES 64u
#define KEY_ID_BYTES 4u
#define TIME_BYTES 8u
#define BLOB_MAX (KEY_ID_BYTES + TIME_BYTES + ED25519_BYTES)
#define KEY_FILE_MAX ((size_t)4096)
#define DASH "\xe2\x80\x94 " /* U+2014 and a blank */

struct note_signer {
    struct note_key key;
    EVP_PKEY *private_key;
};

/* --- names and keys --- */

static bool is_name(const char *name)
{
    size_t length = strnlen(name, NOTE_NAME_MAX + 1);
    if (length < 1 || length > NOTE_NAME_MAX)
        return false;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)name[i];
        if (c <= ' ' || c == '+' || c >= 0x7f)
            return false;
    }
    return true;
}

static uint32_t key_id(const struct note_key *key)
{
    uint8_t digest[SHA256_DIGEST_LENGTH];
    uint8_t bytes[NOTE_NAME_MAX + 2 + NOTE_PUBLIC_BYTES];
    size_t length = strlen(key->name);
    memcpy(bytes, key->name, length);
    bytes[length] = '\n';
    bytes[length + 1] = (uint8_t)key->type;
    memcpy(bytes + length + 2, key->public_key, NOTE_PUBLIC_BYTES);
    (void)SHA256(bytes, length + 2 + NOTE_PUBLIC_BYTES, digest);
    return ov_read_be32(digest);
}

static enum ov_status bad_key(const char *what, struct ov_error *err)
{
    return ov_fail(err, OV_ERR_INVALID, "note.key",
                   "a log's key reads name+8 hexadecimal digits+base64; this one has %s", what);
}

static enum ov_status parse_key(char *text, struct note_key *ret, struct ov_error *err)
{
    uint8_t id[KEY_ID_BYTES];
    uint8_t blob[1 + NOTE_PUBLIC_BYTES];
    size_t size = 0;
    char *rest = text;
    const char *name = strsep(&rest, "+");
    const char *hex = strsep(&rest, "+");
    if (hex == NULL || rest == NULL)
        return bad_key("fewer parts", err);
    if (!is_name(name))
        return bad_key("no name", err);
    if (ov_hex_decode(hex, id, sizeof(id)) != OV_OK)
        return bad_key("no id of eight hexadecimal digits", err);
    if (ov_base64_decode(rest, blob, sizeof(blob), &size) != OV_OK || size != sizeof(blob))
        return bad_key("no public key of 33 bytes", err);
    if (blob[0] != NOTE_KEY_SIGNER && blob[0] != NOTE_KEY_WITNESS)
        return bad_key("a kind that is not known here; Ed25519 is", err);
    (void)snprintf(ret->name, sizeof(ret->name), "%s", name);
    ret->type = (enum note_key_type)blob[0];
    memcpy(ret->public_key, blob + 1, NOTE_PUBLIC_BYTES);
    ret->id = key_id(ret);
    if (ret->id != ov_read_be32(id))
        return bad_key("an id that is not that of its name and key", err);
    return OV_OK;
}

enum ov_status note_key_parse(const char *text, struct note_key *ret, struct ov_error *err)
{
    char copy[NOTE_NAME_MAX + 100];
    text += strspn(text, " \t\r\n");
    size_t length = strcspn(text, " \t\r\n");
    if (text[length + strspn(text + length, " \t\r\n")] != '\0' || length >= sizeof(copy))
        return bad_key("something after it", err);
    memcpy(copy, text, length);
    copy[length] = '\0';
    return parse_key(copy, ret, err);
}

void note_key_print(const struct note_key *key, struct ov_buf *out)
{
    uint8_t blob[1 + NOTE_PUBLIC_BYTES];
    blob[0] = (uint8_t)key->type;
    memcpy(blob + 1, key->public_key, NOTE_PUBLIC_BYTES);
    char *base64 = ov_base64_encode(blob, sizeof(blob));
    if (base64 == NULL)
        out->failed = true;
    else
        ov_buf_printf(out, "%s+%08x+%s", key->name, key->id, base64);
    free(base64);
}

/* --- private keys --- */

static enum ov_status write_key(const char *path, EVP_PKEY *key, struct ov_error *err)
{
    char *pem = NULL;
    BIO *bio = BIO_new(BIO_s_secmem());
    bool done = bio != NULL && PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1;
    long size = done ? BIO_get_mem_data(bio, &pem) : 0;
    enum ov_status status = size > 0 ? ov_file_write_new(path, 0600, pem, (size_t)size, err)
                                     : ov_fail(err, OV_ERR_CRYPTO, "note.key_file",
                                               "the new key could not be written out");
    BIO_free(bio);
    return status;
}

enum ov_status note_signer_make(const char *path, struct ov_error *err)
{
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    if (key == NULL)
        return ov_fail(err, OV_ERR_CRYPTO, "note.key_file", "no Ed25519 key could be made");
    enum ov_status status = write_key(path, key, err);
    EVP_PKEY_free(key);
    return status;
}

static int no_passphrase(char *out, int size, int writing, void *arg)
{
    (void)out;
    (void)size;
    (void)writing;
    (void)arg;
    return -1;
}

static enum ov_status read_key(const char *path, EVP_PKEY **ret, struct ov_error *err)
{
    struct ov_secret pem = OV_SECRET_INIT;
    enum ov_status status = ov_file_check_private(path, err);
    if (status == OV_OK)
        status = ov_file_read_secret(path, KEY_FILE_MAX, &pem, err);
    if (status != OV_OK)
        return status;
    BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.size);
    EVP_PKEY *key = bio != NULL ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL) : NULL;
    BIO_free(bio);
    ov_secret_free(&pem);
    if (key == NULL || EVP_PKEY_is_a(key, "ED25519") != 1) {
        EVP_PKEY_free(key);
        return ov_fail(err, OV_ERR_CRYPTO, "note.key_file",
                       "%s is not an Ed25519 key in PEM form without a passphrase", path);
    }
    *ret = key;
    return OV_OK;
}

enum ov_status note_signer_load(const char *path, const char *name, enum note_key_type type,
                                struct note_signer **ret, struct ov_error *err)
{
    size_t size = NOTE_PUBLIC_BYTES;
    if (!is_name(name))
        return ov_fail(err, OV_ERR_INVALID, "note.name",
                       "a log's name has 1 to %d ASCII characters, none of them a blank or '+'",
                       NOTE_NAME_MAX);
    struct note_signer *signer = calloc(1, sizeof(*signer));
    if (signer == NULL)
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory");
    enum ov_status status = read_key(path, &signer->private_key, err);
    if (status == OV_OK &&
        EVP_PKEY_get_raw_public_key(signer->private_key, signer->key.public_key, &size) != 1)
        status = ov_fail(err, OV_ERR_CRYPTO, "note.key_file", "%s has no public key", path);
    if (status != OV_OK) {
        note_signer_free(signer);
        return status;
    }
    (void)snprintf(signer->key.name, sizeof(signer->key.name), "%s", name);
    signer->key.type = type;
    signer->key.id = key_id(&signer->key);
    *ret = signer;
    return OV_OK;
}

void note_signer_free(struct note_signer *signer)
{
    if (signer == NULL)
        return;
    EVP_PKEY_free(signer->private_key);
    free(signer);
}

const struct note_key *note_signer_key(const struct note_signer *signer)
{
    return &signer->key;
}

/* --- what is signed --- */

/* A signer signs the text itself, a witness the text with its time before it. */
static bool signed_bytes(enum note_key_type type, const char *text, size_t size, int64_t at_s,
                         struct ov_buf *out)
{
    switch (type) {
    case NOTE_KEY_SIGNER:
        break;
    case NOTE_KEY_WITNESS:
        ov_buf_printf(out, "cosignature/v1\ntime %lld\n", (long long)at_s);
        break;
    }
    ov_buf_append(out, text, size);
    return !out->failed;
}

static bool sign(EVP_PKEY *key, const struct ov_buf *bytes, uint8_t out[ED25519_BYTES])
{
    size_t size = ED25519_BYTES;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool done =
        ctx != NULL && EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) == 1 &&
        EVP_DigestSign(ctx, out, &size, (const unsigned char *)bytes->data, bytes->length) == 1 &&
        size == ED25519_BYTES;
    EVP_MD_CTX_free(ctx);
    return done;
}

static bool holds(const struct note_key *key, const struct ov_buf *bytes,
                  const uint8_t signature[ED25519_BYTES])
{
    EVP_PKEY *public_key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key->public_key,
                                                       sizeof(key->public_key));
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool good = public_key != NULL && ctx != NULL &&
                EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, public_key) == 1 &&
                EVP_DigestVerify(ctx, signature, ED25519_BYTES, (const unsigned char *)bytes->data,
                                 bytes->length) == 1;
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(public_key);
    return good;
}

enum ov_status note_sign(const struct note_signer *signer, const char *text, size_t size,
                         int64_t at_s, struct ov_buf *out, struct ov_error *err)
{
    uint8_t blob[BLOB_MAX];
    size_t before = signer->key.type == NOTE_KEY_WITNESS ? KEY_ID_BYTES + TIME_BYTES : KEY_ID_BYTES;
    struct ov_buf bytes = OV_BUF_INIT;
    ov_write_be32(blob, signer->key.id);
    if (signer->key.type == NOTE_KEY_WITNESS)
        ov_write_be64(blob + KEY_ID_BYTES, (uint64_t)at_s);
    bool done = signed_bytes(signer->key.type, text, size, at_s, &bytes) &&
                sign(signer->private_key, &bytes, blob + before);
    ov_buf_free(&bytes);
    char *base64 = done ? ov_base64_encode(blob, before + ED25519_BYTES) : NULL;
    if (base64 != NULL)
        ov_buf_printf(out, DASH "%s %s\n", signer->key.name, base64);
    free(base64);
    if (base64 == NULL || out->failed)
        return ov_fail(err, OV_ERR_CRYPTO, "note.sign", "the note could not be signed");
    return OV_OK;
}

/* --- checking --- */

size_t note_text_size(const char *note, size_t size)
{
    /* The last empty line: the text may have some, signatures have none. */
    for (size_t i = size; i >= 2; i--)
        if (note[i - 1] == '\n' && note[i - 2] == '\n')
            return i - 1;
    return 0;
}

static bool line_holds(const struct note_key *key, const char *text, size_t text_size,
                       const uint8_t *blob, size_t size, int64_t *ret_at_s)
{
    size_t before = key->type == NOTE_KEY_WITNESS ? KEY_ID_BYTES + TIME_BYTES : KEY_ID_BYTES;
    struct ov_buf bytes = OV_BUF_INIT;
    int64_t at_s = 0;
    if (size != before + ED25519_BYTES)
        return false;
    if (key->type == NOTE_KEY_WITNESS)
        at_s = (int64_t)ov_read_be64(blob + KEY_ID_BYTES);
    bool good =
        signed_bytes(key->type, text, text_size, at_s, &bytes) && holds(key, &bytes, blob + before);
    ov_buf_free(&bytes);
    if (good && ret_at_s != NULL)
        *ret_at_s = at_s;
    return good;
}

/* A line without its line feed. False when it is not of this key; *ret_size 0: it is no signature.
 */
static bool line_of_key(char *line, const struct note_key *key, uint8_t blob[BLOB_MAX],
                        size_t *ret_size)
{
    if (strncmp(line, DASH, strlen(DASH)) != 0)
        return false;
    char *rest = line + strlen(DASH);
    const char *name = strsep(&rest, " ");
    if (rest == NULL || strcmp(name, key->name) != 0 ||
        ov_base64_decode(rest, blob, BLOB_MAX, ret_size) != OV_OK || *ret_size < KEY_ID_BYTES)
        return false;
    return ov_read_be32(blob) == key->id;
}

bool note_is_signed(const char *note, size_t size, const struct note_key *key, int64_t *ret_at_s)
{
    size_t text_size = size <= NOTE_SIZE_MAX ? note_text_size(note, size) : 0;
    if (text_size == 0 || note[size - 1] != '\n' || memchr(note, '\0', size) != NULL)
        return false;
    char *lines = strndup(note + text_size + 1, size - text_size - 1);
    char *rest = lines;
    bool found = false;
    bool good = true;
    for (char *line = strsep(&rest, "\n"); lines != NULL && rest != NULL && good;
         line = strsep(&rest, "\n")) {
        uint8_t blob[BLOB_MAX];
        size_t blob_size = 0;
        if (!line_of_key(line, key, blob, &blob_size))
            continue;
        good = line_holds(key, note, text_size, blob, blob_size, ret_at_s);
        found = good;
    }
    free(lines);
    return found && good;
}
