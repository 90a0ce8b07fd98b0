/* Counting and printing. Never the sentences of this computer's own errors: they have file names.
 */
#include "server/ctl/import_tally.h"

#include <stdlib.h>
#include <string.h>

#include "server/ctl/import_codes.h"
#include "server/ctl/import_run.h"
#include "server/ctl/table.h"

static enum ov_status code_of(struct import_tally *tally, const char *outcome, uint32_t *ret_code)
{
    size_t at = 0;
    while (at < tally->code_count && strcmp(tally->codes[at], outcome) != 0)
        at++;
    if (at == IMPORT_CODES_MAX)
        return OV_ERR_LIMIT;
    if (at == tally->code_count)
        memcpy(tally->codes[tally->code_count++], outcome, strlen(outcome) + 1);
    *ret_code = (uint32_t)at;
    return OV_OK;
}

static enum ov_status make_room(struct import_tally *tally)
{
    if (tally->reasons == NULL)
        tally->reasons = calloc(IMPORT_EXPLAINED_MAX, sizeof(tally->reasons[0]));
    if (tally->reasons == NULL)
        return OV_ERR_NOMEM;
    if (tally->count < tally->room)
        return OV_OK;
    size_t room = tally->room == 0 ? 1024 : tally->room * 2;
    struct import_outcome *rows = reallocarray(tally->rows, room, sizeof(*rows));
    if (rows == NULL)
        return OV_ERR_NOMEM;
    tally->rows = rows;
    tally->room = room;
    return OV_OK;
}

static bool is_code(const struct import_tally *tally, size_t row, const char *outcome)
{
    return strcmp(tally->codes[tally->rows[row].code], outcome) == 0;
}

/* Neither done nor left alone. */
static bool has_failed(const struct import_tally *tally, size_t row)
{
    return !is_code(tally, row, IMPORT_ADDED) && !is_code(tally, row, IMPORT_ADDED_BEFORE) &&
           !is_code(tally, row, IMPORT_THERE_ALREADY) && !is_code(tally, row, IMPORT_NOT_TRIED);
}

enum ov_status import_tally_add(struct import_tally *tally, const struct import_row *row)
{
    enum ov_status status = make_room(tally);
    struct import_outcome outcome = {.number = (uint32_t)row->number};
    if (status == OV_OK)
        status = code_of(tally, row->outcome, &outcome.code);
    if (status != OV_OK)
        return status;
    size_t at = tally->count++;
    tally->rows[at] = outcome;
    if (is_code(tally, at, IMPORT_ADDED)) {
        tally->added++;
    } else if (is_code(tally, at, IMPORT_NOT_TRIED)) {
        tally->not_tried++;
    } else if (!has_failed(tally, at)) {
        tally->there++;
    } else {
        tally->failed++;
        if (tally->reason_count < IMPORT_EXPLAINED_MAX)
            memcpy(tally->reasons[tally->reason_count++], row->reason, IMPORT_REASON_SIZE);
    }
    return OV_OK;
}

void import_tally_free(struct import_tally *tally)
{
    free(tally->rows);
    free(tally->reasons);
    memset(tally, 0, sizeof(*tally));
}

static void print_failed(const struct import_tally *tally, const struct terminal *terminal,
                         struct ov_buf *out)
{
    static const char *const few[] = {">ROW", "OUTCOME", NULL};
    static const char *const all[] = {">ROW", "OUTCOME", "MEANING", NULL};
    bool explain = terminal->out_is_terminal;
    size_t shown = 0;
    struct table table;
    table_init(&table, explain ? all : few);
    for (size_t i = 0; i < tally->count; i++) {
        if (!has_failed(tally, i) || (explain && shown == IMPORT_EXPLAINED_MAX))
            continue;
        const char *code = tally->codes[tally->rows[i].code];
        table_number(&table, (long long)tally->rows[i].number);
        table_cell(&table, PAINT_BAD, code);
        if (explain)
            table_cell(&table, PAINT_NONE,
                       tally->reasons[shown][0] != '\0' ? tally->reasons[shown]
                                                        : import_code_meaning(code));
        shown++;
    }
    table_render(&table, terminal, out);
    table_done(&table);
    if (shown < tally->failed)
        ov_buf_printf(out, "and %zu more: --report FILE has them all\n", tally->failed - shown);
}

void import_tally_print(const struct import_tally *tally, const struct terminal *terminal,
                        struct ov_buf *out)
{
    if (tally->failed > 0)
        print_failed(tally, terminal, out);
    ov_buf_printf(out, "%zu added, ", tally->added);
    if (tally->there > 0)
        ov_buf_printf(out, "%zu there already, ", tally->there);
    ov_buf_printf(out, "%zu failed, %zu not tried\n", tally->failed, tally->not_tried);
}

void import_tally_print_json(const struct import_tally *tally, struct ov_buf *out)
{
    ov_buf_printf(
        out, "{\"added\":%zu,\"there_already\":%zu,\"failed\":%zu,\"not_tried\":%zu,\"rows\":[",
        tally->added, tally->there, tally->failed, tally->not_tried);
    for (size_t i = 0; i < tally->count; i++)
        ov_buf_printf(out, "%s{\"row\":%u,\"outcome\":\"%s\"}", i == 0 ? "" : ",",
                      tally->rows[i].number, tally->codes[tally->rows[i].code]);
    ov_buf_puts(out, "]}\n");
}
