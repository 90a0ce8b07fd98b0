/* Recording what is said to the API. */
#include "tests/integration/harness/recording.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <jansson.h>

/* NULL when the bytes are no JSON. */
static json_t *parse(const void *data, size_t size)
{
    return size > 0 ? json_loadb(data, size, JSON_DECODE_ANY, NULL) : NULL;
}

static void write_line(const char *path, const json_t *line)
{
    /* jansson's own allocator may be a program's that wipes: the text is in memory of ours. */
    const size_t flags = JSON_COMPACT | JSON_ENSURE_ASCII;
    size_t size = json_dumpb(line, NULL, 0, flags);
    char *text = malloc(size + 1);
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (text == NULL || fd < 0 || json_dumpb(line, text, size, flags) != size) {
        (void)fprintf(stderr, "cannot record to %s\n", path);
        abort();
    }
    text[size] = '\n';
    if (write(fd, text, size + 1) != (ssize_t)size + 1) /* one write, so that lines stay whole */
        abort();
    (void)close(fd);
    free(text);
}

void recording_add(const struct exchange *exchange)
{
    const char *path = getenv("OVERT_API_RECORDING");
    if (path == NULL || exchange->status == 0)
        return;
    json_t *line = json_pack(
        "{ss ss ss? so* sI sI so*}", "method", exchange->method, "target", exchange->target, "type",
        exchange->request_type, "request", parse(exchange->request, exchange->request_bytes),
        "status", (json_int_t)exchange->status, "bytes", (json_int_t)exchange->answer_bytes,
        "answer", parse(exchange->answer, exchange->answer_bytes));
    if (line == NULL)
        abort();
    write_line(path, line);
    json_decref(line);
}
