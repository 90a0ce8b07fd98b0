/* See video.h. */
#include "tests/integration/capture/video.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libswscale/swscale.h>

#include "common/base/file.h"

struct writer {
    AVFormatContext *format;
    AVCodecContext *encoder;
    AVStream *stream;
    AVFrame *frame;
    AVPacket *packet;
    struct SwsContext *scaler;
};

void video_picture(const char *photo, int width, struct ov_image *ret_picture)
{
    struct ov_secret data = OV_SECRET_INIT;
    struct ov_image image = OV_IMAGE_INIT;
    assert_non_null(photo);
    assert_int_equal(ov_file_read_secret(photo, 64u << 20, &data, NULL), OV_OK);
    assert_int_equal(ov_jpeg_decode(&image, data.data, data.size, 0, NULL), OV_OK);
    int height = image.height * width / image.width;
    assert_int_equal(ov_image_resize(ret_picture, &image, width, height), OV_OK);
    ov_image_free(&image);
    ov_secret_free(&data);
}

static bool open_writer(struct writer *writer, const char *path, const struct video_shape *shape)
{
    const AVCodec *codec = avcodec_find_encoder_by_name(shape->encoder);
    if (codec == NULL || avformat_alloc_output_context2(&writer->format, NULL, NULL, path) < 0 ||
        (writer->encoder = avcodec_alloc_context3(codec)) == NULL ||
        (writer->stream = avformat_new_stream(writer->format, NULL)) == NULL)
        return false;
    AVCodecContext *encoder = writer->encoder;
    encoder->width = shape->width;
    encoder->height = shape->height;
    encoder->time_base = (AVRational){1, shape->fps};
    encoder->framerate = (AVRational){shape->fps, 1};
    encoder->pix_fmt = codec->id == AV_CODEC_ID_MJPEG ? AV_PIX_FMT_YUVJ420P : AV_PIX_FMT_YUV420P;
    encoder->bit_rate = 4000000;
    if (writer->format->oformat->flags & AVFMT_GLOBALHEADER)
        encoder->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    writer->stream->time_base = encoder->time_base;
    writer->frame = av_frame_alloc();
    writer->packet = av_packet_alloc();
    if (writer->frame == NULL || writer->packet == NULL || avcodec_open2(encoder, codec, NULL) < 0)
        return false;
    writer->frame->format = encoder->pix_fmt;
    writer->frame->width = shape->width;
    writer->frame->height = shape->height;
    writer->scaler =
        sws_getContext(shape->width, shape->height, AV_PIX_FMT_RGB24, shape->width, shape->height,
                       encoder->pix_fmt, SWS_BILINEAR, NULL, NULL, NULL);
    return writer->scaler != NULL &&
           avcodec_parameters_from_context(writer->stream->codecpar, encoder) >= 0 &&
           av_frame_get_buffer(writer->frame, 0) >= 0 &&
           avio_open(&writer->format->pb, path, AVIO_FLAG_WRITE) >= 0 &&
           avformat_write_header(writer->format, NULL) >= 0;
}

static bool drain(struct writer *writer)
{
    while (avcodec_receive_packet(writer->encoder, writer->packet) == 0) {
        av_packet_rescale_ts(writer->packet, writer->encoder->time_base, writer->stream->time_base);
        if (av_interleaved_write_frame(writer->format, writer->packet) < 0)
            return false;
    }
    return true;
}

static bool write_picture(struct writer *writer, const struct ov_image *image, int number)
{
    const uint8_t *planes[4] = {image->pixels.data, NULL, NULL, NULL};
    const int strides[4] = {image->width * 3, 0, 0, 0};
    if (av_frame_make_writable(writer->frame) < 0)
        return false;
    (void)sws_scale(writer->scaler, planes, strides, 0, image->height, writer->frame->data,
                    writer->frame->linesize);
    writer->frame->pts = number;
    return avcodec_send_frame(writer->encoder, writer->frame) >= 0 && drain(writer);
}

static void close_writer(struct writer *writer)
{
    if (writer->format != NULL)
        (void)avio_closep(&writer->format->pb);
    avcodec_free_context(&writer->encoder);
    av_frame_free(&writer->frame);
    av_packet_free(&writer->packet);
    sws_freeContext(writer->scaler);
    avformat_free_context(writer->format);
}

bool video_make(const char *path, const struct ov_image *picture, const struct video_shape *shape)
{
    struct writer writer;
    memset(&writer, 0, sizeof(writer));
    bool fine = open_writer(&writer, path, shape);
    for (int i = 0; fine && i < shape->frames; i++) {
        struct ov_image view = OV_IMAGE_INIT;
        fine = ov_image_crop(&view, picture, i % 40, 0, shape->width, shape->height) == OV_OK &&
               write_picture(&writer, &view, i);
        ov_image_free(&view);
    }
    if (fine)
        fine = avcodec_send_frame(writer.encoder, NULL) >= 0 && drain(&writer) &&
               av_write_trailer(writer.format) >= 0;
    close_writer(&writer);
    return fine;
}
