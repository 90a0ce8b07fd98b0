/* Leases: the only place in the client that verifies a signature. */
#include "client/link/lease.h"

#include <string.h>

#include <openssl/evp.h>

#include "common/base/clock.h"

void lease_init(struct lease_state *state, const struct ov_id *run_id)
{
    memset(state, 0, sizeof(*state));
    state->run_id = *run_id;
}

void lease_welcome(struct lease_state *state, const struct ov_id *deployment_id,
                   const uint8_t key[LEASE_KEY_BYTES])
{
    if (!ov_id_equal(&state->deployment_id, deployment_id))
        state->until_mono_us = 0;
    state->deployment_id = *deployment_id;
    memcpy(state->key, key, LEASE_KEY_BYTES);
    /* Another server may be at the other end, with numbers of its own. Nobody else can be: the
     * session is authenticated, and a lease of another run or deployment does not verify. */
    state->has_number = false;
    state->last_number = 0;
}

static bool signature_holds(const struct lease_state *state, const struct ov_lease *lease)
{
    uint8_t text[OV_LEASE_SIGNED_BYTES];
    ov_lease_signed_bytes(lease, &state->run_id, text);
    EVP_PKEY *key =
        EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, state->key, LEASE_KEY_BYTES);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool holds =
        key != NULL && ctx != NULL && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) == 1 &&
        EVP_DigestVerify(ctx, lease->signature, OV_LEASE_SIGNATURE_BYTES, text, sizeof(text)) == 1;
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(key);
    return holds;
}

enum ov_status lease_accept(struct lease_state *state, const struct ov_lease *lease,
                            int64_t now_mono_us, struct ov_error *err)
{
    if (!ov_id_equal(&lease->deployment_id, &state->deployment_id))
        return ov_fail(err, OV_ERR_DENIED, "lease.deployment",
                       "the lease is for another deployment");
    if (state->has_number && lease->number <= state->last_number)
        return ov_fail(err, OV_ERR_DENIED, "lease.number",
                       "lease %llu came after lease %llu; it is not used",
                       (unsigned long long)lease->number, (unsigned long long)state->last_number);
    if (!signature_holds(state, lease))
        return ov_fail(err, OV_ERR_CRYPTO, "lease.signature",
                       "the lease is not signed with the key of this session");
    int64_t valid_ms = lease->valid_ms < LEASE_MAX_MS ? lease->valid_ms : LEASE_MAX_MS;
    state->last_number = lease->number;
    state->has_number = true;
    state->until_mono_us = now_mono_us + valid_ms * OV_US_PER_MS;
    return OV_OK;
}

bool lease_is_valid(const struct lease_state *state, int64_t now_mono_us)
{
    return now_mono_us < state->until_mono_us;
}

void lease_end(struct lease_state *state)
{
    state->until_mono_us = 0;
}
