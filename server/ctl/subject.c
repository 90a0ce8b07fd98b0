/* Who an entry is about. Everything stays in secret memory; errors never repeat the text. */
#include "server/ctl/subject.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "common/base/bytes.h"
#include "common/base/file.h"

#define SUBJECT_INPUT_MAX ((size_t)4096)

void subject_free(struct subject *subject)
{
    ov_secret_free(&subject->name);
    ov_secret_free(&subject->reference);
}

bool subject_text_is_good(const char *text)
{
    size_t size = strlen(text);
    return size > 0 && size <= SUBJECT_TEXT_MAX && ov_text_is_clean_utf8(text, size);
}

/* Copies the line at *at without its end and blanks around it, and moves *at behind it. */
static enum ov_status take_line(const char **at, const char *end, struct ov_secret *ret)
{
    const char *from = *at;
    const char *to = memchr(from, '\n', (size_t)(end - from));
    *at = to == NULL ? end : to + 1;
    if (to == NULL)
        to = end;
    while (to > from && (to[-1] == '\r' || to[-1] == ' ' || to[-1] == '\t'))
        to--;
    while (from < to && (*from == ' ' || *from == '\t'))
        from++;
    struct ov_secret line = OV_SECRET_INIT;
    if (ov_secret_new(&line, (size_t)(to - from) + 1) != OV_OK)
        return OV_ERR_NOMEM;
    memcpy(line.data, from, (size_t)(to - from));
    *ret = line;
    return OV_OK;
}

static bool only_blank(const char *at, const char *end)
{
    while (at < end && (*at == '\n' || *at == '\r' || *at == ' '))
        at++;
    return at == end;
}

/* takes both, on every path. */
static enum ov_status check_subject(struct subject *take_subject, struct subject *ret,
                                    struct ov_error *err)
{
    if (subject_text_is_good((const char *)take_subject->name.data) &&
        subject_text_is_good((const char *)take_subject->reference.data)) {
        *ret = *take_subject;
        return OV_OK;
    }
    subject_free(take_subject);
    return ov_fail(err, OV_ERR_INVALID, "subject.text",
                   "name and reference are needed, a line each, of at most %d bytes of UTF-8 text",
                   SUBJECT_TEXT_MAX);
}

enum ov_status subject_parse(const char *text, size_t size, struct subject *ret,
                             struct ov_error *err)
{
    struct subject subject = {OV_SECRET_INIT, OV_SECRET_INIT};
    const char *at = text;
    const char *end = text + size;
    if (memchr(text, '\0', size) != NULL)
        return ov_fail(err, OV_ERR_INVALID, "subject.text", "the subject is not text");
    if (take_line(&at, end, &subject.name) != OV_OK ||
        take_line(&at, end, &subject.reference) != OV_OK) {
        subject_free(&subject);
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory");
    }
    if (!only_blank(at, end)) {
        subject_free(&subject);
        return ov_fail(err, OV_ERR_INVALID, "subject.lines",
                       "two lines are expected: the subject's name and its reference");
    }
    return check_subject(&subject, ret, err);
}

static enum ov_status ask_subject(struct subject *ret, struct ov_error *err)
{
    struct subject subject = {OV_SECRET_INIT, OV_SECRET_INIT};
    enum ov_status status = terminal_ask("Name of the subject: ", &subject.name, err);
    if (status == OV_OK)
        status = terminal_ask("Your reference for the subject: ", &subject.reference, err);
    if (status != OV_OK) {
        subject_free(&subject);
        return status;
    }
    return check_subject(&subject, ret, err);
}

static enum ov_status read_input(struct subject *ret, struct ov_error *err)
{
    struct ov_secret text = OV_SECRET_INIT;
    size_t length = 0;
    if (ov_secret_new(&text, SUBJECT_INPUT_MAX) != OV_OK)
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory");
    enum ov_status status = OV_OK;
    while (status == OV_OK) {
        ssize_t got = read(STDIN_FILENO, text.data + length, text.size - length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        length += (size_t)got;
        if (length == text.size)
            status = ov_fail(err, OV_ERR_LIMIT, "subject.lines",
                             "two lines are expected on standard input; this is more");
    }
    if (status == OV_OK)
        status = subject_parse((const char *)text.data, length, ret, err);
    ov_secret_free(&text);
    return status;
}

enum ov_status subject_read(const struct terminal *terminal, const char *file, struct subject *ret,
                            struct ov_error *err)
{
    struct ov_secret text = OV_SECRET_INIT;
    if (file == NULL)
        return terminal->in_is_terminal ? ask_subject(ret, err) : read_input(ret, err);
    enum ov_status status = ov_file_read_secret(file, SUBJECT_INPUT_MAX, &text, err);
    if (status == OV_OK)
        status = subject_parse((const char *)text.data, text.size, ret, err);
    ov_secret_free(&text);
    return status;
}
