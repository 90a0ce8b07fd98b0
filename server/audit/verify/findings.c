/* Telling findings. One thread. */
#include "server/audit/verify/findings.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define CODES_MAX 64
#define TEXT_SIZE 600

struct code_count {
    char code[48];
    uint64_t count;
};

struct findings {
    FILE *out;
    bool as_json;
    struct code_count codes[CODES_MAX];
    size_t code_count;
    uint64_t total;
};

struct findings *findings_new(FILE *out, bool as_json)
{
    struct findings *findings = calloc(1, sizeof(*findings));
    if (findings != NULL)
        *findings = (struct findings){.out = out, .as_json = as_json};
    return findings;
}

void findings_free(struct findings *findings)
{
    free(findings);
}

static uint64_t count_one(struct findings *findings, const char *code)
{
    size_t i = 0;
    while (i < findings->code_count && strcmp(findings->codes[i].code, code) != 0)
        i++;
    if (i == CODES_MAX)
        return 1; /* more codes than there are: told each time */
    if (i == findings->code_count)
        (void)snprintf(findings->codes[findings->code_count++].code,
                       sizeof(findings->codes[0].code), "%s", code);
    return ++findings->codes[i].count;
}

static void tell(const struct findings *findings, const char *code, uint64_t at, const char *text)
{
    if (!findings->as_json) {
        if (at == FINDINGS_NOWHERE)
            (void)fprintf(findings->out, "%s: %s\n", code, text);
        else
            (void)fprintf(findings->out, "%s: event %" PRIu64 ": %s\n", code, at, text);
        return;
    }
    json_t *json = json_pack("{ss ss}", "code", code, "text", text);
    if (json != NULL && at != FINDINGS_NOWHERE)
        (void)json_object_set_new(json, "event", json_integer((json_int_t)at));
    if (json != NULL && json_dumpf(json, findings->out, JSON_COMPACT) == 0)
        (void)fputc('\n', findings->out);
    json_decref(json);
}

void findings_add(struct findings *findings, const char *code, uint64_t at, const char *fmt, ...)
{
    char text[TEXT_SIZE];
    va_list args;
    findings->total++;
    if (count_one(findings, code) > FINDINGS_TOLD_MAX)
        return;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    tell(findings, code, at, text);
}

uint64_t findings_count(const struct findings *findings)
{
    return findings->total;
}

enum ov_status findings_end(struct findings *findings, struct ov_error *err)
{
    char text[80];
    for (size_t i = 0; i < findings->code_count; i++) {
        uint64_t count = findings->codes[i].count;
        if (count <= FINDINGS_TOLD_MAX)
            continue;
        (void)snprintf(text, sizeof(text), "and %" PRIu64 " more", count - FINDINGS_TOLD_MAX);
        tell(findings, findings->codes[i].code, FINDINGS_NOWHERE, text);
    }
    if (fflush(findings->out) != 0 || ferror(findings->out) != 0)
        return ov_fail(err, OV_ERR_IO, "verify.output", "the findings could not be written");
    return OV_OK;
}
