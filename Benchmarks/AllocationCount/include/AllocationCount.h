#pragma once
#include <stdint.h>

/// How many blocks the process has asked the C library for so far, in all its threads.
uint64_t allocation_count(void);
