/*
 * Memory for the inference library's tensors: out of core dumps, wiped when given back, and kept
 * for the next run, whose tensors have the same sizes. Private to common/face. Any thread.
 *
 * Unlike ov_secret it is not locked into RAM: tensors are tens of megabytes and would use up the
 * lock limit that keys need.
 */
#ifndef OVERT_COMMON_FACE_INFER_MEMORY_H
#define OVERT_COMMON_FACE_INFER_MEMORY_H

#include <stddef.h>

/* Aligned to 64 bytes; not zeroed. NULL when memory is out. Size 0 gives a block too. */
void *ov_infer_memory_alloc(size_t size);
/* Wipes and keeps the block for reuse; takes NULL. */
void ov_infer_memory_free(void *block);

#endif
