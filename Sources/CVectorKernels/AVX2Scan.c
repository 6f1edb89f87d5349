#if defined(__x86_64__)
#include "AVX2.h"
#include "Selection.h"

// Selections and the scan of lists by 256-bit registers.

// The steps of a selection, eight keys at a time; what stands behind the last one is INT32_MAX.

_Static_assert(VECTOR_SELECTION_EXCESS >= 8, "steps write and read a whole register behind the last candidate");

AVX2 static void key_range(const int32_t *keys, uint32_t count, int32_t *smallest, int32_t *largest) {
    __m256i least = _mm256_set1_epi32(INT32_MAX), most = _mm256_set1_epi32(keys[0]);
    uint32_t index = 0;
    for (; index + 8 <= count; index += 8) {
        __m256i some = _mm256_loadu_si256((const __m256i *)(keys + index));
        least = _mm256_min_epi32(least, some);
        most = _mm256_max_epi32(most, some);
    }
    int32_t low[8], high[8];
    _mm256_storeu_si256((__m256i *)low, least);
    _mm256_storeu_si256((__m256i *)high, most);
    for (; index < count; index++) {
        low[index % 8] = keys[index] < low[index % 8] ? keys[index] : low[index % 8];
        high[index % 8] = keys[index] > high[index % 8] ? keys[index] : high[index % 8];
    }
    *smallest = low[0];
    *largest = high[0];
    for (int lane = 1; lane < 8; lane++) {
        *smallest = low[lane] < *smallest ? low[lane] : *smallest;
        *largest = high[lane] > *largest ? high[lane] : *largest;
    }
}

AVX2 static uint32_t count_below(const int32_t *keys, uint32_t count, int32_t limit) {
    const __m256i limits = _mm256_set1_epi32(limit);
    __m256i below = _mm256_setzero_si256();
    for (uint32_t index = 0; index < count; index += 8) {
        __m256i some = _mm256_loadu_si256((const __m256i *)(keys + index));
        below = _mm256_sub_epi32(below, _mm256_cmpgt_epi32(limits, some));
    }
    return (uint32_t)horizontal_sum(below);
}

/// 32 ranks at a time, each key compared with all of these.
AVX2 static void rank_keys(const int32_t *keys, uint32_t count, uint32_t *ranks) {
    for (uint32_t start = 0; start < count; start += 32) {
        __m256i some[4], below[4];
        for (int part = 0; part < 4; part++) {
            uint32_t from = start + part * 8 < count ? start + part * 8 : start;
            some[part] = _mm256_loadu_si256((const __m256i *)(keys + from));
            below[part] = _mm256_setzero_si256();
        }
        for (uint32_t index = 0; index < count; index++) {
            __m256i one = _mm256_set1_epi32(keys[index]);
            for (int part = 0; part < 4; part++) {
                below[part] = _mm256_sub_epi32(below[part], _mm256_cmpgt_epi32(some[part], one));
            }
        }
        for (uint32_t part = 0; part < 4 && start + part * 8 < count; part++) {
            _mm256_storeu_si256((__m256i *)(ranks + start + part * 8), below[part]);
        }
    }
}

/// Moves those of eight candidates together whose bits are set, and returns how many they are.
///
/// Without a branch for each, which would be as good as random.
AVX2 static inline uint32_t move_marked(
    vector_selection *selection, uint32_t place, __m256i keys, __m256i ordinals, uint32_t mask) {
    __m256i order = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)set_bits[mask]));
    _mm256_storeu_si256((__m256i *)(selection->keys + place), _mm256_permutevar8x32_epi32(keys, order));
    _mm256_storeu_si256((__m256i *)(selection->ordinals + place), _mm256_permutevar8x32_epi32(ordinals, order));
    return (uint32_t)__builtin_popcount(mask);
}

/// Which of eight keys are above a limit, a bit each.
AVX2 static inline uint32_t above(__m256i keys, __m256i limit) {
    return (uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(_mm256_cmpgt_epi32(keys, limit)));
}

AVX2 static void keep_below(vector_selection *selection, int64_t bound, uint32_t equal) {
    uint32_t kept = 0, count = selection->count;
    // Nothing is below the least of all keys, and all is below what is above the largest.
    const bool is_any_below = bound > INT32_MIN;
    const __m256i limit = _mm256_set1_epi32(is_any_below ? (int32_t)(bound - 1) : 0);
    const __m256i at = _mm256_set1_epi32((int32_t)bound);
    for (uint32_t index = 0; index < count; index += 8) {
        __m256i keys = _mm256_loadu_si256((const __m256i *)(selection->keys + index));
        __m256i ordinals = _mm256_loadu_si256((const __m256i *)(selection->ordinals + index));
        uint32_t held = count - index < 8 ? (1u << (count - index)) - 1 : 0xff;
        uint32_t mask = ~above(keys, limit) & (is_any_below ? held : 0);
        if (equal) {
            uint32_t marked = (uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(_mm256_cmpeq_epi32(keys, at))) & held;
            for (; marked && equal; marked &= marked - 1, equal--) mask |= marked & -marked;
        }
        kept += move_marked(selection, kept, keys, ordinals, mask);
    }
    selection->count = kept;
}

AVX2 static void append_keys(vector_selection *selection, const int32_t *keys, uint32_t count, uint32_t first) {
    if (selection->bound == INT32_MIN) return;
    const __m256i limit = _mm256_set1_epi32((int32_t)(selection->bound - 1));
    const __m256i places = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    uint32_t held = selection->count, index = 0;
    for (; index + 8 <= count; index += 8) {
        __m256i some = _mm256_loadu_si256((const __m256i *)(keys + index));
        __m256i ordinals = _mm256_add_epi32(_mm256_set1_epi32((int32_t)(first + index)), places);
        held += move_marked(selection, held, some, ordinals, ~above(some, limit) & 0xff);
    }
    selection->count = held;
    append_each(selection, keys + index, count - index, first + index);
}

static const selection_steps avx2_steps = {key_range, count_below, rank_keys, keep_below, append_keys};

AVX2 void avx2_offer(vector_selection *selection, const int32_t *keys, size_t count, uint32_t first) {
    offer(&avx2_steps, selection, keys, count, first);
}

AVX2 void avx2_trim(vector_selection *selection) { keep_smallest(&avx2_steps, selection, 0); }

AVX2 void avx2_sort(vector_selection *selection, int32_t *keys, uint32_t *ordinals) {
    sort(&avx2_steps, selection, keys, ordinals);
}

/// What a scan needs of its query, in registers.
typedef struct {
    const uint8_t *table;
    size_t plane_count, chunk_bytes;
    /// The sum of all magnitudes, and the same in 16 bits where it fits.
    __m256i magnitude_sum, narrow_sum;
    __m128i sum_shift, part_shift, weight_shift;
} wide_query;

AVX2 static inline wide_query widened(const vector_scan_query *query) {
    return (wide_query){
        .table = query->table,
        .plane_count = query->plane_count,
        .chunk_bytes = vector_chunk_bytes(query->plane_count),
        .magnitude_sum = _mm256_set1_epi32(query->magnitude_sum),
        .narrow_sum = _mm256_set1_epi16((int16_t)query->magnitude_sum),
        .sum_shift = _mm_cvtsi32_si128((int)query->sum_shift),
        .part_shift = _mm_cvtsi32_si128((int)(7 - query->magnitude_shift)),
        // The weight is 1 or 2.
        .weight_shift = _mm_cvtsi32_si128(query->weight - 1),
    };
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
///
/// As many bytes from `ahead` on are asked for on the way.
AVX2 static inline __attribute__((always_inline)) void sum_planes(
    const wide_query *query, const uint8_t *chunks, int count, int span, const uint8_t *ahead, chunk_sums *sums) {
    const uint8_t *table = query->table;
    size_t next = query->chunk_bytes, left = query->plane_count / 2;
    for (int chunk = 0; chunk < count; chunk++) sums[chunk].both = sums[chunk].odd = _mm256_setzero_si256();
    for (; left >= (size_t)span; left -= (size_t)span) {
        __m256i bytes[2];
        for (int pair = 0; pair < span; pair++) {
            __m256i low = _mm256_loadu_si256((const __m256i *)(table + pair * 64));
            __m256i high = _mm256_loadu_si256((const __m256i *)(table + pair * 64 + 32));
            for (int chunk = 0; chunk < count; chunk++) {
                __m256i more = plane_sums(chunks + chunk * next + pair * 32, low, high);
                bytes[chunk] = pair == 0 ? more : _mm256_add_epi8(bytes[chunk], more);
            }
        }
        for (int chunk = 0; chunk < count; chunk++) widen(&sums[chunk], bytes[chunk]);
        for (int line = 0; line < span * count; line += 2) __builtin_prefetch(ahead + line * 32);
        table += span * 64;
        chunks += span * 32;
        ahead += span * count * 32;
    }
    for (; left > 0; left--) {
        __m256i low = _mm256_loadu_si256((const __m256i *)table);
        __m256i high = _mm256_loadu_si256((const __m256i *)(table + 32));
        for (int chunk = 0; chunk < count; chunk++) widen(&sums[chunk], plane_sums(chunks + chunk * next, low, high));
        table += 64;
        chunks += 32;
    }
}

/// Twice a chunk's sums less all magnitudes, shifted: 16 numbers of 16 bits.
AVX2 static inline __m256i signed_sums(const wide_query *query, bool is_narrow, chunk_sums sums) {
    __m256i even = _mm256_sub_epi16(sums.both, _mm256_slli_epi16(sums.odd, 8));
    // Entries 0 to 7 and 8 to 15, of even planes in the low half and of odd planes in the high one.
    __m256i first = _mm256_unpacklo_epi16(even, sums.odd), second = _mm256_unpackhi_epi16(even, sums.odd);
    __m256i even_planes = _mm256_permute2x128_si256(first, second, 0x20);
    __m256i odd_planes = _mm256_permute2x128_si256(first, second, 0x31);
    if (is_narrow) {
        // The difference fits, so it does not matter that what it is made of need not.
        __m256i sum = _mm256_add_epi16(even_planes, odd_planes);
        return _mm256_sub_epi16(_mm256_add_epi16(sum, sum), query->narrow_sum);
    }
    __m256i halves[2];
    for (int half = 0; half < 2; half++) {
        __m256i sum = _mm256_add_epi32(
            _mm256_cvtepu16_epi32(half ? _mm256_extracti128_si256(even_planes, 1) : _mm256_castsi256_si128(even_planes)),
            _mm256_cvtepu16_epi32(half ? _mm256_extracti128_si256(odd_planes, 1) : _mm256_castsi256_si128(odd_planes)));
        halves[half] = _mm256_sra_epi32(
            _mm256_sub_epi32(_mm256_add_epi32(sum, sum), query->magnitude_sum), query->sum_shift);
    }
    // Packing works within halves of a register: entries 0 to 3, 8 to 11, 4 to 7, 12 to 15.
    return _mm256_permute4x64_epi64(_mm256_packs_epi32(halves[0], halves[1]), 0xd8);
}

/// Keys of a chunk whose planes are summed, `entry_key` of each; `centroid` has the weight already.
AVX2 static inline void chunk_keys(
    const wide_query *query, bool is_narrow, chunk_sums planes, const uint8_t *chunk, __m256i centroid,
    __m256i keys[2]) {
    const uint8_t *numbers = chunk + query->plane_count * VECTOR_CHUNK, *bases = numbers + 2 * VECTOR_CHUNK;
    __m256i factors = _mm256_and_si256(_mm256_loadu_si256((const __m256i *)numbers), _mm256_set1_epi16(0x7fff));
    __m256i sums = signed_sums(query, is_narrow, planes);
    __m256i low = _mm256_mullo_epi16(factors, sums), high = _mm256_mulhi_epi16(factors, sums);
    __m256i first = _mm256_unpacklo_epi16(low, high), second = _mm256_unpackhi_epi16(low, high);
    __m256i products[2] = {
        _mm256_permute2x128_si256(first, second, 0x20), _mm256_permute2x128_si256(first, second, 0x31)};
    for (int half = 0; half < 2; half++) {
        __m256i part = _mm256_sra_epi32(products[half], query->part_shift);
        if (!is_narrow) part = _mm256_sll_epi32(part, query->sum_shift);
        __m256i base = _mm256_loadu_si256((const __m256i *)(bases + half * 32));
        keys[half] = _mm256_sub_epi32(_mm256_sub_epi32(base, centroid), _mm256_sll_epi32(part, query->weight_shift));
    }
}

/// Takes those of a chunk's keys that are wanted, a bit each, and not above the limit; there is room for all.
AVX2 static inline void take_keys(
    const __m256i keys[2], __m256i limit, uint32_t wanted, uint32_t ordinal, vector_selection *selection) {
    uint32_t masks[2] = {~above(keys[0], limit) & wanted & 0xff, ~above(keys[1], limit) & wanted >> 8 & 0xff};
    if (!(masks[0] | masks[1])) return;
    __m256i ordinals = _mm256_add_epi32(
        _mm256_set1_epi32((int32_t)ordinal), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
    selection->count += move_marked(selection, selection->count, keys[0], ordinals, masks[0]);
    ordinals = _mm256_add_epi32(ordinals, _mm256_set1_epi32(8));
    selection->count += move_marked(selection, selection->count, keys[1], ordinals, masks[1]);
}

AVX2 static inline __attribute__((always_inline)) void scan_list(
    const wide_query *query, int span, bool is_narrow, vector_list list, const uint8_t *next_list, uint32_t rank,
    vector_selection *selection) {
    const uint8_t *codes = list.codes;
    __m256i centroid = _mm256_sll_epi32(_mm256_set1_epi32(list.centroid), query->weight_shift);
    for (size_t start = 0; start < list.count; start += 2 * VECTOR_CHUNK, codes += 2 * query->chunk_bytes) {
        size_t left = list.count - start;
        int count = left > VECTOR_CHUNK ? 2 : 1;
        uint32_t wanted = wanted_entries(&list, start, left);
        if (!wanted) continue;
        // Nothing can come in where the bound is the least of all keys.
        if (selection->bound == INT32_MIN) return;
        reserve(&avx2_steps, selection);
        __m256i limit = _mm256_set1_epi32((int32_t)(selection->bound - 1)), keys[2];
        const uint8_t *ahead = left > 2 * VECTOR_CHUNK ? codes + 2 * query->chunk_bytes : next_list;
        chunk_sums sums[2];
        // Each a copy of its own, whose counts are known beforehand.
        if (count == 2) sum_planes(query, codes, 2, span, ahead, sums);
        else sum_planes(query, codes, 1, span, ahead, sums);
        uint32_t ordinal = rank << 16 | (uint32_t)start;
        for (int chunk = 0; chunk < count; chunk++) {
            chunk_keys(query, is_narrow, sums[chunk], codes + chunk * query->chunk_bytes, centroid, keys);
            take_keys(keys, limit, wanted >> chunk * VECTOR_CHUNK, ordinal + chunk * VECTOR_CHUNK, selection);
        }
    }
}

// A function for each span and width, since a loop of a length known beforehand is the point of it.
#define SCAN(name, span, is_narrow) \
    AVX2 static void name( \
        const vector_scan_query *shared, const vector_list *lists, size_t count, vector_selection *selection) { \
        const wide_query query = widened(shared); \
        for (size_t rank = 0; rank < count; rank++) { \
            const uint8_t *next_list = lists[rank + 1 < count ? rank + 1 : rank].codes; \
            scan_list(&query, span, is_narrow, lists[rank], next_list, (uint32_t)rank, selection); \
        } \
    }
SCAN(scan_narrow_1, 1, true)
SCAN(scan_narrow_2, 2, true)
SCAN(scan_narrow_4, 4, true)
SCAN(scan_wide_1, 1, false)
SCAN(scan_wide_2, 2, false)
SCAN(scan_wide_4, 4, false)

AVX2 void avx2_scan_lists(
    const vector_scan_query *query, const vector_list *lists, size_t count, vector_selection *selection) {
    if (selection->capacity == 0) return;
    bool is_narrow = query->sum_shift == 0;
    switch (query->span) {
    case 4: return (is_narrow ? scan_narrow_4 : scan_wide_4)(query, lists, count, selection);
    case 2: return (is_narrow ? scan_narrow_2 : scan_wide_2)(query, lists, count, selection);
    default: return (is_narrow ? scan_narrow_1 : scan_wide_1)(query, lists, count, selection);
    }
}
#endif
