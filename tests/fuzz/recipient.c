/* Certificates of recipients, as somebody outside sends them, and sealing to those that are taken.
 */
#include <stdbool.h>
#include <string.h>

#include "common/base/clock.h"
#include "server/vault/envelope.h"
#include "tests/fuzz/fuzz.h"

/* A certificate on P-256 that is valid for a hundred years; nobody has its key. */
static const char certificate[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBbzCCARWgAwIBAgIUBTEF/otRGjb9anEOziHwWBtqcDgwCgYIKoZIzj0EAwIw\n"
    "DDEKMAgGA1UEAwwBcjAgFw0yNjExMjUwOTQ5MDZaGA8yMTI2MTEwMTA5NDkwNlow\n"
    "DDEKMAgGA1UEAwwBcjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABIaOAX7mS1Nk\n"
    "XEnVCfpr8LTXVPW7XavTR1D3VlaXtIPnKfEZOdVlcEiCXblETQOVv7DbyTSdjhAB\n"
    "FXp81RJtpsmjUzBRMB0GA1UdDgQWBBTZI/nw6YG2yBn1YOfIHbclmJgr3zAfBgNV\n"
    "HSMEGDAWgBTZI/nw6YG2yBn1YOfIHbclmJgr3zAPBgNVHRMBAf8EBTADAQH/MAoG\n"
    "CCqGSM49BAMCA0gAMEUCIQDQuwd1TH+fPXWQK2+fIcJ778wi9t7UCN/ne6HHweoe\n"
    "TwIgdGnQusC03Pf1HJ1WhHVlbH1JxmtHWn+b7vnLHC/0LQo=\n"
    "-----END CERTIFICATE-----\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ov_error err = OV_ERROR_INIT;
    struct recipient *recipient = NULL;
    struct ov_secret file = OV_SECRET_INIT;
    int64_t now_us = ov_clock_utc_us(ov_clock_system());
    if (recipient_read((const char *)data, size, now_us, &recipient, &err) != OV_OK) {
        fuzz_require(recipient == NULL && strcmp(err.code, "evidence.recipient") == 0);
        return 0;
    }
    fuzz_require(size <= RECIPIENT_PEM_MAX_BYTES);
    /* A point that is on no curve is found here at the latest. */
    if (envelope_seal(recipient, "evidence", 8, &file, &err) == OV_OK)
        fuzz_require(file.size > 8 && memmem(file.data, file.size, "evidence", 8) == NULL);
    else
        fuzz_require(file.size == 0);
    ov_secret_free(&file);
    recipient_free(recipient);
    return 0;
}

void fuzz_seeds(void (*emit)(void *ctx, const void *data, size_t size), void *ctx)
{
    emit(ctx, certificate, sizeof(certificate) - 1);
}
