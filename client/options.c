/* Options. Before any thread starts. */
#include "client/options.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/bytes.h"
#include "common/wire/frame.h"
#include "common/wire/messages.h"

#define FPS_LIMIT 240.0

enum option_type { OPTION_TEXT, OPTION_WHOLE, OPTION_REAL, OPTION_SWITCH };

static const struct option_row {
    const char *name;
    const char *argument; /* NULL: none */
    enum option_type type;
    size_t offset;
    double min, max;
    const char *help;
} rows[] = {
#define AT(field) offsetof(struct options, field)
    {NULL, "Source (one of these)", OPTION_SWITCH, 0, 0, 0, NULL},
    {"open", "WHAT", OPTION_TEXT, AT(open), 0, 0,
     "a camera (/dev/video0, rtsp://..., an endless MJPEG at http://...) or a recording\n"
     "(a video file)"},
    {"folder", "DIR", OPTION_TEXT, AT(folder), 0, 0, "the JPEG images in DIR, sorted by name"},
    {"image", "FILE", OPTION_TEXT, AT(image), 0, 0, "one JPEG image"},
    {NULL, "About the source", OPTION_SWITCH, 0, 0, 0, NULL},
    {"camera", "NAME", OPTION_TEXT, AT(camera), 0, 0,
     "the name this camera has in alerts and counts; free to choose, as a deployment\n"
     "names sites, not cameras (default: cam1)"},
    {"fps", "N", OPTION_REAL, AT(fps), 0, FPS_LIMIT,
     "look at no more than N pictures per second; 0: at all\n"
     "(default: 5 per second of a recording, all of a camera)"},
    {"size", "WxH", OPTION_TEXT, AT(size), 0, 0, "picture size to ask of a /dev/video camera"},
    {"min-face", "PX", OPTION_WHOLE, AT(min_face_px), 0, 4096,
     "leave out faces narrower than PX (the deployment's own limit holds besides)"},
    {NULL, "Match server", OPTION_SWITCH, 0, 0, 0, NULL},
    {"server", "HOST:PORT", OPTION_TEXT, AT(server), 0, 0, "(default: localhost:7600)"},
    {"identity", "DIR", OPTION_TEXT, AT(identity), 0, 0,
     "folder with cert.pem, key.pem and ca.pem of this site\n"
     "(default: $OVERT_IDENTITY or ~/.config/overt/identity)"},
    {"deployment", "ID", OPTION_TEXT, AT(deployment), 0, 0,
     "(default: the one live deployment of this site)"},
    {"once", NULL, OPTION_SWITCH, AT(once), 0, 0, "do not connect a second time"},
    {"timeout", "S", OPTION_REAL, AT(timeout_s), 0, 86400,
     "give up after S seconds without the server; 0: never (default)"},
    {"linger", "S", OPTION_REAL, AT(linger_s), 0, 600,
     "at the end, wait S seconds for alerts still on their way (default: 5)"},
    {NULL, "Recognition", OPTION_SWITCH, 0, 0, 0, NULL},
    {"model", "DIR", OPTION_TEXT, AT(model), 0, 0,
     "model pack; the deployment must be authorised for the same one\n"
     "(default: $OVERT_MODEL or the installed pack)"},
    {"onnxruntime", "FILE", OPTION_TEXT, AT(onnxruntime), 0, 0, "the ONNX Runtime library"},
    {NULL, "Output", OPTION_SWITCH, 0, 0, 0, NULL},
    {"json", NULL, OPTION_SWITCH, AT(json), 0, 0, "one JSON object per line"},
    {"log-level", "LEVEL", OPTION_TEXT, AT(log_level), 0, 0,
     "debug, info, warning (default) or error; logs go to standard error"},
    {"help", NULL, OPTION_SWITCH, AT(help), 0, 0, "this text"},
    {"version", NULL, OPTION_SWITCH, AT(version), 0, 0, "name and version"},
#undef AT
};

static const size_t row_count = sizeof(rows) / sizeof(rows[0]);

static enum ov_status misuse(struct ov_error *err, const char *text, const char *detail)
{
    return ov_fail(err, OV_ERR_INVALID, "usage", "%s%s (see overt-capture --help)", text, detail);
}

static const struct option_row *find_row(const char *name, size_t length)
{
    for (size_t i = 0; i < row_count; i++) {
        if (rows[i].name != NULL && strlen(rows[i].name) == length &&
            strncmp(rows[i].name, name, length) == 0)
            return &rows[i];
    }
    return NULL;
}

static enum ov_status store_value(struct options *options, const struct option_row *row,
                                  const char *value, struct ov_error *err)
{
    char *field = (char *)options + row->offset;
    double real = 0;
    int64_t whole = 0;
    const bool yes = true;
    enum ov_status status = OV_OK;
    switch (row->type) {
    case OPTION_TEXT:
        memcpy(field, &value, sizeof(value));
        break;
    case OPTION_WHOLE:
        status = ov_parse_i64(value, (int64_t)row->min, (int64_t)row->max, &whole);
        memcpy(field, &whole, sizeof(whole));
        break;
    case OPTION_REAL:
        status = ov_parse_double(value, row->min, row->max, &real);
        memcpy(field, &real, sizeof(real));
        break;
    case OPTION_SWITCH:
        memcpy(field, &yes, sizeof(yes));
        break;
    }
    if (status != OV_OK)
        return ov_fail(err, OV_ERR_INVALID, "usage",
                       "--%s takes a number from %g to %g (see overt-capture --help)", row->name,
                       row->min, row->max);
    return OV_OK;
}

/* "--name value" or "--name=value"; *at is moved past what was used. */
static enum ov_status read_option(struct options *options, int argc, char *const *argv, int *at,
                                  struct ov_error *err)
{
    const char *text = argv[*at];
    if (strcmp(text, "-h") == 0)
        text = "--help";
    if (strncmp(text, "--", 2) != 0)
        return misuse(err, "not an option: ", text);
    const char *equals = strchr(text, '=');
    size_t length = equals != NULL ? (size_t)(equals - text) - 2 : strlen(text) - 2;
    const struct option_row *row = find_row(text + 2, length);
    if (row == NULL)
        return misuse(err, "unknown option: ", text);
    const char *value = equals != NULL ? equals + 1 : NULL;
    *at += 1;
    if (row->argument == NULL && value != NULL)
        return misuse(err, "this option takes no value: ", text);
    if (row->argument != NULL && value == NULL) {
        if (*at >= argc)
            return misuse(err, "this option needs a value: ", text);
        value = argv[(*at)++];
    }
    return store_value(options, row, value, err);
}

/* --- checks ----------------------------------------------------------------------------------- */

static enum ov_status check_source(struct options *options, struct ov_error *err)
{
    int given = (options->folder != NULL) + (options->image != NULL) + (options->open != NULL);
    if (given != 1)
        return misuse(err, given == 0 ? "say where pictures come from: " : "give only one of ",
                      "--open, --folder or --image");
    options->source.form = options->folder != NULL  ? SOURCE_FORM_FOLDER
                           : options->image != NULL ? SOURCE_FORM_IMAGE
                                                    : SOURCE_FORM_MEDIA;
    options->source.place = options->folder != NULL  ? options->folder
                            : options->image != NULL ? options->image
                                                     : options->open;
    options->source.size = options->size;
    options->source.fps = options->fps;
    return OV_OK;
}

static enum ov_status check_camera_name(const char *name, struct ov_error *err)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                  "0123456789._-";
    size_t length = strlen(name);
    if (length == 0 || length >= OV_CAMERA_NAME_SIZE || strspn(name, allowed) != length)
        return misuse(err, "a camera's name has 1 to 64 of A-Z a-z 0-9 . _ -", "");
    return OV_OK;
}

static enum ov_status check_size(const char *size, struct ov_error *err)
{
    size_t width = size != NULL ? strspn(size, "0123456789") : 0;
    if (size == NULL)
        return OV_OK;
    const char *height = size + width + 1;
    if (width == 0 || width > 5 || size[width] != 'x' || height[0] == '\0' || strlen(height) > 5 ||
        strspn(height, "0123456789") != strlen(height))
        return misuse(err, "--size takes width and height, for example 1280x720", "");
    return OV_OK;
}

/* HOST, HOST:PORT, [v6] or [v6]:PORT. */
static enum ov_status check_server(struct options *options, struct ov_error *err)
{
    const char *text = options->server;
    const char *host = text;
    size_t length = strcspn(text, ":");
    const char *rest = text + length;
    if (text[0] == '[') {
        host = text + 1;
        length = strcspn(host, "]");
        rest = host[length] == ']' ? host + length + 1 : "?";
    }
    int64_t port = OV_CAPTURE_PORT;
    bool port_is_good =
        rest[0] == '\0' || (rest[0] == ':' && ov_parse_i64(rest + 1, 1, 65535, &port) == OV_OK);
    if (length == 0 || length >= sizeof(options->host) || !port_is_good)
        return misuse(err, "--server takes HOST:PORT, not ", text);
    memcpy(options->host, host, length);
    options->host[length] = '\0';
    options->port = (int)port;
    return OV_OK;
}

static enum ov_status check_all(struct options *options, struct ov_error *err)
{
    enum ov_status status = check_source(options, err);
    if (status == OV_OK)
        status = check_camera_name(options->camera, err);
    if (status == OV_OK)
        status = check_size(options->size, err);
    if (status == OV_OK)
        status = check_server(options, err);
    if (status != OV_OK)
        return status;
    if (options->deployment != NULL &&
        ov_id_parse(options->deployment, &options->deployment_id) != OV_OK)
        return misuse(err, "--deployment takes the deployment's id, a UUID, not ",
                      options->deployment);
    if (ov_log_level_parse(options->log_level, &options->level) != OV_OK)
        return misuse(err, "--log-level takes debug, info, warning or error, not ",
                      options->log_level);
    return OV_OK;
}

enum ov_status options_parse(struct options *options, int argc, char *const *argv,
                             struct ov_error *err)
{
    memset(options, 0, sizeof(*options));
    options->camera = "cam1";
    options->server = "localhost";
    options->log_level = "warning";
    options->fps = -1;
    options->linger_s = 5;
    options->identity = getenv("OVERT_IDENTITY");
    options->model = getenv("OVERT_MODEL");
    for (int at = 1; at < argc;) {
        enum ov_status status = read_option(options, argc, argv, &at, err);
        if (status != OV_OK)
            return status;
    }
    if (options->help || options->version)
        return OV_OK;
    return check_all(options, err);
}

/* --- help ------------------------------------------------------------------------------------- */

static void print_row(FILE *out, const struct option_row *row)
{
    char left[40];
    (void)snprintf(left, sizeof(left), "--%s%s%s", row->name, row->argument != NULL ? " " : "",
                   row->argument != NULL ? row->argument : "");
    const char *text = row->help;
    for (const char *first = left; text != NULL; first = "") {
        size_t line = strcspn(text, "\n");
        (void)fprintf(out, "  %-20s %.*s\n", first, (int)line, text);
        text = text[line] == '\n' ? text + line + 1 : NULL;
    }
}

void options_help(FILE *out)
{
    (void)fputs(
        "overt-capture: finds faces at a site, has the match server compare them, and shows "
        "alerts.\n\n"
        "  overt-capture --open /dev/video0 --camera gate-1 --server match.example.org:7600\n"
        "  overt-capture --open rtsp://10.0.0.7/stream --camera gate-2\n"
        "  overt-capture --folder volunteers/ --linger 10        (exercises only)\n\n"
        "It captures only while the server's signed permission holds, at most 30 seconds "
        "beyond\nthe last word from it. No picture and no descriptor is ever written to "
        "disk. Recordings\nand images are taken in exercises only. The key p, or SIGUSR1, "
        "stops capturing at once, with or\nwithout the server; it goes on when the deployment "
        "lead resumes the deployment.\n",
        out);
    for (size_t i = 0; i < row_count; i++) {
        if (rows[i].name == NULL)
            (void)fprintf(out, "\n%s:\n", rows[i].argument);
        else
            print_row(out, &rows[i]);
    }
    (void)fputs("\nWords:\n"
                "  faces seen  faces that came past; before a camera or in a recording, each is\n"
                "              followed and counted once\n"
                "  probes      what was sent to be compared: a face that is followed is compared\n"
                "              several times, one in an image once\n"
                "  lease       the server's signed permission to capture, renewed all the time;\n"
                "              when it runs out, capturing ends by itself\n"
                "  alerts      a listed person who has alerted is not alerted again within the\n"
                "              deployment's cool-down, even by another run with the same picture;\n"
                "              \"overtctl status\" counts these as repeated\n",
                out);
    (void)fputs("\nExit status: 0 done, 1 an internal failure or the output is gone, 2 usage,\n"
                "3 the source failed, 4 the server refused, 5 the server was not reached.\n",
                out);
}
