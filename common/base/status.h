/*
 * What a function that can fail returns, and the one place an explanation for people is kept.
 *
 * A status is for code; an ov_error also carries a stable code ("watchlist.no_face") that goes into
 * APIs and logs and a sentence that says what to do. The error is written once, where it arises:
 * a callee that has filled it is never overwritten on the way up.
 */
#ifndef OVERT_COMMON_BASE_STATUS_H
#define OVERT_COMMON_BASE_STATUS_H

#define OV_CHECKED __attribute__((warn_unused_result))
#define OV_PRINTF(fmt_index, args_index) __attribute__((format(printf, fmt_index, args_index)))

enum ov_status {
    OV_OK = 0,
    OV_ERR_NOMEM,       /* memory could not be had */
    OV_ERR_INVALID,     /* the input breaks a rule of its format */
    OV_ERR_LIMIT,       /* larger, longer or more than is allowed */
    OV_ERR_NOT_FOUND,   /* no such thing */
    OV_ERR_EXISTS,      /* there is one already */
    OV_ERR_DENIED,      /* whoever asked may not */
    OV_ERR_STATE,       /* not in the state that this needs */
    OV_ERR_CONFLICT,    /* somebody else changed it meanwhile */
    OV_ERR_UNAVAILABLE, /* something we depend on is down; trying again may help */
    OV_ERR_IO,          /* the operating system refused a file, socket or device */
    OV_ERR_CRYPTO,      /* a key, seal, signature or certificate does not hold */
    OV_ERR_PROTOCOL,    /* the peer broke the protocol */
    OV_ERR_TIMEOUT,     /* nothing came in time */
    OV_ERR_CLOSED,      /* the queue, source or connection has ended */
    OV_ERR_INTERNAL     /* a bug of ours */
};

/* Stable lower-case name, for example "not_found". */
const char *ov_status_name(enum ov_status status);

struct ov_error {
    enum ov_status status;
    char code[48];  /* stable, dotted, for programs */
    char text[400]; /* one sentence for people: what was wrong and what to do */
    const char *file;
    int line;
};

#define OV_ERROR_INIT                                                                              \
    {                                                                                              \
        OV_OK, "", "", "", 0                                                                       \
    }

/* Fills err unless it is NULL or already filled; returns status, so that callers can return it. */
enum ov_status ov_error_set(struct ov_error *err, enum ov_status status, const char *file, int line,
                            const char *code, const char *fmt, ...) OV_PRINTF(6, 7);
#define ov_fail(err, status, code, ...)                                                            \
    ov_error_set((err), (status), __FILE__, __LINE__, (code), __VA_ARGS__)

/* Empties err for another use. */
void ov_error_clear(struct ov_error *err);

#endif
