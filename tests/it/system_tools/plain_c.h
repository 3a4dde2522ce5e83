/*
 * Included before libdeflate's sources, this makes them choose plain C.
 *
 * The compiler's own headers go first: including them later would bring the macros back.
 */
#if defined(__x86_64__)
#include <immintrin.h>
#undef __SSE2__
#else
#include <arm_acle.h>
#include <arm_neon.h>
#undef __ARM_NEON
#undef __ARM_FEATURE_UNALIGNED
#endif
