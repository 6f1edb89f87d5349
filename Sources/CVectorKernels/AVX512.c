#if defined(__x86_64__)
#include "AVX2.h"

// 512-bit dot products by VNNI. The rest stays at 256 bits: a chunk of codes is 16 entries wide.

// Where its instructions are emulated (deploy/kernels), it is another.
#ifndef AVX512
#define AVX512 __attribute__((target("avx2,avx512f,avx512bw,avx512vnni")))
#endif

static bool is_available(void) {
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
        && __builtin_cpu_supports("avx512vnni");
}

/// Row bytes plus 128 are unsigned; what that adds is 128 times the sum of the query, taken off again.
AVX512 static int32_t dot(const int8_t *query, const int8_t *row, size_t dimension) {
    const __m512i offset = _mm512_set1_epi8((char)0x80);
    __m512i sum = _mm512_setzero_si512(), excess = sum;
    for (size_t index = 0; index < dimension; index += 64) {
        size_t rest = dimension - index;
        __mmask64 mask = rest >= 64 ? ~(__mmask64)0 : (((__mmask64)1 << rest) - 1);
        __m512i factors = _mm512_maskz_loadu_epi8(mask, query + index);
        __m512i bytes = _mm512_xor_si512(_mm512_maskz_loadu_epi8(mask, row + index), offset);
        sum = _mm512_dpbusd_epi32(sum, bytes, factors);
        excess = _mm512_dpbusd_epi32(excess, offset, factors);
    }
    return _mm512_reduce_add_epi32(_mm512_sub_epi32(sum, excess));
}

AVX512 static void dot_rows(const int8_t *query, const int8_t *rows, size_t count, size_t dimension, int32_t *out) {
    for (size_t row = 0; row < count; row++) out[row] = dot(query, rows + row * dimension, dimension);
}

AVX512 static void dot_rows_at(
    const int8_t *query, const int8_t *const *rows, size_t count, size_t dimension, int32_t *out) {
    walk_rows(dot, query, rows, count, dimension, out);
}

const vector_kernels avx512_kernels = {
    "avx512vnni", is_available, dot, dot_rows, dot_rows_at, avx2_scan_lists, avx2_offer, avx2_trim, avx2_sort,
    avx2_residual, avx2_add};
#endif
