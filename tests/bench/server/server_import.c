/*
 * An import of a real folder by overtctl into a real server: images a second, and how far that is
 * from the floor: every core looking at the same photographs (decode, find, embed, make the
 * thumbnail) and nothing else. Of that, inference is finding faces with their landmarks, and
 * embedding.
 *
 * The folder is LFW's layout (one folder of JPEGs a person). Photographs that would be refused for
 * their quality are left out: a refused row costs less than one that is added. With more rows than
 * photographs they are used again under other references. Prints figures, asserts none.
 *
 *   bench/server_import [ROWS [API_WORKERS]]      default 2000 and as configured
 *   OVERT_DATA names the folder that has lfw/images
 */
#include <dirent.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/base/bytes.h"
#include "common/base/clock.h"
#include "common/base/file.h"
#include "common/face/face.h"
#include "tests/integration/harness/process.h"
#include "tests/integration/harness/world.h"

#define PHOTOS_MAX 20000
#define FLOOR_PHOTOS 200 /* for each core */
#define CORES_MAX 64
#define PHOTO_MAX_BYTES ((size_t)16 << 20)
#define IMPORT_LIMIT_MS 3600000

struct bench {
    struct world world;
    char folder[PATH_MAX - 512];
    char *photos[PHOTOS_MAX]; /* relative to folder */
    bool good[PHOTOS_MAX];    /* would be added */
    size_t photo_count;
    int64_t rows;
};

static void must(enum ov_status status, const struct ov_error *err)
{
    if (status == OV_OK)
        return;
    (void)fprintf(stderr, "server_import: %s (%s)\n", err->text, err->code);
    exit(1);
}

static void list_person(struct bench *bench, const char *name)
{
    char path[PATH_MAX];
    struct dirent **photos = NULL;
    (void)snprintf(path, sizeof(path), "%s/%s", bench->folder, name);
    int count = scandir(path, &photos, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        if (strstr(photos[i]->d_name, ".jpg") != NULL && bench->photo_count < PHOTOS_MAX &&
            asprintf(&bench->photos[bench->photo_count], "%s/%s", name, photos[i]->d_name) > 0)
            bench->photo_count++;
        free(photos[i]);
    }
    free(photos);
}

static void list_photos(struct bench *bench)
{
    struct dirent **people = NULL;
    int count = scandir(bench->folder, &people, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        if (people[i]->d_name[0] != '.')
            list_person(bench, people[i]->d_name);
        free(people[i]);
    }
    free(people);
    if (bench->photo_count > 0)
        return;
    (void)fprintf(stderr, "server_import: no photographs in %s; set OVERT_DATA\n", bench->folder);
    exit(1);
}

static int64_t now_us(void)
{
    return ov_clock_mono_us(ov_clock_system());
}

static int64_t thread_cpu_us(void)
{
    struct timespec at;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
    return (int64_t)at.tv_sec * 1000000 + at.tv_nsec / 1000;
}

/* Processor time of a process so far, in milliseconds. */
static double process_cpu_ms(pid_t pid)
{
    clockid_t clock;
    struct timespec at;
    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &at) != 0)
        return 0.0;
    return (double)at.tv_sec * 1e3 + (double)at.tv_nsec / 1e6;
}

/* --- looking at photographs, as the server does --- */

/* What one core does by itself. */
struct looker {
    struct bench *bench;
    size_t first;
    size_t step;
    size_t count;
    bool choose; /* and remember which are good */
    int64_t cpu_us;
    int64_t inference_us; /* of that */
    pthread_t thread;
};

static bool is_good(const struct ov_face_list *faces)
{
    return faces->count == 1 && !faces->faces[0].cut_off &&
           ov_quality_check(&faces->faces[0].quality, ov_quality_gate_reference()) == OV_QUALITY_OK;
}

/* What the server has to do with a photograph whatever it costs around it. Returns whether it would
 * add it. */
static bool look(struct looker *looker, struct ov_face_engine *engine, const struct ov_secret *file)
{
    struct ov_image image = OV_IMAGE_INIT;
    struct ov_face_list faces = {NULL, 0};
    struct ov_secret descriptor = OV_SECRET_INIT;
    struct ov_secret thumbnail = OV_SECRET_INIT;
    bool good = ov_jpeg_decode(&image, file->data, file->size, 0, NULL) == OV_OK;
    int64_t from = thread_cpu_us();
    good = good && ov_face_find(engine, &image, 24, &faces, NULL) == OV_OK && is_good(&faces) &&
           ov_face_embed(engine, &image, &faces.faces[0], &descriptor, NULL) == OV_OK;
    looker->inference_us += thread_cpu_us() - from;
    if (good && ov_face_crop_jpeg(&image, &faces.faces[0], 0.4f, 256, &thumbnail, NULL) == OV_OK)
        ov_secret_free(&thumbnail);
    ov_secret_free(&descriptor);
    ov_face_list_free(&faces);
    ov_image_free(&image);
    return good;
}

static void *look_at_some(void *ctx)
{
    struct looker *looker = ctx;
    struct bench *bench = looker->bench;
    char path[PATH_MAX + 32];
    struct ov_error err = OV_ERROR_INIT;
    struct ov_face_engine *engine = NULL;
    (void)snprintf(path, sizeof(path), "%s/models/default", bench->world.deps);
    ov_face_thread_init();
    must(ov_face_engine_new(path, NULL, &engine, &err), &err);
    int64_t from = thread_cpu_us();
    for (size_t i = 0; i < looker->count; i++) {
        struct ov_secret file = OV_SECRET_INIT;
        size_t at = (looker->first + i * looker->step) % bench->photo_count;
        (void)snprintf(path, sizeof(path), "%s/%s", bench->folder, bench->photos[at]);
        must(ov_file_read_secret(path, PHOTO_MAX_BYTES, &file, &err), &err);
        bool good = look(looker, engine, &file);
        if (looker->choose)
            bench->good[at] = good;
        ov_secret_free(&file);
    }
    looker->cpu_us = thread_cpu_us() - from;
    ov_face_engine_free(engine);
    return NULL;
}

/* Every core looks at so many photographs, and nothing else. Returns images a second, whatever else
 * this machine does just now; ret (may be NULL) has the processor time of all together. */
static double look_on_all_cores(struct bench *bench, long cores, size_t count, bool choose,
                                struct looker *ret)
{
    struct looker lookers[CORES_MAX];
    int64_t from = now_us();
    for (long i = 0; i < cores; i++) {
        lookers[i] = (struct looker){.bench = bench,
                                     .first = (size_t)i,
                                     .step = (size_t)cores,
                                     .count = count,
                                     .choose = choose};
        if (pthread_create(&lookers[i].thread, NULL, look_at_some, &lookers[i]) != 0)
            exit(1);
    }
    for (long i = 0; i < cores; i++) {
        (void)pthread_join(lookers[i].thread, NULL);
        if (ret != NULL) {
            ret->cpu_us += lookers[i].cpu_us;
            ret->inference_us += lookers[i].inference_us;
        }
    }
    return (double)count * (double)cores * 1e6 / (double)(now_us() - from);
}

/* Keeps the photographs that the server would add, and no more than there are rows. */
static void choose_photos(struct bench *bench, long cores)
{
    size_t kept = 0;
    (void)look_on_all_cores(bench, cores, bench->photo_count / (size_t)cores, true, NULL);
    for (size_t i = 0; i < bench->photo_count; i++) {
        if (bench->good[i] && (int64_t)kept < bench->rows)
            bench->photos[kept++] = bench->photos[i];
        else
            free(bench->photos[i]);
    }
    bench->photo_count = kept;
    if (kept == 0)
        exit(1);
}

/* --- importing them --- */

/* Below the list's folder, as an import wants them. */
static void copy_photo(struct bench *bench, size_t photo)
{
    char from[PATH_MAX];
    char to[64];
    struct ov_secret file = OV_SECRET_INIT;
    struct ov_error err = OV_ERROR_INIT;
    (void)snprintf(from, sizeof(from), "%s/%s", bench->folder, bench->photos[photo]);
    (void)snprintf(to, sizeof(to), "photos/%zu.jpg", photo);
    must(ov_file_read_secret(from, PHOTO_MAX_BYTES, &file, &err), &err);
    must(ov_file_write_new(world_path(&bench->world, to), 0600, file.data, file.size, &err), &err);
    ov_secret_free(&file);
}

static void write_list(struct bench *bench)
{
    FILE *file = fopen(world_path(&bench->world, "subjects.csv"), "w");
    if (file == NULL || mkdir(world_path(&bench->world, "photos"), 0700) != 0)
        exit(1);
    for (size_t i = 0; i < bench->photo_count; i++)
        copy_photo(bench, i);
    (void)fputs("image,category,response,name,reference\n", file);
    for (int64_t i = 0; i < bench->rows; i++)
        (void)fprintf(file, "photos/%zu.jpg,missing_at_risk,identify,Subject %lld,BENCH-%lld\n",
                      (size_t)i % bench->photo_count, (long long)i, (long long)i);
    (void)fclose(file);
}

/* Processor time of the programs that have ended, in milliseconds. */
static double children_cpu_ms(void)
{
    struct rusage usage;
    (void)getrusage(RUSAGE_CHILDREN, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e3 +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e3;
}

static double import_s(struct bench *bench)
{
    char program[PATH_MAX + 32];
    char server[64];
    char list[PATH_MAX];
    char report[PATH_MAX];
    int status = -1;
    (void)snprintf(program, sizeof(program), "%s/overtctl", bench->world.programs);
    (void)snprintf(server, sizeof(server), "localhost:%d", bench->world.api_port);
    (void)snprintf(list, sizeof(list), "%s", world_path(&bench->world, "subjects.csv"));
    (void)snprintf(report, sizeof(report), "%s", world_path(&bench->world, "report.csv"));
    const char *argv[] = {
        program,     "--server", server, "--identity", world_identity(&bench->world, "person-ada"),
        "watchlist", "import",   "bulk", list,         "--report",
        report,      NULL};
    int64_t from = now_us();
    pid_t pid = process_start_split(argv, world_path(&bench->world, "import.out"),
                                    world_path(&bench->world, "import.err"));
    if (pid <= 0 || !process_wait(pid, IMPORT_LIMIT_MS, &status))
        exit(1);
    return (double)(now_us() - from) / 1e6;
}

static void print_end_of(const char *path)
{
    struct ov_buf text = OV_BUF_INIT;
    if (ov_file_read(path, 64u << 20, &text, NULL) == OV_OK && text.length > 0) {
        const char *last = text.data + text.length - 1;
        while (last > text.data && last[-1] != '\n')
            last--;
        (void)printf("  %s", last);
    }
    ov_buf_free(&text);
}

int main(int argc, char **argv)
{
    static struct bench bench;
    struct ov_id deployment;
    int64_t workers = 0;
    char config[64] = "";
    const char *data = getenv("OVERT_DATA");
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    bench.rows = 2000;
    if ((argc > 1 && ov_parse_i64(argv[1], 1, 100000, &bench.rows) != OV_OK) ||
        (argc > 2 && ov_parse_i64(argv[2], 1, 64, &workers) != OV_OK) || data == NULL) {
        (void)fprintf(stderr, "usage: OVERT_DATA=FOLDER server_import [ROWS [API_WORKERS]]\n");
        return 2;
    }
    (void)snprintf(bench.folder, sizeof(bench.folder), "%s/lfw/images", data);
    list_photos(&bench);
    world_new(&bench.world);
    if (workers > 0)
        (void)snprintf(config, sizeof(config), "[matching]\napi_workers = %d\n", (int)workers);
    world_start_overtd(&bench.world, workers > 0 ? config : NULL);
    world_add_site(&bench.world, "north");
    world_apply(&bench.world, "bulk", "north", 0, &deployment);
    choose_photos(&bench, cores);
    write_list(&bench);
    struct looker looked = {.bench = NULL};
    double rates[2]; /* before and after: the machine may be shared */
    rates[0] = look_on_all_cores(&bench, cores, FLOOR_PHOTOS, false, &looked);
    double server_ms = process_cpu_ms(bench.world.overtd);
    double client_ms = children_cpu_ms();
    double spent = import_s(&bench);
    client_ms = (children_cpu_ms() - client_ms) / (double)bench.rows;
    server_ms = (process_cpu_ms(bench.world.overtd) - server_ms) / (double)bench.rows;
    rates[1] = look_on_all_cores(&bench, cores, FLOOR_PHOTOS, false, &looked);
    double looks = 2.0 * FLOOR_PHOTOS * (double)cores;
    double look_ms = (double)looked.cpu_us / 1000.0 / looks;
    double inference_ms = (double)looked.inference_us / 1000.0 / looks;
    double floor = (rates[0] + rates[1]) / 2.0;
    double rate = (double)bench.rows / spent;
    (void)printf("%lld rows, %zu photographs, %ld cores\n", (long long)bench.rows,
                 bench.photo_count, cores);
    (void)printf("looking at photographs, no more  %6.1f images/s (%.1f before, %.1f after)\n",
                 floor, rates[0], rates[1]);
    (void)printf("import                           %6.1f images/s, %.1f s: %.0f %% of that\n", rate,
                 spent, 100.0 * rate / floor);
    (void)printf("processor time a row             %6.2f ms of overtd, %.2f of overtctl\n",
                 server_ms, client_ms);
    (void)printf("processor time of looking        %6.2f ms, %.2f of them inference: overtd's is "
                 "%.2f times inference\n",
                 look_ms, inference_ms, server_ms / inference_ms);
    print_end_of(world_path(&bench.world, "import.out"));
    world_free(&bench.world);
    return 0;
}
