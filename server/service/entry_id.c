/* Entry ids. */
#include "server/service/entry_id.h"

#include <string.h>

#include "server/service/check.h"
#include "server/vault/vault.h"

enum ov_status entry_id_make(const struct vault_key *list_key, const char *reference,
                             unsigned generation, struct ov_id *ret, struct ov_error *err)
{
    /* Length and generation first, so that no two inputs give the same bytes. */
    uint8_t input[2 + WATCHLIST_TEXT_MAX_BYTES];
    uint8_t tag[VAULT_TAG_BYTES];
    size_t length = strlen(reference);
    if (length > WATCHLIST_TEXT_MAX_BYTES)
        return ov_fail(err, OV_ERR_INVALID, "watchlist.reference", "the reference is too long");
    input[0] = (uint8_t)generation;
    input[1] = (uint8_t)length;
    for (size_t i = 0; i < length; i++)
        input[2 + i] = (uint8_t)reference[i];
    enum ov_status status = vault_tag(list_key, "entry.id", input, 2 + length, tag, err);
    ov_wipe(input, sizeof(input));
    if (status != OV_OK)
        return status;
    memcpy(ret->bytes, tag, OV_ID_BYTES);
    ret->bytes[6] = (uint8_t)((ret->bytes[6] & 0x0f) | 0x80); /* UUID version 8, RFC 9562 */
    ret->bytes[8] = (uint8_t)((ret->bytes[8] & 0x3f) | 0x80);
    return OV_OK;
}
