// In the place of the compiler's: what this processor lacks is computed without it (SIMDe, Debian's libsimde-dev).
#pragma once

#define SIMDE_NO_NATIVE
#define SIMDE_ENABLE_NATIVE_ALIASES
#include <simde/x86/avx512.h>

// The kernels' attribute would have the compiler use what the processor lacks.
#define AVX512 __attribute__((target("avx2")))

// What this version of SIMDe lacks, as Intel's guide to the intrinsics defines it.

#include <stdint.h>
#include <string.h>

typedef uint64_t __mmask64;

static inline __m512i _mm512_maskz_loadu_epi8(__mmask64 mask, const void *address) {
    uint8_t bytes[64] = {0};
    for (int index = 0; index < 64; index++) {
        if (mask >> index & 1) bytes[index] = ((const uint8_t *)address)[index];
    }
    return _mm512_loadu_si512(bytes);
}

static inline int32_t _mm512_reduce_add_epi32(__m512i numbers) {
    int32_t lanes[16];
    uint32_t sum = 0;
    _mm512_storeu_si512(lanes, numbers);
    for (int lane = 0; lane < 16; lane++) sum += (uint32_t)lanes[lane];
    return (int32_t)sum;
}
