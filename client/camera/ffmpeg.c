/*
 * FFmpeg: opening with a short list of protocols and containers, decoding, conversion to RGB.
 * Runs on the camera's thread. Writes nothing anywhere; FFmpeg's own log is off.
 */
#include "client/camera/ffmpeg.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <libavcodec/avcodec.h>
#include <libavdevice/avdevice.h>
#include <libavformat/avformat.h>
#include <libavutil/imgutils.h>
#include <libavutil/opt.h>
#include <libswscale/swscale.h>

#include "common/base/clock.h"

#define STREAM_TIMEOUT_US (10 * OV_US_PER_S) /* a stream that is silent for so long is lost */
#define DAMAGED_IN_A_ROW_MAX 200
#define STAMP_MAX_US (INT64_C(36525) * 86400 * OV_US_PER_S) /* a hundred years: no stamp at all */
#define STEP_MAX_US (3600 * OV_US_PER_S) /* a longer pause in a recording counts as this */
#define RGB_ALIGN 64

/* Containers a recording may have. No playlists: they would name further files and addresses. */
#define RECORDING_FORMATS                                                                          \
    "mov,mp4,matroska,webm,avi,mpegts,mpeg,mpegvideo,mjpeg,jpeg_pipe,mpjpeg,h264,hevc,"            \
    "m4v,flv,asf,ogg,ivf,mxf,gif"

struct interrupt {
    struct source_interrupt asked;
    int64_t deadline_us; /* monotonic; 0: none */
};

struct media {
    AVFormatContext *format;
    AVCodecContext *decoder;
    struct SwsContext *scaler;
    AVPacket *packet;
    AVFrame *frame;
    struct ov_secret rgb; /* rows padded, as swscale wants them */
    struct interrupt interrupt;
    char shown[PLACE_URL_SIZE];
    int stream; /* index of the video */
    int64_t interval_us;
    int64_t next_due_us;
    int64_t stamp_us; /* of a recording's latest picture, and how far into it that is */
    int64_t time_us;
    int64_t decoded; /* pictures so far */
    int damaged_in_a_row;
    bool is_live;
};

static void init_libraries(void)
{
    av_log_set_level(AV_LOG_QUIET);
    avdevice_register_all();
}

static void init_once(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, init_libraries);
}

static int64_t now_us(void)
{
    return ov_clock_mono_us(ov_clock_system());
}

static int on_interrupt(void *opaque)
{
    const struct interrupt *interrupt = opaque;
    if (interrupt->asked.is_wanted != NULL && interrupt->asked.is_wanted(interrupt->asked.ctx))
        return 1;
    return interrupt->deadline_us != 0 && now_us() > interrupt->deadline_us;
}

static bool was_asked_to_stop(const struct interrupt *interrupt)
{
    return interrupt->asked.is_wanted != NULL && interrupt->asked.is_wanted(interrupt->asked.ctx);
}

/* The one place that translates FFmpeg's errors. */
static enum ov_status media_fail(struct ov_error *err, int rc, const struct interrupt *interrupt,
                                 const char *what, const char *shown)
{
    if (was_asked_to_stop(interrupt))
        return OV_ERR_CLOSED;
    if (rc == AVERROR(ENOMEM))
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory reading %s", shown);
    if (rc == AVERROR_EXIT || rc == AVERROR(ETIMEDOUT))
        return ov_fail(err, OV_ERR_TIMEOUT, "source.silent", "%s does not answer", shown);
    if (rc == AVERROR_INVALIDDATA || rc == AVERROR(EINVAL))
        return ov_fail(err, OV_ERR_INVALID, "source.not_video",
                       "%s is not a video that can be read (damaged, cut short, a playlist or "
                       "another kind of file)",
                       shown);
    char reason[AV_ERROR_MAX_STRING_SIZE] = "";
    (void)av_strerror(rc, reason, sizeof(reason));
    return ov_fail(err, OV_ERR_IO, "source.open", "%s %s: %s", what, shown, reason);
}

static const char *protocols_of(enum place_kind kind)
{
    switch (kind) {
    case PLACE_FILE:
        return "file";
    case PLACE_DEVICE:
        return "";
    case PLACE_RTSP:
        return "rtsp,rtsps,rtp,udp,tcp,tls";
    case PLACE_HTTP:
        return "http,https,tcp,tls";
    }
    return "";
}

enum ov_status media_http_kind(const struct place *place, const struct source_interrupt *interrupt,
                               enum ov_source_kind *ret_kind, struct ov_error *err)
{
    init_once();
    struct interrupt state = {interrupt != NULL ? *interrupt
                                                : (struct source_interrupt){NULL, NULL},
                              now_us() + STREAM_TIMEOUT_US};
    const AVIOInterruptCB callback = {on_interrupt, &state};
    AVDictionary *wishes = NULL;
    AVIOContext *io = NULL;
    uint8_t *mime = NULL;
    (void)av_dict_set(&wishes, "protocol_whitelist", protocols_of(PLACE_HTTP), 0);
    int rc = avio_open2(&io, place->url, AVIO_FLAG_READ, &callback, &wishes);
    av_dict_free(&wishes);
    if (rc < 0)
        return media_fail(err, rc, &state, "cannot open", place->shown);
    (void)av_opt_get(io, "mime_type", AV_OPT_SEARCH_CHILDREN, &mime);
    bool is_parts = mime != NULL && strncasecmp((const char *)mime, "multipart/", 10) == 0;
    bool is_endless = avio_size(io) <= 0;
    *ret_kind = is_parts && is_endless ? OV_SOURCE_LIVE : OV_SOURCE_FILE;
    av_free(mime);
    (void)avio_closep(&io);
    return OV_OK;
}

/* --- opening ---------------------------------------------------------------------------------- */

static void set_wishes(AVDictionary **wishes, const struct place *place,
                       const struct media_options *options)
{
    (void)av_dict_set(wishes, "protocol_whitelist", protocols_of(place->kind), 0);
    if (options->kind != OV_SOURCE_LIVE) {
        (void)av_dict_set(wishes, "format_whitelist", RECORDING_FORMATS, 0);
        return;
    }
    /* Newest picture first: no buffering, no long look at the stream before the first picture. */
    (void)av_dict_set(wishes, "fflags", "nobuffer", 0);
    (void)av_dict_set(wishes, "analyzeduration", "1000000", 0);
    if (place->kind == PLACE_RTSP)
        (void)av_dict_set(wishes, "rtsp_transport", "tcp", 0);
    if (place->kind == PLACE_DEVICE && options->size != NULL)
        (void)av_dict_set(wishes, "video_size", options->size, 0);
}

static const char *live_format(enum place_kind kind)
{
    switch (kind) {
    case PLACE_DEVICE:
        return "v4l2";
    case PLACE_RTSP:
        return "rtsp";
    case PLACE_HTTP:
        return "mpjpeg";
    case PLACE_FILE:
        break;
    }
    return NULL;
}

/* NULL: to be found out from the content, within RECORDING_FORMATS. A live source has one form,
 * and an FFmpeg that lacks it must not guess. */
static int format_of(const struct place *place, enum ov_source_kind kind,
                     const AVInputFormat **ret_format)
{
    const char *name = kind == OV_SOURCE_LIVE ? live_format(place->kind) : NULL;
    *ret_format = name != NULL ? av_find_input_format(name) : NULL;
    if (kind == OV_SOURCE_LIVE && *ret_format == NULL)
        return AVERROR_DEMUXER_NOT_FOUND;
    return 0;
}

static int open_format(struct media *media, const struct place *place,
                       const struct media_options *options)
{
    const AVInputFormat *input = NULL;
    int rc = format_of(place, options->kind, &input);
    if (rc < 0)
        return rc;
    media->format = avformat_alloc_context();
    if (media->format == NULL)
        return AVERROR(ENOMEM);
    media->format->interrupt_callback = (AVIOInterruptCB){on_interrupt, &media->interrupt};
    AVDictionary *wishes = NULL;
    set_wishes(&wishes, place, options);
    rc = avformat_open_input(&media->format, place->url, input, &wishes);
    av_dict_free(&wishes);
    if (rc < 0)
        return rc;
    return avformat_find_stream_info(media->format, NULL);
}

static void release_plane(void *opaque, uint8_t *data)
{
    (void)opaque;
    ov_secret_release(data);
}

/* The decoder's pictures in secret memory: wiped as soon as FFmpeg lets go of one. */
static int secret_picture(AVCodecContext *decoder, AVFrame *frame, int flags)
{
    if ((decoder->codec->capabilities & AV_CODEC_CAP_DR1) == 0)
        return avcodec_default_get_buffer2(decoder, frame, flags);
    int width = frame->width;
    int height = frame->height;
    int align[AV_NUM_DATA_POINTERS];
    avcodec_align_dimensions2(decoder, &width, &height, align);
    width = FFALIGN(width, RGB_ALIGN * 2); /* so that half-width planes are aligned too */
    int lines[4];
    int rc = av_image_fill_linesizes(lines, frame->format, width);
    if (rc < 0)
        return rc;
    ptrdiff_t strides[4];
    for (int i = 0; i < 4; i++)
        strides[i] = lines[i];
    size_t sizes[4];
    rc = av_image_fill_plane_sizes(sizes, frame->format, height, strides);
    if (rc < 0)
        return rc;
    size_t total = RGB_ALIGN;
    for (int i = 0; i < 4; i++)
        total += FFALIGN(sizes[i] + RGB_ALIGN, RGB_ALIGN);
    uint8_t *block = ov_secret_alloc(total);
    if (block == NULL)
        return AVERROR(ENOMEM);
    frame->buf[0] = av_buffer_create(block, total, release_plane, NULL, 0);
    if (frame->buf[0] == NULL) {
        ov_secret_release(block);
        return AVERROR(ENOMEM);
    }
    for (int i = 0; i < 4 && sizes[i] > 0; i++) {
        frame->data[i] = block;
        frame->linesize[i] = lines[i];
        block += FFALIGN(sizes[i] + RGB_ALIGN, RGB_ALIGN);
    }
    frame->extended_data = frame->data;
    return 0;
}

static int open_decoder(struct media *media)
{
    media->stream = av_find_best_stream(media->format, AVMEDIA_TYPE_VIDEO, -1, -1, NULL, 0);
    if (media->stream < 0)
        return AVERROR_INVALIDDATA;
    const AVCodecParameters *parameters = media->format->streams[media->stream]->codecpar;
    const AVCodec *codec = avcodec_find_decoder(parameters->codec_id);
    media->decoder = codec != NULL ? avcodec_alloc_context3(codec) : NULL;
    media->packet = av_packet_alloc();
    media->frame = av_frame_alloc();
    if (codec == NULL)
        return AVERROR_DECODER_NOT_FOUND;
    if (media->decoder == NULL || media->packet == NULL || media->frame == NULL)
        return AVERROR(ENOMEM);
    int rc = avcodec_parameters_to_context(media->decoder, parameters);
    if (rc < 0)
        return rc;
    media->decoder->get_buffer2 = secret_picture;
    media->decoder->max_pixels = OV_IMAGE_MAX_PIXELS;
    media->decoder->thread_type = FF_THREAD_SLICE; /* frame threads would add delay */
    return avcodec_open2(media->decoder, codec, NULL);
}

enum ov_status media_open(const struct place *place, const struct media_options *options,
                          struct media **ret_media, struct ov_error *err)
{
    init_once();
    struct media *media = calloc(1, sizeof(*media));
    if (media == NULL)
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory");
    (void)snprintf(media->shown, sizeof(media->shown), "%s", place->shown);
    media->interrupt.asked = options->interrupt;
    media->is_live = options->kind == OV_SOURCE_LIVE;
    media->interval_us = options->fps > 0 ? (int64_t)(OV_US_PER_S / options->fps) : 0;
    if (place->kind != PLACE_FILE)
        media->interrupt.deadline_us = now_us() + STREAM_TIMEOUT_US;
    int rc = open_format(media, place, options);
    if (rc >= 0)
        rc = open_decoder(media);
    enum ov_status status = OV_OK;
    if (rc < 0)
        status = media_fail(err, rc, &media->interrupt, "cannot open", place->shown);
    else if (media->is_live && place->kind == PLACE_RTSP && media->format->duration > 0)
        status =
            ov_fail(err, OV_ERR_DENIED, "source.recording",
                    "%s is a recording, not a camera; download it and open the file", place->shown);
    if (status != OV_OK) {
        media_close(media);
        return status;
    }
    *ret_media = media;
    return OV_OK;
}

/* --- reading ---------------------------------------------------------------------------------- */

/* The picture's stamp in the file, which may say anything. */
static int64_t stamp_of(const struct media *media)
{
    const AVRational microseconds = {1, 1000000};
    const AVStream *stream = media->format->streams[media->stream];
    int64_t stamp = media->frame->best_effort_timestamp;
    AVRational unit = stream->time_base;
    if (stamp == AV_NOPTS_VALUE) {
        stamp = media->decoded;
        unit =
            av_inv_q(stream->avg_frame_rate.num > 0 ? stream->avg_frame_rate : (AVRational){25, 1});
    }
    int64_t stamp_us = av_rescale_q(stamp, unit, microseconds);
    if (stamp_us < -STAMP_MAX_US || stamp_us > STAMP_MAX_US)
        return media->stamp_us;
    return stamp_us;
}

/*
 * Time in a recording: from 0 on and never back. Where recordings were joined the stamps start
 * anew, and all that follows would be too early to be looked at for as long as the first one was.
 */
static int64_t time_of(struct media *media)
{
    if (media->is_live)
        return now_us();
    int64_t stamp_us = stamp_of(media);
    int64_t step_us = media->decoded > 0 ? stamp_us - media->stamp_us : 0;
    media->stamp_us = stamp_us;
    if (step_us > 0)
        media->time_us += step_us < STEP_MAX_US ? step_us : STEP_MAX_US;
    return media->time_us;
}

static bool is_due(struct media *media, int64_t at_us)
{
    if (media->interval_us == 0)
        return true;
    if (at_us < media->next_due_us)
        return false;
    media->next_due_us += media->interval_us;
    if (media->next_due_us <= at_us)
        media->next_due_us = at_us - at_us % media->interval_us + media->interval_us;
    return true;
}

static void set_colours(struct media *media)
{
    const AVFrame *frame = media->frame;
    int matrix = SWS_CS_ITU601;
    if (frame->colorspace == AVCOL_SPC_BT709 ||
        (frame->colorspace == AVCOL_SPC_UNSPECIFIED && frame->height >= 720))
        matrix = SWS_CS_ITU709;
    int full_range = frame->color_range == AVCOL_RANGE_JPEG;
    (void)sws_setColorspaceDetails(media->scaler, sws_getCoefficients(matrix), full_range,
                                   sws_getCoefficients(SWS_CS_DEFAULT), 1, 0, 1 << 16, 1 << 16);
}

static enum ov_status ensure_rgb(struct media *media, size_t size)
{
    if (media->rgb.size >= size)
        return OV_OK;
    ov_secret_free(&media->rgb);
    return ov_secret_new(&media->rgb, size);
}

static enum ov_status convert(struct media *media, struct ov_image *ret_image, struct ov_error *err)
{
    const AVFrame *frame = media->frame;
    int stride = FFALIGN(frame->width * 3, RGB_ALIGN);
    struct ov_image image = OV_IMAGE_INIT;
    media->scaler = sws_getCachedContext(media->scaler, frame->width, frame->height, frame->format,
                                         frame->width, frame->height, AV_PIX_FMT_RGB24,
                                         SWS_BILINEAR, NULL, NULL, NULL);
    if (media->scaler == NULL)
        return ov_fail(err, OV_ERR_INVALID, "source.pixels",
                       "the pictures of %s have a form that cannot be converted", media->shown);
    if (ensure_rgb(media, (size_t)stride * (size_t)frame->height + RGB_ALIGN) != OV_OK ||
        ov_image_new(&image, frame->width, frame->height) != OV_OK)
        return ov_fail(err, OV_ERR_NOMEM, "memory", "out of memory for a picture");
    set_colours(media);
    uint8_t *planes[4] = {media->rgb.data, NULL, NULL, NULL};
    const int strides[4] = {stride, 0, 0, 0};
    (void)sws_scale(media->scaler, (const uint8_t *const *)frame->data, frame->linesize, 0,
                    frame->height, planes, strides);
    size_t row = (size_t)frame->width * 3;
    for (int y = 0; y < frame->height; y++)
        memcpy(image.pixels.data + (size_t)y * row, media->rgb.data + (size_t)y * (size_t)stride,
               row);
    *ret_image = image;
    return OV_OK;
}

/* Reads on until a packet of the video has gone into the decoder, or its end. */
static int feed(struct media *media)
{
    int rc = 0;
    for (;;) {
        if (media->interrupt.deadline_us != 0)
            media->interrupt.deadline_us = now_us() + STREAM_TIMEOUT_US;
        rc = av_read_frame(media->format, media->packet);
        if (rc < 0)
            break;
        bool is_ours = media->packet->stream_index == media->stream;
        if (is_ours)
            rc = avcodec_send_packet(media->decoder, media->packet);
        av_packet_unref(media->packet);
        if (is_ours)
            return rc;
        if (on_interrupt(&media->interrupt))
            return AVERROR_EXIT;
    }
    if (rc == AVERROR_EOF && !media->is_live)
        return avcodec_send_packet(media->decoder, NULL);
    return rc;
}

static enum ov_status at_end(const struct media *media, struct ov_error *err)
{
    if (media->is_live)
        return ov_fail(err, OV_ERR_UNAVAILABLE, "source.ended", "%s has ended the stream",
                       media->shown);
    if (media->decoded == 0)
        return ov_fail(err, OV_ERR_INVALID, "source.not_video",
                       "%s holds no picture that can be read (damaged or cut short)", media->shown);
    return OV_ERR_CLOSED;
}

enum ov_status media_next(struct media *media, struct ov_image *ret_image, int64_t *ret_media_us,
                          struct ov_error *err)
{
    while (!was_asked_to_stop(&media->interrupt)) {
        int rc = avcodec_receive_frame(media->decoder, media->frame);
        if (rc == 0) {
            media->damaged_in_a_row = 0;
            int64_t at_us = time_of(media);
            media->decoded++;
            if (!is_due(media, at_us))
                continue;
            *ret_media_us = at_us;
            enum ov_status status = convert(media, ret_image, err);
            av_frame_unref(media->frame);
            return status;
        }
        if (rc == AVERROR(EAGAIN))
            rc = feed(media);
        if (rc == AVERROR_EOF)
            return at_end(media, err);
        if (rc >= 0)
            continue;
        /* A damaged packet costs a picture, not the stream. */
        if (rc != AVERROR_INVALIDDATA || ++media->damaged_in_a_row > DAMAGED_IN_A_ROW_MAX)
            return media_fail(err, rc, &media->interrupt, "cannot read", media->shown);
    }
    return OV_ERR_CLOSED;
}

void media_close(struct media *media)
{
    if (media == NULL)
        return;
    av_frame_free(&media->frame);
    av_packet_free(&media->packet);
    avcodec_free_context(&media->decoder);
    avformat_close_input(&media->format);
    sws_freeContext(media->scaler);
    ov_secret_free(&media->rgb);
    ov_wipe(media->shown, sizeof(media->shown));
    free(media);
}
