/* Model packs: manifest, hashes, identity. No networks are run here; the files are stand-ins. */
#include "tests/unit/face/face_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "common/base/bytes.h"
#include "common/face/manifest.h"

static const char *const files[] = {"detector.onnx", "landmarks.onnx", "embedder.onnx"};

struct folder {
    char path[64];
};

static void write_file(const struct folder *folder, const char *name, const char *text)
{
    char path[160];
    (void)snprintf(path, sizeof path, "%s/%s", folder->path, name);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void hash_of(const char *text, char hex[65])
{
    unsigned char hash[32];
    assert_int_equal(EVP_Digest(text, strlen(text), hash, NULL, EVP_sha256(), NULL), 1);
    (void)ov_hex_encode(hash, sizeof hash, hex);
}

/* A manifest whose hashes are those of the stand-in files, each of which holds its own name. */
static void make_manifest(char *out, size_t out_size)
{
    char hex[3][65];
    for (int i = 0; i < 3; i++)
        hash_of(files[i], hex[i]);
    (void)snprintf(out, out_size,
                   "# a pack\n"
                   "[pack]\nname = test\nversion = 7\nlicence = none\nnote = anything = goes\n"
                   "\n[detector]\nfile = detector.onnx\nsha256 = %s\ntype = ultraface\n"
                   "width = 320\nheight = 240\ncolour = rgb\nmean = 127\nscale = 0.0078125\n"
                   "input = input\nscores = scores\nboxes = boxes\nscore_threshold = 0.65\n"
                   "nms_iou = 0.4\n"
                   "[landmarks]\nfile = landmarks.onnx\nsha256 = %s\ntype = ibug68\nwidth = 64\n"
                   "height = 64\ncolour = grey\nmean = 0\nscale = 0.00390625\ninput = input\n"
                   "output = output\n"
                   "; the embedder\n[embedder]\nfile = embedder.onnx\nsha256 = %s\n"
                   "type = embedding\nwidth = 112\nheight = 112\ncolour = bgr\n"
                   "mean = 123.675 116.28 103.53\nscale = 0.0171 0.0175 0.0174\n"
                   "dimension = 512\ntemplate = arcface112\ninput = input\noutput = output\n",
                   hex[0], hex[1], hex[2]);
}

static int make_pack(void **state)
{
    struct folder *folder = calloc(1, sizeof *folder);
    char manifest[4096];
    if (folder == NULL)
        return -1;
    (void)snprintf(folder->path, sizeof folder->path, "/tmp/overt-pack-XXXXXX");
    if (mkdtemp(folder->path) == NULL)
        return -1;
    for (int i = 0; i < 3; i++)
        write_file(folder, files[i], files[i]);
    make_manifest(manifest, sizeof manifest);
    write_file(folder, "model.ini", manifest);
    *state = folder;
    return 0;
}

static int remove_pack(void **state)
{
    struct folder *folder = *state;
    char path[160];
    for (int i = 0; i < 4; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", folder->path, i < 3 ? files[i] : "model.ini");
        (void)unlink(path);
    }
    (void)rmdir(folder->path);
    free(folder);
    return 0;
}

static void expect_digest_fails(const struct folder *folder, const char *code, const char *names)
{
    uint8_t digest[32];
    struct ov_error err = OV_ERROR_INIT;
    assert_int_not_equal(ov_model_pack_digest(folder->path, digest, &err), OV_OK);
    assert_string_equal(err.code, code);
    if (strstr(err.text, names) == NULL)
        fail_msg("\"%s\" does not name \"%s\"", err.text, names);
}

/* The manifest with the first occurrence of what replaced. */
static void rewrite(const struct folder *folder, const char *what, const char *with)
{
    char manifest[4096], changed[8192];
    make_manifest(manifest, sizeof manifest);
    char *at = strstr(manifest, what);
    assert_non_null(at);
    (void)snprintf(changed, sizeof changed, "%.*s%s%s", (int)(at - manifest), manifest, with,
                   at + strlen(what));
    write_file(folder, "model.ini", changed);
}

static void test_the_digest_is_the_documented_one(void **state)
{
    const struct folder *folder = *state;
    char manifest[4096], list[1024], hex[4][65], expected[65], found[65];
    uint8_t digest[32];
    struct ov_error err = OV_ERROR_INIT;
    make_manifest(manifest, sizeof manifest);
    hash_of(manifest, hex[0]);
    for (int i = 0; i < 3; i++)
        hash_of(files[i], hex[i + 1]);
    (void)snprintf(list, sizeof list,
                   "overt model pack v1\nmanifest %s\ndetector %s\nlandmarks %s\nembedder %s\n",
                   hex[0], hex[1], hex[2], hex[3]);
    hash_of(list, expected);
    assert_ok(ov_model_pack_digest(folder->path, digest, &err), &err);
    assert_string_equal(ov_hex_encode(digest, sizeof digest, found), expected);
}

static void test_a_changed_manifest_is_another_model(void **state)
{
    const struct folder *folder = *state;
    uint8_t before[32], after[32];
    struct ov_error err = OV_ERROR_INIT;
    assert_ok(ov_model_pack_digest(folder->path, before, &err), &err);
    rewrite(folder, "# a pack", "# a pack.");
    assert_ok(ov_model_pack_digest(folder->path, after, &err), &err);
    assert_memory_not_equal(before, after, sizeof before);
}

static void test_a_tampered_file_is_refused(void **state)
{
    const struct folder *folder = *state;
    for (int i = 0; i < 3; i++) {
        write_file(folder, files[i], "something else");
        expect_digest_fails(folder, "pack.hash", files[i]);
        write_file(folder, files[i], files[i]);
    }
}

static void test_a_missing_file_is_named(void **state)
{
    const struct folder *folder = *state;
    struct folder nowhere = {"/tmp/overt-no-such-pack"};
    char path[160];
    (void)snprintf(path, sizeof path, "%s/landmarks.onnx", folder->path);
    assert_int_equal(unlink(path), 0);
    expect_digest_fails(folder, "pack.missing", "landmarks.onnx");
    expect_digest_fails(&nowhere, "pack.missing", "model.ini");
}

static void test_a_network_that_points_at_other_files_is_refused(void **state)
{
    const struct folder *folder = *state;
    static const char onnx[] = "..j\x0f\x0a\x08location\x12\x03w.bin";
    char hex[65], old[65];
    hash_of(onnx, hex);
    hash_of(files[0], old);
    rewrite(folder, old, hex);
    write_file(folder, files[0], onnx);
    expect_digest_fails(folder, "pack.external", "detector.onnx");
}

static void test_each_fault_of_a_manifest_is_named(void **state)
{
    const struct folder *folder = *state;
    static const char *const faults[][3] = {
        {"name = test\n", "", "[pack] name"},
        {"type = ultraface", "type = retinaface", "retinaface"},
        {"type = ibug68\n", "", "[landmarks] type"},
        {"file = detector.onnx", "file = ../detector.onnx", "[detector] file"},
        {"file = detector.onnx", "file = .hidden", "[detector] file"},
        {"sha256 = ", "sha256 = 00", "sha256"},
        {"width = 320", "width = 4", "[detector] width"},
        {"width = 320", "width = 320px", "[detector] width"},
        {"width = 112", "width = 128", "arcface112"},
        {"colour = bgr", "colour = grey", "[embedder] colour"},
        {"colour = grey", "colour = rgb", "[landmarks] colour"},
        {"mean = 127", "mean = 127 127", "[detector] mean"},
        {"mean = 127", "mean = 1 2 3 4", "[detector] mean"},
        {"mean = 127", "mean = 300", "[detector] mean"},
        {"scale = 0.0078125", "scale = -1", "[detector] scale"},
        {"score_threshold = 0.65", "score_threshold = 2", "score_threshold"},
        {"dimension = 512", "dimension = 100000", "dimension"},
        {"template = arcface112", "template = other", "other"},
        {"nms_iou = 0.4\n", "nms_iou = 0.4\nnms_iou = 0.4\n", "given before"},
        {"nms_iou = 0.4\n", "nms_iou = 0.4\nletterbox = yes\n", "letterbox"},
        {"# a pack", "key = value", "line 1"},
        {"# a pack", "hello", "line 1"},
        {"# a pack", "[other]", "line 1"},
        {"# a pack", "[pack", "line 1"},
        {"note = anything = goes", "note =", "line 6"},
        {"note = anything = goes", "note = \x01", "line 6"},
        {"note = anything = goes", "note = \xff\xfe", "line 6"},
    };
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        rewrite(folder, faults[i][0], faults[i][1]);
        expect_digest_fails(folder, "pack.manifest", faults[i][2]);
    }
    write_file(folder, "model.ini", "");
    expect_digest_fails(folder, "pack.manifest", "[pack] name");
}

static void test_a_manifest_is_read_within_its_bounds(void **state)
{
    char manifest[4096];
    make_manifest(manifest, sizeof manifest);
    size_t size = strlen(manifest);
    struct ov_manifest parsed;
    struct ov_error err = OV_ERROR_INIT;
    assert_ok(ov_manifest_parse(manifest, size, &parsed, &err), &err);
    assert_int_equal(parsed.dimension, 512);
    assert_int_equal(parsed.embedder.colour, OV_COLOUR_BGR);
    assert_true(parsed.embedder.mean[2] == 103.53f && parsed.detector.mean[2] == 127.0f);
    assert_true(parsed.grey_weights[1] == 0.587f);
    for (size_t cut = 0; cut < size - 1; cut++) { /* an exact copy each, for AddressSanitizer */
        char *copy = malloc(cut > 0 ? cut : 1);
        assert_non_null(copy);
        memcpy(copy, manifest, cut);
        (void)!ov_manifest_parse(copy, cut, &parsed, NULL);
        free(copy);
    }
    char *large = calloc(1, OV_MANIFEST_MAX_BYTES + 1);
    assert_non_null(large);
    memset(large, '\n', OV_MANIFEST_MAX_BYTES + 1);
    assert_int_equal(ov_manifest_parse(large, OV_MANIFEST_MAX_BYTES + 1, &parsed, NULL),
                     OV_ERR_LIMIT);
    memset(large, 'a', OV_MANIFEST_MAX_BYTES);
    assert_int_equal(ov_manifest_parse(large, OV_MANIFEST_MAX_BYTES, &parsed, NULL),
                     OV_ERR_INVALID);
    free(large);
}

static void test_files_that_are_no_networks_make_no_engine(void **state)
{
    const struct folder *folder = *state;
    struct ov_face_engine *engine = NULL;
    struct ov_error err = OV_ERROR_INIT;
    assert_int_equal(
        ov_face_engine_new(folder->path, "/nonexistent/libonnxruntime.so", &engine, &err),
        OV_ERR_UNAVAILABLE);
    assert_string_equal(err.code, "infer.runtime");
    assert_non_null(strstr(err.text, "deploy/setup"));
    assert_null(engine);
}

#define pack_test(name) cmocka_unit_test_setup_teardown(name, make_pack, remove_pack)

int main(void)
{
    const struct CMUnitTest tests[] = {
        pack_test(test_the_digest_is_the_documented_one),
        pack_test(test_a_changed_manifest_is_another_model),
        pack_test(test_a_tampered_file_is_refused),
        pack_test(test_a_missing_file_is_named),
        pack_test(test_a_network_that_points_at_other_files_is_refused),
        pack_test(test_each_fault_of_a_manifest_is_named),
        pack_test(test_a_manifest_is_read_within_its_bounds),
        pack_test(test_files_that_are_no_networks_make_no_engine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
