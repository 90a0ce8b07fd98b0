/*
 * ONNX Runtime through its C API: the only file that speaks to it.
 *
 * The library is loaded with dlopen (its exported symbol carries a version that differs between
 * builds, so linking would tie us to one) and never unloaded. One environment serves the process;
 * it and the function table are made once, under a mutex. Each session is single-threaded: Run
 * works in the caller's thread. Arena and memory patterns are off and every tensor comes from
 * infer_memory.c, so that no face lingers in the runtime's own caches.
 */
#include "common/face/infer.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

#include <onnxruntime_c_api.h>

#include "common/base/log.h"
#include "common/base/program.h"
#include "common/base/secret.h"
#include "common/face/face.h"
#include "common/face/infer_memory.h"

#define OUTPUT_FLOATS_MAX ((size_t)16 * 1024 * 1024)

struct tensor {
    struct ov_secret memory;
    size_t length; /* floats */
    OrtValue *value;
};

struct ov_infer {
    struct ov_infer_spec spec;
    OrtSession *session;
    struct tensor input;
    struct tensor outputs[OV_INFER_OUTPUTS_MAX];
};

static void *ORT_API_CALL runtime_alloc(OrtAllocator *self, size_t size);
static void ORT_API_CALL runtime_free(OrtAllocator *self, void *block);
static const OrtMemoryInfo *ORT_API_CALL runtime_memory_info(const OrtAllocator *self);

/* The inference library's table: filled once by runtime_open, read-only afterwards. */
static struct {
    pthread_mutex_t lock;
    char path[512];
    const OrtApi *api; /* NULL until the library is open and the environment made */
    OrtEnv *env;
    OrtMemoryInfo *memory;
    OrtAllocator allocator;
} runtime = {
    .lock = PTHREAD_MUTEX_INITIALIZER,
    .allocator = {.version = ORT_API_VERSION,
                  .Alloc = runtime_alloc,
                  .Free = runtime_free,
                  .Info = runtime_memory_info,
                  .Reserve = runtime_alloc},
};

static void *ORT_API_CALL runtime_alloc(OrtAllocator *self, size_t size)
{
    return ov_infer_memory_alloc(size);
}

static void ORT_API_CALL runtime_free(OrtAllocator *self, void *block)
{
    ov_infer_memory_free(block);
}

static const OrtMemoryInfo *ORT_API_CALL runtime_memory_info(const OrtAllocator *self)
{
    return runtime.memory;
}

/*
 * From version 1.29 on, the published builds of ONNX Runtime for Linux report to their maker: they
 * write a device identifier and a queue of events below the home folder and start threads that send
 * them, and DisableTelemetryEvents comes too late to prevent it. This variable, read once when the
 * library starts, prevents all of it (ORT_TELEMETRY_DISABLED is the name that later versions read).
 * Set before main, because setenv is only safe while there is one thread. test_engine.c checks that
 * no thread, file or socket of the library appears.
 */
__attribute__((constructor)) static void silence_runtime(void)
{
    (void)setenv("ORT_DISABLE_TELEMETRY", "1", 1);
    (void)setenv("ORT_TELEMETRY_DISABLED", "1", 1);
}

/* The runtime's own complaints, as one of our log lines. It names nodes and shapes, never values.
 */
static void ORT_API_CALL on_runtime_log(void *param, OrtLoggingLevel severity, const char *category,
                                        const char *log_id, const char *code_location,
                                        const char *message)
{
    char quoted[400];
    ov_log(severity >= ORT_LOGGING_LEVEL_ERROR ? OV_LOG_ERROR : OV_LOG_WARNING, "face",
           "inference_runtime", "text=%s", ov_log_quote(message, quoted, sizeof quoted));
}

/* The one translation of the runtime's errors. Consumes take_status; NULL is success. */
static enum ov_status translate(const OrtApi *api, OrtStatus *take_status, const char *code,
                                const char *what, struct ov_error *err)
{
    if (take_status == NULL)
        return OV_OK;
    enum ov_status status =
        ov_fail(err, OV_ERR_INVALID, code, "%s: %s", what, api->GetErrorMessage(take_status));
    api->ReleaseStatus(take_status);
    return status;
}

static const OrtApi *load_api(const char *path, struct ov_error *err)
{
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        (void)ov_fail(err, OV_ERR_UNAVAILABLE, "infer.runtime",
                      "ONNX Runtime cannot be loaded (%s); run deploy/setup or name the library in "
                      "the configuration",
                      dlerror());
        return NULL;
    }
    const OrtApiBase *(*get_base)(void) = NULL;
    void *symbol = dlsym(library, "OrtGetApiBase");
    memcpy(&get_base, &symbol, sizeof get_base); /* ISO C forbids the cast */
    const OrtApi *api = get_base != NULL ? get_base()->GetApi(ORT_API_VERSION) : NULL;
    if (api == NULL)
        (void)ov_fail(err, OV_ERR_UNAVAILABLE, "infer.runtime",
                      "%s is older than ONNX Runtime 1.%d or is not ONNX Runtime; install a newer "
                      "one",
                      path, ORT_API_VERSION);
    return api;
}

static enum ov_status make_environment(const OrtApi *api, struct ov_error *err)
{
    static const char what[] = "ONNX Runtime does not start";
    enum ov_status status =
        translate(api,
                  api->CreateEnvWithCustomLogger(on_runtime_log, NULL, ORT_LOGGING_LEVEL_ERROR,
                                                 "overt", &runtime.env),
                  "infer.runtime", what, err);
    if (status == OV_OK)
        status =
            translate(api, api->DisableTelemetryEvents(runtime.env), "infer.runtime", what, err);
    if (status == OV_OK)
        status = translate(
            api, api->CreateCpuMemoryInfo(OrtDeviceAllocator, OrtMemTypeDefault, &runtime.memory),
            "infer.runtime", what, err);
    if (status == OV_OK)
        status = translate(api, api->RegisterAllocator(runtime.env, &runtime.allocator),
                           "infer.runtime", what, err);
    return status;
}

/* Caller holds the lock. */
static enum ov_status open_locked(const char *path, struct ov_error *err)
{
    if (runtime.api != NULL) {
        if (strcmp(path, runtime.path) == 0)
            return OV_OK;
        return ov_fail(
            err, OV_ERR_STATE, "infer.runtime",
            "this process already uses the ONNX Runtime at %s; restart it to use another",
            runtime.path);
    }
    if (strlen(path) >= sizeof runtime.path)
        return ov_fail(err, OV_ERR_LIMIT, "infer.runtime", "the path of ONNX Runtime is too long");
    const OrtApi *api = load_api(path, err);
    if (api == NULL)
        return OV_ERR_UNAVAILABLE;
    enum ov_status status = make_environment(api, err);
    if (status != OV_OK)
        return status;
    (void)snprintf(runtime.path, sizeof runtime.path, "%s", path);
    runtime.api = api;
    return OV_OK;
}

static enum ov_status runtime_open(const char *path, struct ov_error *err)
{
    (void)pthread_mutex_lock(&runtime.lock);
    enum ov_status status = open_locked(path, err);
    (void)pthread_mutex_unlock(&runtime.lock);
    return status;
}

/*
 * Denormals are flushed on every session because the runtime applies the entry once per process,
 * from whichever session comes first. The environment's allocator is ours; see runtime_open.
 */
static OrtStatus *fill_options(OrtSessionOptions *options)
{
    const OrtApi *api = runtime.api;
    OrtStatus *failed = api->SetIntraOpNumThreads(options, 1);
    if (failed == NULL)
        failed = api->SetInterOpNumThreads(options, 1);
    if (failed == NULL)
        failed = api->SetSessionExecutionMode(options, ORT_SEQUENTIAL);
    if (failed == NULL)
        failed = api->SetSessionGraphOptimizationLevel(options, ORT_ENABLE_ALL);
    if (failed == NULL)
        failed = api->DisableCpuMemArena(options);
    if (failed == NULL)
        failed = api->DisableMemPattern(options);
    if (failed == NULL)
        failed = api->SetSessionLogSeverityLevel(options, ORT_LOGGING_LEVEL_ERROR);
    if (failed == NULL)
        failed = api->AddSessionConfigEntry(options, "session.set_denormal_as_zero", "1");
    if (failed == NULL)
        failed = api->AddSessionConfigEntry(options, "session.use_env_allocators", "1");
    return failed;
}

static enum ov_status make_session(struct ov_infer *net, const void *onnx, size_t onnx_size,
                                   struct ov_error *err)
{
    const OrtApi *api = runtime.api;
    OrtSessionOptions *options = NULL;
    char what[120];
    (void)snprintf(what, sizeof what, "the %s network cannot be loaded", net->spec.label);
    OrtStatus *failed = api->CreateSessionOptions(&options);
    if (failed == NULL)
        failed = fill_options(options);
    if (failed == NULL)
        failed = api->CreateSessionFromArray(runtime.env, onnx, onnx_size, options, &net->session);
    enum ov_status status = translate(api, failed, "infer.model", what, err);
    if (options != NULL)
        api->ReleaseSessionOptions(options);
    return status;
}

/* ---- shapes ---- */

struct shape {
    int64_t dims[8];
    size_t rank;
};

static OrtStatus *shape_of_type(OrtTypeInfo *type, struct shape *shape, bool *is_float)
{
    const OrtApi *api = runtime.api;
    const OrtTensorTypeAndShapeInfo *info = NULL;
    OrtStatus *failed = api->CastTypeInfoToTensorInfo(type, &info);
    if (failed != NULL || info == NULL)
        return failed;
    ONNXTensorElementDataType element = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
    failed = api->GetTensorElementType(info, &element);
    if (failed == NULL)
        failed = api->GetDimensionsCount(info, &shape->rank);
    if (failed == NULL && shape->rank <= 8)
        failed = api->GetDimensions(info, shape->dims, shape->rank);
    *is_float = element == ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT;
    return failed;
}

/* The place of the input or output called name, or the count when there is none. */
static OrtStatus *find_name(const struct ov_infer *net, bool input, const char *name, size_t count,
                            size_t *ret_index)
{
    const OrtApi *api = runtime.api;
    OrtAllocator *allocator = NULL;
    OrtStatus *failed = api->GetAllocatorWithDefaultOptions(&allocator);
    *ret_index = count;
    for (size_t i = 0; i < count && failed == NULL && *ret_index == count; i++) {
        char *found = NULL;
        failed = input ? api->SessionGetInputName(net->session, i, allocator, &found)
                       : api->SessionGetOutputName(net->session, i, allocator, &found);
        if (failed != NULL)
            break;
        if (strcmp(found, name) == 0)
            *ret_index = i;
        failed = api->AllocatorFree(allocator, found);
    }
    return failed;
}

/* Shape of the named input or output; refuses one that is absent or not float32. */
static enum ov_status read_shape(const struct ov_infer *net, bool input, const char *name,
                                 struct shape *ret_shape, struct ov_error *err)
{
    const OrtApi *api = runtime.api;
    size_t count = 0, index = 0;
    bool is_float = false;
    OrtTypeInfo *type = NULL;
    struct shape shape = {{0}, 0};
    OrtStatus *failed = input ? api->SessionGetInputCount(net->session, &count)
                              : api->SessionGetOutputCount(net->session, &count);
    if (failed == NULL)
        failed = find_name(net, input, name, count, &index);
    bool found = failed == NULL && index < count;
    if (found)
        failed = input ? api->SessionGetInputTypeInfo(net->session, index, &type)
                       : api->SessionGetOutputTypeInfo(net->session, index, &type);
    if (found && failed == NULL)
        failed = shape_of_type(type, &shape, &is_float);
    if (type != NULL)
        api->ReleaseTypeInfo(type);
    enum ov_status status = translate(api, failed, "infer.model",
                                      "the network's inputs and outputs cannot be read", err);
    if (status != OV_OK)
        return status;
    if (!found || !is_float || shape.rank > 8 || (input && count != 1))
        return ov_fail(err, OV_ERR_INVALID, "infer.shape",
                       "the %s network has no float32 %s called \"%s\"%s; correct the manifest",
                       net->spec.label, input ? "input" : "output", name,
                       input && count != 1 ? " as its only input" : "");
    *ret_shape = shape;
    return OV_OK;
}

static enum ov_status check_input_shape(const struct ov_infer *net, const struct shape *shape,
                                        struct ov_error *err)
{
    int64_t want[4] = {1, net->spec.channels, net->spec.height, net->spec.width};
    bool fits = shape->rank == 4;
    for (size_t i = 0; fits && i < 4; i++)
        fits = shape->dims[i] == want[i] || shape->dims[i] == -1;
    if (fits)
        return OV_OK;
    return ov_fail(err, OV_ERR_INVALID, "infer.shape",
                   "the %s network's input is not [1][%d][%d][%d] as the manifest says",
                   net->spec.label, net->spec.channels, net->spec.height, net->spec.width);
}

static enum ov_status tensor_init(struct tensor *tensor, const int64_t *dims, size_t rank,
                                  size_t length, struct ov_error *err)
{
    if (ov_secret_new(&tensor->memory, length * sizeof(float)) != OV_OK)
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory for a network's buffers");
    tensor->length = length;
    return translate(runtime.api,
                     runtime.api->CreateTensorWithDataAsOrtValue(
                         runtime.memory, tensor->memory.data, tensor->memory.size, dims, rank,
                         ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, &tensor->value),
                     "infer.model", "the network's buffers cannot be made", err);
}

static enum ov_status init_input(struct ov_infer *net, struct ov_error *err)
{
    struct shape shape = {{0}, 0};
    enum ov_status status = read_shape(net, true, net->spec.input, &shape, err);
    if (status == OV_OK)
        status = check_input_shape(net, &shape, err);
    if (status != OV_OK)
        return status;
    int64_t dims[4] = {1, net->spec.channels, net->spec.height, net->spec.width};
    size_t length = (size_t)net->spec.channels * (size_t)net->spec.height * (size_t)net->spec.width;
    return tensor_init(&net->input, dims, 4, length, err);
}

static enum ov_status init_output(struct ov_infer *net, size_t index, struct ov_error *err)
{
    struct shape shape = {{0}, 0};
    const char *name = net->spec.outputs[index];
    enum ov_status status = read_shape(net, false, name, &shape, err);
    if (status != OV_OK)
        return status;
    size_t length = 1;
    for (size_t i = 0; i < shape.rank; i++) {
        if (i == 0 && shape.dims[0] == -1)
            shape.dims[0] = 1; /* a free batch size; ours is one */
        if (shape.dims[i] < 1 || shape.dims[i] > (int64_t)OUTPUT_FLOATS_MAX)
            length = OUTPUT_FLOATS_MAX + 1;
        else if (length <= OUTPUT_FLOATS_MAX)
            length *= (size_t)shape.dims[i];
    }
    if (shape.rank == 0 || length > OUTPUT_FLOATS_MAX)
        return ov_fail(err, OV_ERR_INVALID, "infer.shape",
                       "the %s network's output \"%s\" has no fixed size; export it with one",
                       net->spec.label, name);
    return tensor_init(&net->outputs[index], shape.dims, shape.rank, length, err);
}

const char *ov_infer_default_runtime(void)
{
    bool has_built = ov_program_is_in_build() && access(OVERT_ONNXRUNTIME_BUILT, R_OK) == 0;
    return has_built ? OVERT_ONNXRUNTIME_BUILT : OVERT_ONNXRUNTIME_INSTALLED;
}

enum ov_status ov_infer_new(const char *runtime_path, const void *onnx, size_t onnx_size,
                            const struct ov_infer_spec *spec, struct ov_infer **ret_net,
                            struct ov_error *err)
{
    enum ov_status status = runtime_open(runtime_path, err);
    if (status != OV_OK)
        return status;
    struct ov_infer *net = calloc(1, sizeof *net);
    if (net == NULL)
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory for a network");
    net->spec = *spec;
    status = make_session(net, onnx, onnx_size, err);
    if (status == OV_OK)
        status = init_input(net, err);
    for (size_t i = 0; i < spec->output_count && status == OV_OK; i++)
        status = init_output(net, i, err);
    if (status != OV_OK)
        ov_infer_free(net);
    else
        *ret_net = net;
    return status;
}

static void tensor_done(struct tensor *tensor)
{
    if (tensor->value != NULL)
        runtime.api->ReleaseValue(tensor->value);
    ov_secret_free(&tensor->memory);
}

void ov_infer_free(struct ov_infer *net)
{
    if (net == NULL)
        return;
    tensor_done(&net->input);
    for (size_t i = 0; i < OV_INFER_OUTPUTS_MAX; i++)
        tensor_done(&net->outputs[i]);
    if (net->session != NULL)
        runtime.api->ReleaseSession(net->session);
    free(net);
}

float *ov_infer_input(struct ov_infer *net)
{
    return (float *)(void *)net->input.memory.data;
}

const float *ov_infer_output(const struct ov_infer *net, size_t index)
{
    return (const float *)(const void *)net->outputs[index].memory.data;
}

size_t ov_infer_output_length(const struct ov_infer *net, size_t index)
{
    return net->outputs[index].length;
}

/* ---- denormals ---- */

/* Flush-to-zero and denormals-are-zero in the calling thread; returns the mode before. */
static uint64_t flush_denormals(void)
{
#if defined(__x86_64__)
    unsigned before = _mm_getcsr();
    _mm_setcsr(before | 0x8040u); /* FTZ (bit 15), DAZ (bit 6) */
    return before;
#elif defined(__aarch64__)
    uint64_t before;
    __asm__ volatile("mrs %0, fpcr" : "=r"(before));
    __asm__ volatile("msr fpcr, %0" : : "r"(before | UINT64_C(1) << 24)); /* FZ */
    return before;
#else
    return 0;
#endif
}

static void restore_float_mode(uint64_t mode)
{
#if defined(__x86_64__)
    _mm_setcsr((unsigned)mode);
#elif defined(__aarch64__)
    __asm__ volatile("msr fpcr, %0" : : "r"(mode));
#endif
}

void ov_face_thread_init(void)
{
    (void)flush_denormals();
}

enum ov_status ov_infer_run(struct ov_infer *net, struct ov_error *err)
{
    const char *input_name = net->spec.input;
    const OrtValue *input = net->input.value;
    const char *output_names[OV_INFER_OUTPUTS_MAX];
    OrtValue *outputs[OV_INFER_OUTPUTS_MAX];
    for (size_t i = 0; i < net->spec.output_count; i++) {
        output_names[i] = net->spec.outputs[i];
        outputs[i] = net->outputs[i].value;
    }
    uint64_t mode = flush_denormals();
    OrtStatus *failed = runtime.api->Run(net->session, NULL, &input_name, &input, 1, output_names,
                                         net->spec.output_count, outputs);
    restore_float_mode(mode);
    return translate(runtime.api, failed, "infer.run", "the network failed", err);
}

void ov_infer_wipe(struct ov_infer *net)
{
    ov_wipe(net->input.memory.data, net->input.memory.size);
    for (size_t i = 0; i < net->spec.output_count; i++)
        ov_wipe(net->outputs[i].memory.data, net->outputs[i].memory.size);
}
