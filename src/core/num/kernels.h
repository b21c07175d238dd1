/*
 * kernels.h - which version of a kernel this machine runs
 *
 * A file writes its kernels out as avx512_name, avx2_name (both on x86-64 alone) and base_name, and says in HAS_AVX512 what the
 * first need.
 */
#ifndef UPROFILE_KERNELS_H
#define UPROFILE_KERNELS_H

#include <stddef.h>

#ifdef __x86_64__
#define UP_HAS_AVX2 (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))

/* Calls the best version. */
#define UP_DISPATCH(name, ...)                                                                                 \
	(HAS_AVX512    ? avx512_##name(__VA_ARGS__)                                                                \
	 : UP_HAS_AVX2 ? avx2_##name(__VA_ARGS__)                                                                  \
				   : base_##name(__VA_ARGS__))

/*
 * For kernels that stand in a struct: best(), and by_level for tests: levels count from 0, the best comes first; NULL: not on this
 * machine. TABLE(version) initializes the struct.
 */
#define UP_KERNEL_TABLES(Type, by_level, TABLE)                                                                \
	static const Type avx512 = TABLE(avx512), avx2 = TABLE(avx2), base = TABLE(base);                          \
	const Type *by_level(int level)                                                                            \
	{                                                                                                          \
		const Type *const tables[] = {HAS_AVX512 ? &avx512 : NULL, UP_HAS_AVX2 ? &avx2 : NULL, &base};         \
		return level >= 0 && level < 3 ? tables[level] : NULL;                                                 \
	}                                                                                                          \
	static inline const Type *best(void)                                                                       \
	{                                                                                                          \
		return HAS_AVX512 ? &avx512 : UP_HAS_AVX2 ? &avx2 : &base;                                             \
	}
#else
#define UP_DISPATCH(name, ...) base_##name(__VA_ARGS__)

#define UP_KERNEL_TABLES(Type, by_level, TABLE)                                                                \
	static const Type base = TABLE(base);                                                                      \
	const Type *by_level(int level)                                                                            \
	{                                                                                                          \
		return level == 2 ? &base : NULL;                                                                      \
	}                                                                                                          \
	static inline const Type *best(void)                                                                       \
	{                                                                                                          \
		return &base;                                                                                          \
	}
#endif

#endif
