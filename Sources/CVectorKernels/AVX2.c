#if defined(__x86_64__)
#include "AVX2.h"

// Dot products and residuals by 256-bit registers.

static bool is_available(void) { return __builtin_cpu_supports("avx2"); }

/// 32 products: magnitudes of the query by the row's bytes with the query's signs. A pair is at most 2 x 127^2 < 2^15.
AVX2 static inline __m256i products(const int8_t *query, const int8_t *row) {
    __m256i factors = _mm256_loadu_si256((const __m256i *)query);
    __m256i bytes = _mm256_sign_epi8(_mm256_loadu_si256((const __m256i *)row), factors);
    return _mm256_maddubs_epi16(_mm256_abs_epi8(factors), bytes);
}

AVX2 static int32_t dot(const int8_t *query, const int8_t *row, size_t dimension) {
    const __m256i ones = _mm256_set1_epi16(1);
    __m256i first = _mm256_setzero_si256(), second = first;
    size_t index = 0;
    for (; index + 64 <= dimension; index += 64) {
        first = _mm256_add_epi32(first, _mm256_madd_epi16(products(query + index, row + index), ones));
        second = _mm256_add_epi32(second, _mm256_madd_epi16(products(query + index + 32, row + index + 32), ones));
    }
    if (index + 32 <= dimension) {
        first = _mm256_add_epi32(first, _mm256_madd_epi16(products(query + index, row + index), ones));
        index += 32;
    }
    int32_t sum = horizontal_sum(_mm256_add_epi32(first, second));
    for (; index < dimension; index++) sum += (int32_t)query[index] * (int32_t)row[index];
    return sum;
}

/// Four rows at a time share what is loaded of the query.
AVX2 static void dot_rows(const int8_t *query, const int8_t *rows, size_t count, size_t dimension, int32_t *out) {
    const __m256i ones = _mm256_set1_epi16(1);
    size_t row = 0;
    for (; row + 4 <= count; row += 4) {
        const int8_t *start = rows + row * dimension;
        __m256i sums[4];
        for (int lane = 0; lane < 4; lane++) sums[lane] = _mm256_setzero_si256();
        size_t index = 0;
        for (; index + 32 <= dimension; index += 32) {
            __m256i factors = _mm256_loadu_si256((const __m256i *)(query + index));
            __m256i magnitudes = _mm256_abs_epi8(factors);
            for (int lane = 0; lane < 4; lane++) {
                __m256i bytes = _mm256_loadu_si256((const __m256i *)(start + lane * dimension + index));
                __m256i pairs = _mm256_maddubs_epi16(magnitudes, _mm256_sign_epi8(bytes, factors));
                sums[lane] = _mm256_add_epi32(sums[lane], _mm256_madd_epi16(pairs, ones));
            }
        }
        for (int lane = 0; lane < 4; lane++) {
            int32_t sum = horizontal_sum(sums[lane]);
            for (size_t rest = index; rest < dimension; rest++) {
                sum += (int32_t)query[rest] * (int32_t)start[lane * dimension + rest];
            }
            out[row + lane] = sum;
        }
    }
    for (; row < count; row++) out[row] = dot(query, rows + row * dimension, dimension);
}

AVX2 static void dot_rows_at(
    const int8_t *query, const int8_t *const *rows, size_t count, size_t dimension, int32_t *out) {
    walk_rows(dot, query, rows, count, dimension, out);
}

AVX2 void avx2_residual(
    const int8_t *row, const int8_t *centroid, size_t dimension, uint32_t plane_count, uint8_t *bits, int64_t *sums) {
    const __m256i zero = _mm256_setzero_si256(), ones = _mm256_set1_epi16(1);
    __m256i squares = zero, magnitudes = zero, centroids = zero, signed_centroids = zero, norm = zero;
    size_t index = 0;
    for (uint32_t plane = 0; plane < plane_count; plane++) bits[plane] = 0xff;
    for (; index + 16 <= dimension; index += 16) {
        __m256i x = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(row + index)));
        __m256i c = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(centroid + index)));
        __m256i difference = _mm256_sub_epi16(x, c);
        // -1 where the difference is negative, 1 elsewhere.
        __m256i sign = _mm256_or_si256(_mm256_cmpgt_epi16(zero, difference), ones);
        __m128i negative = _mm_packs_epi16(
            _mm256_castsi256_si128(difference), _mm256_extracti128_si256(difference, 1));
        int mask = ~_mm_movemask_epi8(negative);
        bits[index / 8] = (uint8_t)mask;
        bits[index / 8 + 1] = (uint8_t)(mask >> 8);
        squares = _mm256_add_epi32(squares, _mm256_madd_epi16(difference, difference));
        magnitudes = _mm256_add_epi32(magnitudes, _mm256_madd_epi16(difference, sign));
        centroids = _mm256_add_epi32(centroids, _mm256_madd_epi16(difference, c));
        signed_centroids = _mm256_add_epi32(signed_centroids, _mm256_madd_epi16(sign, c));
        norm = _mm256_add_epi32(norm, _mm256_madd_epi16(x, x));
    }
    int32_t totals[SUM_COUNT] = {
        horizontal_sum(squares), horizontal_sum(magnitudes), horizontal_sum(centroids),
        horizontal_sum(signed_centroids), horizontal_sum(norm),
    };
    for (; index < dimension; index++) {
        int32_t difference = row[index] - centroid[index];
        int32_t sign = difference < 0 ? -1 : 1;
        if (difference < 0) bits[index / 8] &= (uint8_t)~(1 << (index % 8));
        totals[SUM_SQUARES] += difference * difference;
        totals[SUM_MAGNITUDES] += sign * difference;
        totals[SUM_CENTROID] += difference * centroid[index];
        totals[SUM_SIGNED_CENTROID] += sign * centroid[index];
        totals[SUM_NORM] += row[index] * row[index];
    }
    for (int sum = 0; sum < SUM_COUNT; sum++) sums[sum] = totals[sum];
}

AVX2 void avx2_add(const int8_t *row, size_t dimension, int32_t *sums) {
    for (size_t index = 0; index < dimension; index++) sums[index] += row[index];
}

const vector_kernels avx2_kernels = {
    "avx2", is_available, dot, dot_rows, dot_rows_at, avx2_scan_lists, avx2_offer, avx2_trim, avx2_sort, avx2_residual,
    avx2_add};
#endif
