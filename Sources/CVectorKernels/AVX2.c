#include "Kernels.h"

// 256-bit kernels. Functions carry the target themselves, so that the rest of the program needs no flag.

#if defined(__x86_64__)
#include <immintrin.h>

#define AVX2 __attribute__((target("avx2")))

static bool is_available(void) { return __builtin_cpu_supports("avx2"); }

AVX2 static inline int32_t horizontal_sum(__m256i sum) {
    __m128i half = _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
    half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0x4e));
    half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0xb1));
    return _mm_cvtsi128_si32(half);
}

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

/// Keys of eight entries: `entry_key`, eight times. `factors` are below 2^15.
AVX2 static inline __m256i eight_keys(
    const vector_scan_query *query, __m256i sums, __m128i factors, const uint8_t *bases, int32_t centroid) {
    __m256i signed_sums = _mm256_sll_epi32(sums, _mm_cvtsi32_si128((int)query->magnitude_shift + 1));
    signed_sums = _mm256_sub_epi32(signed_sums, _mm256_set1_epi32(query->magnitude_sum << query->magnitude_shift));
    __m128i product_shift = _mm_cvtsi32_si128((int)query->product_shift);
    if (query->product_shift) signed_sums = _mm256_sra_epi32(signed_sums, product_shift);
    __m256i part = _mm256_srai_epi32(_mm256_mullo_epi32(_mm256_cvtepu16_epi32(factors), signed_sums), 7);
    if (query->product_shift) part = _mm256_sll_epi32(part, product_shift);
    part = _mm256_add_epi32(part, _mm256_set1_epi32(centroid));
    // The weight is 1 or 2.
    if (query->weight == 2) part = _mm256_slli_epi32(part, 1);
    return _mm256_sub_epi32(_mm256_loadu_si256((const __m256i *)bases), part);
}

/// Which of eight keys are above a limit, a bit each.
AVX2 static inline uint32_t above(__m256i keys, __m256i limit) {
    return (uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(_mm256_cmpgt_epi32(keys, limit)));
}

/// Sums of a chunk as 16-bit numbers.
///
/// `both` has the even bytes with the odd ones above them, `odd` the odd ones alone; a lane's sum is at most
/// 256 x 248 < 2^16, so that the difference is exact.
typedef struct {
    __m256i both, odd;
} chunk_sums;

/// What two planes add up to, at most 2 x 4 x 31 < 2^8: a shuffle looks 32 nibbles up at once.
AVX2 static inline __m256i plane_sums(const uint8_t *planes, __m256i low_table, __m256i high_table) {
    const __m256i nibble = _mm256_set1_epi8(15);
    __m256i codes = _mm256_loadu_si256((const __m256i *)planes);
    __m256i low = _mm256_shuffle_epi8(low_table, _mm256_and_si256(codes, nibble));
    __m256i high = _mm256_shuffle_epi8(high_table, _mm256_and_si256(_mm256_srli_epi16(codes, 4), nibble));
    return _mm256_add_epi8(low, high);
}

AVX2 static inline void widen(chunk_sums *sums, __m256i bytes) {
    sums->both = _mm256_add_epi16(sums->both, bytes);
    sums->odd = _mm256_add_epi16(sums->odd, _mm256_srli_epi16(bytes, 8));
}

/// Sums of `count` chunks, 1 or 2, which share what is loaded of the table; `span` pairs of planes fit a byte.
AVX2 static inline __attribute__((always_inline)) void sum_planes(
    const vector_scan_query *query, const uint8_t *chunks, int count, uint32_t span, chunk_sums *sums) {
    const __m256i *table = (const __m256i *)query->table;
    size_t next = vector_chunk_bytes(query->plane_count);
    uint32_t pairs = query->plane_count / 2, pair = 0;
    for (int chunk = 0; chunk < count; chunk++) sums[chunk].both = sums[chunk].odd = _mm256_setzero_si256();
    for (; pair + span <= pairs; pair += span) {
        __m256i bytes[2] = {_mm256_setzero_si256(), _mm256_setzero_si256()};
        for (uint32_t one = pair; one < pair + span; one++) {
            __m256i low = _mm256_loadu_si256(table + 2 * one), high = _mm256_loadu_si256(table + 2 * one + 1);
            for (int chunk = 0; chunk < count; chunk++) {
                __m256i more = plane_sums(chunks + chunk * next + one * 2 * VECTOR_CHUNK, low, high);
                bytes[chunk] = one == pair ? more : _mm256_add_epi8(bytes[chunk], more);
            }
        }
        for (int chunk = 0; chunk < count; chunk++) widen(&sums[chunk], bytes[chunk]);
    }
    for (; pair < pairs; pair++) {
        __m256i low = _mm256_loadu_si256(table + 2 * pair), high = _mm256_loadu_si256(table + 2 * pair + 1);
        for (int chunk = 0; chunk < count; chunk++) {
            widen(&sums[chunk], plane_sums(chunks + chunk * next + pair * 2 * VECTOR_CHUNK, low, high));
        }
    }
}

/// Keys of a chunk whose planes are summed.
AVX2 static inline uint32_t finish_keys(
    const vector_scan_query *query, chunk_sums sums, const uint8_t *chunk, int32_t centroid, int32_t limit, int32_t *keys) {
    __m256i even = _mm256_sub_epi16(sums.both, _mm256_slli_epi16(sums.odd, 8));
    // Entries 0 2 4 ... and 1 3 5 ..., of even planes in the low half and of odd planes in the high one.
    __m256i first = _mm256_unpacklo_epi16(even, sums.odd), second = _mm256_unpackhi_epi16(even, sums.odd);
    __m256i low = _mm256_add_epi32(
        _mm256_cvtepu16_epi32(_mm256_castsi256_si128(first)), _mm256_cvtepu16_epi32(_mm256_extracti128_si256(first, 1)));
    __m256i high = _mm256_add_epi32(
        _mm256_cvtepu16_epi32(_mm256_castsi256_si128(second)),
        _mm256_cvtepu16_epi32(_mm256_extracti128_si256(second, 1)));
    const uint8_t *numbers = chunk + query->plane_count * VECTOR_CHUNK, *bases = numbers + 2 * VECTOR_CHUNK;
    const __m256i bound = _mm256_set1_epi32(limit);
    __m256i factors = _mm256_and_si256(_mm256_loadu_si256((const __m256i *)numbers), _mm256_set1_epi16(0x7fff));
    low = eight_keys(query, low, _mm256_castsi256_si128(factors), bases, centroid);
    high = eight_keys(query, high, _mm256_extracti128_si256(factors, 1), bases + 32, centroid);
    uint32_t mask = ~(above(low, bound) | above(high, bound) << 8) & 0xffff;
    if (mask) {
        _mm256_storeu_si256((__m256i *)keys, low);
        _mm256_storeu_si256((__m256i *)(keys + 8), high);
    }
    return mask;
}

// A function for each span, since a loop of a length known beforehand is the point of it.
#define SPAN(span) \
    AVX2 static inline uint32_t chunk_keys_##span( \
        const vector_scan_query *query, const uint8_t *chunk, int32_t centroid, int32_t limit, int32_t *keys) { \
        chunk_sums sums[1]; \
        sum_planes(query, chunk, 1, span, sums); \
        return finish_keys(query, sums[0], chunk, centroid, limit, keys); \
    } \
    AVX2 static inline uint32_t pair_keys_##span( \
        const vector_scan_query *query, const uint8_t *chunks, int32_t centroid, int32_t limit, int32_t *keys) { \
        const uint8_t *second = chunks + vector_chunk_bytes(query->plane_count); \
        chunk_sums sums[2]; \
        sum_planes(query, chunks, 2, span, sums); \
        uint32_t mask = finish_keys(query, sums[1], second, centroid, limit, keys + VECTOR_CHUNK) << VECTOR_CHUNK; \
        return mask | finish_keys(query, sums[0], chunks, centroid, limit, keys); \
    }
SPAN(1)
SPAN(2)
SPAN(4)

AVX2 static void scan_lists(
    const vector_scan_query *query, const vector_list *lists, size_t count, vector_selection *selection) {
    switch (query->span) {
    case 4: return walk_lists(chunk_keys_4, pair_keys_4, query, lists, count, selection);
    case 2: return walk_lists(chunk_keys_2, pair_keys_2, query, lists, count, selection);
    default: return walk_lists(chunk_keys_1, pair_keys_1, query, lists, count, selection);
    }
}

AVX2 static void residual(
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

AVX2 static void add(const int8_t *row, size_t dimension, int32_t *sums) {
    for (size_t index = 0; index < dimension; index++) sums[index] += row[index];
}

const vector_kernels avx2_kernels = {
    "avx2", is_available, dot, dot_rows, dot_rows_at, scan_lists, residual, add};

// 512-bit dot products by VNNI. The rest stays at 256 bits: a chunk of codes is 16 entries wide.

#define AVX512 __attribute__((target("avx2,avx512f,avx512bw,avx512vnni")))

static bool is_wide_available(void) {
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
        && __builtin_cpu_supports("avx512vnni");
}

/// Row bytes plus 128 are unsigned; what that adds is 128 times the sum of the query, taken off again.
AVX512 static int32_t wide_dot(const int8_t *query, const int8_t *row, size_t dimension) {
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

AVX512 static void wide_dot_rows(const int8_t *query, const int8_t *rows, size_t count, size_t dimension, int32_t *out) {
    for (size_t row = 0; row < count; row++) out[row] = wide_dot(query, rows + row * dimension, dimension);
}

AVX512 static void wide_dot_rows_at(
    const int8_t *query, const int8_t *const *rows, size_t count, size_t dimension, int32_t *out) {
    walk_rows(wide_dot, query, rows, count, dimension, out);
}

const vector_kernels avx512_kernels = {
    "avx512vnni", is_wide_available, wide_dot, wide_dot_rows, wide_dot_rows_at, scan_lists, residual, add};
#endif
