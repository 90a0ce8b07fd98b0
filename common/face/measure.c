/*
 * Quality of one face. Pixels in secret memory, wiped; otherwise pure functions; any thread.
 *
 * Brightness, contrast and sharpness are taken from the aligned face, so that hair, hat and
 * background do not count, at the resolution that the embedder sees or the picture's own, whichever
 * is less: a small face is not blurred because it is small (eye distance speaks to that).
 */
#include "common/face/measure.h"

#include <math.h>
#include <string.h>

#include "common/face/align.h"

#define SIDE_MIN_PX 32
#define DEGREES 57.29578f
/* The middle of the aligned face, brows to chin, as shares of its side. */
#define INNER_LEFT 0.22f
#define INNER_RIGHT 0.78f
#define INNER_TOP 0.32f
#define INNER_BOTTOM 0.94f
/* The ratio of edge to total variance at which sharpness is one half: about what a
 * face has in a good picture. */
#define SHARPNESS_HALF 0.06f
/* What the six-point head reads for people who look straight ahead. Measured on LFW. */
#define PITCH_OFFSET_DEG 0.0f
/* A landmark or box this far outside, as a share of the box's side, means a face cut off. */
#define OUTSIDE_SHARE 0.02f

/* ---- pose ---- */

/* A generic head, facing +z, y up: nose tip, chin, outer eye corners, mouth corners. */
static const int head_indices[6] = {30, 8, 36, 45, 48, 54};
static const double head[6][3] = {{0, 0, 0},        {0, -330, -65},     {-225, 170, -135},
                                  {225, 170, -135}, {-150, -150, -125}, {150, -150, -125}};

static double dot3(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static void cross3(const double a[3], const double b[3], double out[3])
{
    out[0] = a[1] * b[2] - a[2] * b[1];
    out[1] = a[2] * b[0] - a[0] * b[2];
    out[2] = a[0] * b[1] - a[1] * b[0];
}

/* Solves the 3x3 system whose rows are given (Cramer); the head's points span space, so it can. */
static void solve3(double rows[3][3], const double right[3], double out[3])
{
    double c01[3], c12[3], c20[3];
    cross3(rows[0], rows[1], c01);
    cross3(rows[1], rows[2], c12);
    cross3(rows[2], rows[0], c20);
    double determinant = dot3(rows[0], c12);
    for (int i = 0; i < 3; i++)
        out[i] = (right[0] * c12[i] + right[1] * c20[i] + right[2] * c01[i]) / determinant;
}

static void head_mean(double mean[3])
{
    for (int axis = 0; axis < 3; axis++) {
        mean[axis] = 0.0;
        for (int i = 0; i < 6; i++)
            mean[axis] += head[i][axis] / 6.0;
    }
}

/*
 * The least-squares affine map from the head to the picture: under weak perspective its two rows
 * are the first two rows of scale times rotation (DeMenthon and Davis 1995, the first step of
 * POSIT).
 */
static void fit_head(const struct ov_point landmarks[68], double across[3], double down[3])
{
    double mean[3];
    head_mean(mean);
    double square[3][3] = {{0}}, right_x[3] = {0}, right_y[3] = {0};
    for (int i = 0; i < 6; i++) {
        const struct ov_point *point = &landmarks[head_indices[i]];
        double from[3] = {head[i][0] - mean[0], head[i][1] - mean[1], head[i][2] - mean[2]};
        for (int r = 0; r < 3; r++) {
            for (int c = 0; c < 3; c++)
                square[r][c] += from[r] * from[c];
            right_x[r] += from[r] * (double)point->x;
            right_y[r] += from[r] * (double)point->y;
        }
    }
    solve3(square, right_x, across);
    solve3(square, right_y, down);
}

static bool make_unit(double v[3])
{
    double length = sqrt(dot3(v, v));
    if (!(length > 1e-12))
        return false;
    for (int i = 0; i < 3; i++)
        v[i] /= length;
    return true;
}

void ov_pose_from_landmarks(const struct ov_point landmarks[68], float *ret_yaw_deg,
                            float *ret_pitch_deg)
{
    double across[3], down[3], depth[3];
    *ret_yaw_deg = 90.0f; /* points that make no head count as turned away */
    *ret_pitch_deg = 90.0f;
    fit_head(landmarks, across, down);
    if (!make_unit(across))
        return;
    double along = dot3(across, down);
    for (int i = 0; i < 3; i++)
        down[i] -= along * across[i];
    if (!make_unit(down))
        return;
    cross3(across, down, depth);
    /* The third column is where the face looks: x right, y down, z away from the camera. */
    *ret_yaw_deg = (float)atan2(across[2], -depth[2]) * DEGREES;
    *ret_pitch_deg =
        (float)atan2(-down[2], hypot(across[2], depth[2])) * DEGREES - PITCH_OFFSET_DEG;
}

/* ---- pixels ---- */

/*
 * Focus as the energy of second derivatives against the energy of the whole picture: the variance
 * of the Laplacian (Pech-Pacheco et al., ICPR 2000, "Diatom autofocusing in brightfield
 * microscopy") over the variance of luminance, which makes it independent of contrast, after a 3x3
 * binomial filter, which keeps sensor noise from passing for detail. The Laplacian is taken apart:
 * twice the weaker of its two directions counts, because motion blurs along one direction only. The
 * ratio r becomes r / (r + SHARPNESS_HALF).
 */
static float smooth_at(const float *luma, int width, int x, int y)
{
    static const float weight[3] = {0.25f, 0.5f, 0.25f};
    float sum = 0.0f;
    for (int dy = -1; dy <= 1; dy++) {
        for (int dx = -1; dx <= 1; dx++)
            sum += weight[dy + 1] * weight[dx + 1] * luma[(y + dy) * width + x + dx];
    }
    return sum;
}

static float second_derivative_at(const float *luma, int width, int x, int y, int dx, int dy)
{
    return smooth_at(luma, width, x - dx, y - dy) + smooth_at(luma, width, x + dx, y + dy) -
           2.0f * smooth_at(luma, width, x, y);
}

struct moments {
    double sum, square;
};

static void moments_add(struct moments *moments, float value)
{
    moments->sum += (double)value;
    moments->square += (double)value * (double)value;
}

static double moments_variance(const struct moments *moments, int count)
{
    double mean = moments->sum / count;
    return moments->square / count - mean * mean;
}

float ov_sharpness(const float *luma, int width, int height)
{
    struct moments level = {0.0, 0.0}, across = {0.0, 0.0}, down = {0.0, 0.0};
    int count = 0;
    for (int y = 2; y < height - 2; y++) {
        for (int x = 2; x < width - 2; x++) {
            moments_add(&level, luma[y * width + x]);
            moments_add(&across, second_derivative_at(luma, width, x, y, 1, 0));
            moments_add(&down, second_derivative_at(luma, width, x, y, 0, 1));
            count++;
        }
    }
    if (count == 0)
        return 0.0f;
    double variance = moments_variance(&level, count);
    if (variance < 1.0) /* less than a grey level: nothing to be sharp */
        return 0.0f;
    double weaker = fmin(moments_variance(&across, count), moments_variance(&down, count));
    float ratio = (float)(2.0 * weaker / variance);
    return ratio > 0.0f ? ratio / (ratio + SHARPNESS_HALF) : 0.0f;
}

static void mean_and_deviation(const float *luma, int count, float *ret_mean, float *ret_deviation)
{
    double sum = 0.0, square = 0.0;
    for (int i = 0; i < count; i++) {
        sum += (double)luma[i];
        square += (double)luma[i] * (double)luma[i];
    }
    double mean = sum / count;
    double variance = square / count - mean * mean;
    *ret_mean = (float)(mean / 255.0);
    *ret_deviation = (float)(sqrt(variance > 0.0 ? variance : 0.0) / 255.0);
}

/* Luminance (BT.601) of the inner face, packed; returns its width and height. */
static void inner_luma(const uint8_t *rgb, int side, float *out, int *ret_width, int *ret_height)
{
    int left = (int)(INNER_LEFT * (float)side), right = (int)(INNER_RIGHT * (float)side);
    int top = (int)(INNER_TOP * (float)side), bottom = (int)(INNER_BOTTOM * (float)side);
    for (int y = top; y < bottom; y++) {
        for (int x = left; x < right; x++) {
            const uint8_t *pixel = rgb + (size_t)3 * (size_t)(y * side + x);
            *out++ = 0.299f * (float)pixel[0] + 0.587f * (float)pixel[1] + 0.114f * (float)pixel[2];
        }
    }
    *ret_width = right - left;
    *ret_height = bottom - top;
}

/* The aligned face's side: the picture's own resolution, at most the embedder's. */
static int native_side(const struct ov_point five[5])
{
    struct ov_similarity to_picture;
    if (ov_similarity_fit(&to_picture, ov_align_template(), five, 5) != OV_OK)
        return SIDE_MIN_PX;
    float side = (float)OV_ALIGNED_SIDE_PX * ov_similarity_scale(&to_picture);
    if (!(side > (float)SIDE_MIN_PX))
        return SIDE_MIN_PX;
    return side < (float)OV_ALIGNED_SIDE_PX ? (int)side : OV_ALIGNED_SIDE_PX;
}

static enum ov_status measure_pixels(const struct ov_image *image, const struct ov_face *face,
                                     struct ov_quality *quality)
{
    int side = native_side(face->five);
    size_t pixels = (size_t)side * (size_t)side;
    struct ov_secret rgb = OV_SECRET_INIT, luma = OV_SECRET_INIT;
    enum ov_status status = ov_secret_new(&rgb, 3 * pixels);
    if (status == OV_OK)
        status = ov_secret_new(&luma, pixels * sizeof(float));
    if (status == OV_OK)
        status = ov_align_face(image, face->five, side, rgb.data);
    if (status == OV_OK) {
        float *values = (float *)(void *)luma.data;
        int width, height;
        inner_luma(rgb.data, side, values, &width, &height);
        mean_and_deviation(values, width * height, &quality->brightness, &quality->contrast);
        quality->sharpness = ov_sharpness(values, width, height);
    }
    ov_secret_free(&rgb);
    ov_secret_free(&luma);
    return status;
}

/* ---- geometry ---- */

static bool reaches_outside(const struct ov_image *image, const struct ov_face *face)
{
    const struct ov_box *box = &face->box;
    float room_x = OUTSIDE_SHARE * box->width, room_y = OUTSIDE_SHARE * box->height;
    float right = (float)image->width + room_x, bottom = (float)image->height + room_y;
    if (box->left < -room_x || box->top < -room_y || box->left + box->width > right ||
        box->top + box->height > bottom)
        return true;
    for (int i = 0; i < 68; i++) {
        const struct ov_point *point = &face->landmarks[i];
        if (point->x < -room_x || point->y < -room_y || point->x > right || point->y > bottom)
            return true;
    }
    return false;
}

enum ov_status ov_quality_measure(const struct ov_image *image, struct ov_face *face,
                                  struct ov_error *err)
{
    struct ov_quality *quality = &face->quality;
    memset(quality, 0, sizeof *quality);
    float dx = face->five[1].x - face->five[0].x;
    float dy = face->five[1].y - face->five[0].y;
    quality->eye_distance_px = sqrtf(dx * dx + dy * dy);
    quality->roll_deg = atan2f(dy, dx) * DEGREES;
    ov_pose_from_landmarks(face->landmarks, &quality->yaw_deg, &quality->pitch_deg);
    face->cut_off = reaches_outside(image, face);
    quality->cut_off = face->cut_off;
    enum ov_status status = measure_pixels(image, face, quality);
    if (status == OV_ERR_NOMEM)
        return ov_fail(err, status, "memory", "out of memory measuring a face");
    /* Points that make no face leave the pixels unmeasured: the gates then refuse it. */
    return OV_OK;
}
