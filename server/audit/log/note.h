/*
 * Signed notes: a text of lines, an empty line, and one line for each signature. The form is C2SP's
 * signed-note (the one of Go's golang.org/x/mod/sumdb/note), with Ed25519 keys:
 *
 *     text, each line ended by a line feed
 *     <empty line>
 *     "— " name " " base64(key id of 4 bytes || signature)
 *
 * The key id is the first four bytes of SHA-256(name || 0x0A || type || public key). Type 0x01
 * signs the text; type 0x04 (C2SP tlog-cosignature, cosignature/v1) signs "cosignature/v1\ntime
 * SECONDS\n" and the text, and its signature begins with the seconds as eight bytes, big-endian.
 */
#ifndef OVERT_SERVER_AUDIT_LOG_NOTE_H
#define OVERT_SERVER_AUDIT_LOG_NOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/bytes.h"
#include "common/base/status.h"

#define NOTE_NAME_MAX 100
#define NOTE_SIZE_MAX ((size_t)16384)
#define NOTE_PUBLIC_BYTES 32

enum note_key_type { NOTE_KEY_SIGNER = 0x01, NOTE_KEY_WITNESS = 0x04 };

/* A public key: what signatures are checked with. */
struct note_key {
    char name[NOTE_NAME_MAX + 1]; /* no blank, no plus sign */
    enum note_key_type type;
    uint32_t id;
    uint8_t public_key[NOTE_PUBLIC_BYTES];
};

/* "name+hex id+base64(type || public key)", as printed when the key was made; blanks and a line end
 * around it are left out. "note.key" */
OV_CHECKED enum ov_status note_key_parse(const char *text, struct note_key *ret,
                                         struct ov_error *err);
/* The same text, appended. */
void note_key_print(const struct note_key *key, struct ov_buf *out);

/* A private key. */
struct note_signer;

/* A new key into a new file (PKCS #8, PEM, mode 0600). "note.name", or what writing files fails by.
 */
OV_CHECKED enum ov_status note_signer_make(const char *path, struct ov_error *err);
/* "note.name", "note.key_file" */
OV_CHECKED enum ov_status note_signer_load(const char *path, const char *name,
                                           enum note_key_type type, struct note_signer **ret,
                                           struct ov_error *err);
void note_signer_free(struct note_signer *signer);
const struct note_key *note_signer_key(const struct note_signer *signer);

/* Appends the line of a signature on text, which ends with a line feed; at_s: the time, for a
 * witness. */
OV_CHECKED enum ov_status note_sign(const struct note_signer *signer, const char *text, size_t size,
                                    int64_t at_s, struct ov_buf *out, struct ov_error *err);

/* The text's length in a note, without the empty line; 0: it is none. */
size_t note_text_size(const char *note, size_t size);

/* Whether a line of the note is this key's and its signature holds. ret_at_s (may be NULL) gets a
 * witness's time. A line of the key whose signature does not hold makes it false. */
bool note_is_signed(const char *note, size_t size, const struct note_key *key, int64_t *ret_at_s);

#endif
