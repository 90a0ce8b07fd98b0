/*
 * ChaCha20's key stream as random numbers, normal numbers from them, Householder's QR of those.
 *
 * Nothing here may depend on the machine: no library's matrix routines and no library's logarithm,
 * only additions, multiplications, divisions and square roots of doubles, which IEEE 754 rounds one
 * way, in an order that the source fixes (compiled without contraction into fused multiply-add).
 */
#include "server/vault/rotation_make.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "common/base/secret.h"

/* --- random numbers ------------------------------------------------------------------------ */

#define STREAM_WORDS 1024u

struct stream {
    EVP_CIPHER_CTX *ctx;
    uint64_t *words; /* secret memory */
    size_t next;     /* of words */
    bool failed;
    double spare; /* the second of a pair of normal numbers */
    bool has_spare;
};

static void refill(struct stream *stream)
{
    size_t bytes = STREAM_WORDS * sizeof(uint64_t);
    int length = 0;
    memset(stream->words, 0, bytes); /* what is enciphered: the key stream is left */
    stream->next = 0;
    if (EVP_EncryptUpdate(stream->ctx, (uint8_t *)stream->words, &length,
                          (const uint8_t *)stream->words, (int)bytes) != 1)
        stream->failed = true;
}

static enum ov_status stream_init(struct stream *stream, const uint8_t seed[ROTATION_SEED_BYTES])
{
    static const uint8_t counter_and_nonce[16] = {0};
    *stream = (struct stream){.ctx = EVP_CIPHER_CTX_new(),
                              .words = ov_secret_alloc(STREAM_WORDS * sizeof(uint64_t))};
    if (stream->ctx == NULL || stream->words == NULL)
        return OV_ERR_NOMEM;
    if (EVP_EncryptInit_ex(stream->ctx, EVP_chacha20(), NULL, seed, counter_and_nonce) != 1) {
        ERR_clear_error();
        return OV_ERR_CRYPTO;
    }
    refill(stream);
    return stream->failed ? OV_ERR_CRYPTO : OV_OK;
}

static void stream_done(struct stream *stream)
{
    EVP_CIPHER_CTX_free(stream->ctx); /* cleanses the key */
    ov_secret_release(stream->words);
    ov_wipe(&stream->spare, sizeof(stream->spare));
}

/* Uniform in [-1, 1), of 53 bits. */
static double uniform(struct stream *stream)
{
    if (stream->next == STREAM_WORDS)
        refill(stream);
    const uint8_t *bytes = (const uint8_t *)&stream->words[stream->next++];
    uint64_t word = 0;
    for (size_t i = 0; i < sizeof(word); i++) /* little-endian, whatever the machine is */
        word |= (uint64_t)bytes[i] << (8 * i);
    return (double)(int64_t)(word >> 11) * 0x1p-52 - 1.0;
}

/* The natural logarithm of 0 < x < 1, to about 1e-15: ln(m 2^e) with 2 artanh((m - 1) / (m + 1)).
 */
static double logarithm(double x)
{
    static const double ln2 = 0x1.62e42fefa39efp-1;
    int exponent = 0;
    double mantissa = frexp(x, &exponent); /* 1/2 <= mantissa < 1; exact */
    double z = (mantissa - 1.0) / (mantissa + 1.0);
    double square = z * z;
    double sum = 0.0;
    for (int k = 35; k >= 1; k -= 2)
        sum = sum * square + 1.0 / (double)k;
    return 2.0 * z * sum + (double)exponent * ln2;
}

/* Marsaglia's polar method: pairs from points in the unit disc. */
static double normal(struct stream *stream)
{
    if (stream->has_spare) {
        stream->has_spare = false;
        return stream->spare;
    }
    double u = 0.0;
    double v = 0.0;
    double s = 0.0;
    do {
        u = uniform(stream);
        v = uniform(stream);
        s = u * u + v * v;
    } while ((s >= 1.0 || s == 0.0) && !stream->failed);
    double factor = stream->failed ? 0.0 : sqrt(-2.0 * logarithm(s) / s);
    stream->spare = v * factor;
    stream->has_spare = true;
    return u * factor;
}

/* --- QR ------------------------------------------------------------------------------------ */

/* Room for one decomposition, all in secret memory. */
struct work {
    size_t n;
    double *a;         /* n x n: what is decomposed; above the diagonal becomes R */
    double *q;         /* n x n */
    double *reflector; /* n x n: row k holds the k-th vector v, from element k on */
    double *scale;     /* n: 2 / v'v of each */
    double *row;       /* n: v'A */
    bool *negative;    /* n: R's diagonal */
};

static void work_done(struct work *work)
{
    ov_secret_release(work->a);
    ov_secret_release(work->q);
    ov_secret_release(work->reflector);
    ov_secret_release(work->scale);
    ov_secret_release(work->row);
    ov_secret_release(work->negative);
}

static bool work_init(struct work *work, size_t n)
{
    *work = (struct work){.n = n,
                          .a = ov_secret_alloc(n * n * sizeof(double)),
                          .q = ov_secret_alloc(n * n * sizeof(double)),
                          .reflector = ov_secret_alloc(n * n * sizeof(double)),
                          .scale = ov_secret_alloc(n * sizeof(double)),
                          .row = ov_secret_alloc(n * sizeof(double)),
                          .negative = ov_secret_alloc(n * sizeof(bool))};
    return work->a != NULL && work->q != NULL && work->reflector != NULL && work->scale != NULL &&
           work->row != NULL && work->negative != NULL;
}

/* y += factor * x, element by element: nothing to reorder. */
static void add_scaled(double *restrict y, const double *restrict x, double factor, size_t count)
{
    for (size_t i = 0; i < count; i++)
        y[i] += factor * x[i];
}

/* Reflects rows k.. of columns from.. of matrix: A -= v (2 / v'v) (v'A). */
static void reflect(struct work *work, double *matrix, size_t k, size_t from)
{
    size_t n = work->n;
    const double *v = work->reflector + k * n;
    memset(work->row + from, 0, (n - from) * sizeof(double));
    for (size_t i = k; i < n; i++)
        add_scaled(work->row + from, matrix + i * n + from, v[i], n - from);
    for (size_t i = k; i < n; i++)
        add_scaled(matrix + i * n + from, work->row + from, -work->scale[k] * v[i], n - from);
}

/* The vector that reflects column k, from the diagonal down, onto the diagonal. */
static void make_reflector(struct work *work, size_t k)
{
    size_t n = work->n;
    double *v = work->reflector + k * n;
    double square = 0.0;
    for (size_t i = k; i < n; i++) {
        v[i] = work->a[i * n + k];
        square += v[i] * v[i];
    }
    /* Away from the diagonal element's own sign, so that nothing cancels. */
    double diagonal = v[k] > 0.0 ? -sqrt(square) : sqrt(square);
    double length = 2.0 * (square - v[k] * diagonal); /* of the vector below, squared */
    v[k] -= diagonal;
    work->scale[k] = length > 0.0 ? 2.0 / length : 0.0;
    work->negative[k] = diagonal < 0.0;
}

static void decompose(struct work *work)
{
    size_t n = work->n;
    for (size_t k = 0; k < n; k++) {
        make_reflector(work, k);
        reflect(work, work->a, k, k);
    }
    for (size_t i = 0; i < n; i++)
        work->q[i * n + i] = 1.0;
    for (size_t k = n; k-- > 0;)
        reflect(work, work->q, k, k); /* left of k it is still the unit matrix */
}

enum ov_status rotation_make(const uint8_t seed[ROTATION_SEED_BYTES], int dimension,
                             float *ret_matrix)
{
    size_t n = (size_t)dimension;
    struct stream stream;
    struct work work;
    enum ov_status status = stream_init(&stream, seed);
    if (!work_init(&work, n) && status == OV_OK)
        status = OV_ERR_NOMEM;
    for (size_t i = 0; i < n * n && status == OV_OK; i++) {
        work.a[i] = normal(&stream);
        status = stream.failed ? OV_ERR_CRYPTO : OV_OK;
    }
    if (status == OV_OK) {
        decompose(&work);
        for (size_t i = 0; i < n * n; i++)
            ret_matrix[i] = (float)(work.negative[i % n] ? -work.q[i] : work.q[i]);
    }
    work_done(&work);
    stream_done(&stream);
    return status;
}
