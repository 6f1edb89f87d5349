#ifndef AVX2_H
#define AVX2_H

#include "Kernels.h"

#include <immintrin.h>

// What the 256-bit kernels share. Functions carry the target themselves, so that the rest of the program needs no flag.

#define AVX2 __attribute__((target("avx2")))

AVX2 static inline int32_t horizontal_sum(__m256i sum) {
    __m128i half = _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
    half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0x4e));
    half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0xb1));
    return _mm_cvtsi128_si32(half);
}

// AVX2.c
void avx2_residual(
    const int8_t *row, const int8_t *centroid, size_t dimension, uint32_t plane_count, uint8_t *bits, int64_t *sums);
void avx2_add(const int8_t *row, size_t dimension, int32_t *sums);

// AVX2Scan.c
void avx2_scan_lists(
    const vector_scan_query *query, const vector_list *lists, size_t count, vector_selection *selection);
void avx2_offer(vector_selection *selection, const int32_t *keys, size_t count, uint32_t first);
void avx2_trim(vector_selection *selection);
void avx2_sort(vector_selection *selection, int32_t *keys, uint32_t *ordinals);

#endif
