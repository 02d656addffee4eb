/*
 * The middle sizes in vector registers 16 and above, which only EVEX instructions reach: they leave
 * no upper halves behind for vzeroupper to clear, and C cannot ask for them. What is larger, and
 * differences, go on to the AVX2 functions.
 */

	.macro	FUNCTION name
	.section .text.\name, "ax", @progbits
	.p2align 6
	.globl	\name
	.hidden	\name
	.type	\name, @function
\name:
	.endm

	.macro	END name
	.size	\name, . - \name
	.endm

/* void *string_memmove_large_evex(void *dst, const void *src, size_t count); */
	FUNCTION string_memmove_large_evex
	cmp	$64, %rdx
	ja	1f
	vmovdqu64 (%rsi), %ymm16
	vmovdqu64 -32(%rsi, %rdx), %ymm17
	mov	%rdi, %rax
	vmovdqu64 %ymm16, (%rdi)
	vmovdqu64 %ymm17, -32(%rdi, %rdx)
	ret
	.p2align 4
1:	cmp	$128, %rdx
	ja	2f
	vmovdqu64 (%rsi), %zmm16
	vmovdqu64 -64(%rsi, %rdx), %zmm17
	mov	%rdi, %rax
	vmovdqu64 %zmm16, (%rdi)
	vmovdqu64 %zmm17, -64(%rdi, %rdx)
	ret
	.p2align 4
2:	cmp	$256, %rdx
	ja	3f
	vmovdqu64 (%rsi), %zmm16
	vmovdqu64 64(%rsi), %zmm17
	vmovdqu64 -128(%rsi, %rdx), %zmm18
	vmovdqu64 -64(%rsi, %rdx), %zmm19
	mov	%rdi, %rax
	vmovdqu64 %zmm16, (%rdi)
	vmovdqu64 %zmm17, 64(%rdi)
	vmovdqu64 %zmm18, -128(%rdi, %rdx)
	vmovdqu64 %zmm19, -64(%rdi, %rdx)
	ret
	.p2align 4
3:	cmp	$512, %rdx
	ja	string_memmove_large_avx2
	vmovdqu64 (%rsi), %zmm16
	vmovdqu64 64(%rsi), %zmm17
	vmovdqu64 128(%rsi), %zmm18
	vmovdqu64 192(%rsi), %zmm19
	vmovdqu64 -256(%rsi, %rdx), %zmm20
	vmovdqu64 -192(%rsi, %rdx), %zmm21
	vmovdqu64 -128(%rsi, %rdx), %zmm22
	vmovdqu64 -64(%rsi, %rdx), %zmm23
	mov	%rdi, %rax
	vmovdqu64 %zmm16, (%rdi)
	vmovdqu64 %zmm17, 64(%rdi)
	vmovdqu64 %zmm18, 128(%rdi)
	vmovdqu64 %zmm19, 192(%rdi)
	vmovdqu64 %zmm20, -256(%rdi, %rdx)
	vmovdqu64 %zmm21, -192(%rdi, %rdx)
	vmovdqu64 %zmm22, -128(%rdi, %rdx)
	vmovdqu64 %zmm23, -64(%rdi, %rdx)
	ret
	END	string_memmove_large_evex

/* void *string_memset_evex(void *dst, int value, size_t count); */
	FUNCTION string_memset_evex
	vpbroadcastb %esi, %zmm16
	mov	%rdi, %rax
	cmp	$64, %rdx
	jae	5f
	cmp	$32, %rdx
	jae	4f
	cmp	$16, %rdx
	jae	3f
	cmp	$8, %rdx
	jae	2f
	cmp	$4, %rdx
	jae	1f
	test	%rdx, %rdx
	je	7f
	mov	%rdx, %r8
	shr	%r8
	mov	%sil, (%rdi)
	mov	%sil, (%rdi, %r8)
	mov	%sil, -1(%rdi, %rdx)
	ret
	.p2align 4
1:	vmovd	%xmm16, %ecx
	mov	%ecx, (%rdi)
	mov	%ecx, -4(%rdi, %rdx)
	ret
	.p2align 4
2:	vmovq	%xmm16, %rcx
	mov	%rcx, (%rdi)
	mov	%rcx, -8(%rdi, %rdx)
	ret
	.p2align 4
3:	vmovdqu64 %xmm16, (%rdi)
	vmovdqu64 %xmm16, -16(%rdi, %rdx)
	ret
	.p2align 4
4:	vmovdqu64 %ymm16, (%rdi)
	vmovdqu64 %ymm16, -32(%rdi, %rdx)
	ret
	.p2align 4
5:	cmp	$128, %rdx
	ja	6f
	vmovdqu64 %zmm16, (%rdi)
	vmovdqu64 %zmm16, -64(%rdi, %rdx)
	ret
	.p2align 4
6:	cmp	$256, %rdx
	ja	string_memset_large_avx2
	vmovdqu64 %zmm16, (%rdi)
	vmovdqu64 %zmm16, 64(%rdi)
	vmovdqu64 %zmm16, -128(%rdi, %rdx)
	vmovdqu64 %zmm16, -64(%rdi, %rdx)
7:	ret
	END	string_memset_evex

/* Add to YMM16 or YMM17 the bits in which the areas differ at an offset from their start or end.
 * 0xf6 is the truth table of "sum | (left ^ right)". */
	.macro	DIFFERENCE_HEAD offset
	vmovdqu64 \offset\()(%rdi), %ymm18
	vpternlogd $0xf6, \offset\()(%rsi), %ymm18, %ymm16
	.endm

	.macro	DIFFERENCE_TAIL offset
	vmovdqu64 \offset\()(%rdi, %rdx), %ymm19
	vpternlogd $0xf6, \offset\()(%rsi, %rdx), %ymm19, %ymm17
	.endm

/* Sets the zero flag, and EAX to zero, if no difference was found. */
	.macro	DIFFERENCE_TEST
	vporq	%ymm17, %ymm16, %ymm16
	vptestmd %ymm16, %ymm16, %k1
	kmovd	%k1, %eax
	test	%eax, %eax
	.endm

/* The same for the first 128 bytes of the areas. */
	.macro	DIFFERENCE_BLOCK
	vmovdqu64 (%rdi), %zmm16
	vmovdqu64 64(%rdi), %zmm17
	vpxorq	(%rsi), %zmm16, %zmm16
	vpternlogd $0xf6, 64(%rsi), %zmm17, %zmm16
	vptestmd %zmm16, %zmm16, %k1
	kmovd	%k1, %eax
	test	%eax, %eax
	.endm

/* int string_memcmp_evex(const void *left, const void *right, size_t count); */
	FUNCTION string_memcmp_evex
	cmp	$32, %rdx
	ja	7f
	/* Bytes beyond the mask are not touched: they may lie on a page that is not there. */
	mov	$-1, %eax
	bzhi	%edx, %eax, %eax
	kmovd	%eax, %k1
	vmovdqu8 (%rdi), %ymm16{%k1}{z}
	vpcmpub	$4, (%rsi), %ymm16, %k2{%k1}
	kmovd	%k2, %eax
	test	%eax, %eax
	jnz	6f
	ret
	.p2align 4
6:	bsf	%eax, %eax
	movzbl	(%rsi, %rax), %ecx
	movzbl	(%rdi, %rax), %eax
	sub	%ecx, %eax
	ret
	.p2align 4
7:	cmp	$256, %rdx
	ja	3f
	vmovdqu64 (%rdi), %ymm16
	vmovdqu64 -32(%rdi, %rdx), %ymm17
	vpxorq	(%rsi), %ymm16, %ymm16
	vpxorq	-32(%rsi, %rdx), %ymm17, %ymm17
	cmp	$64, %rdx
	ja	1f
	DIFFERENCE_TEST
	jnz	string_memcmp_large_avx2
	ret
	.p2align 4
1:	DIFFERENCE_HEAD 32
	DIFFERENCE_TAIL -64
	cmp	$128, %rdx
	jbe	2f
	DIFFERENCE_HEAD 64
	DIFFERENCE_TAIL -96
	DIFFERENCE_HEAD 96
	DIFFERENCE_TAIL -128
2:	DIFFERENCE_TEST
	jnz	string_memcmp_large_avx2
	ret

	/* Blocks of 128 bytes while more than one is left, then the last one, which may overlap them. */
	.p2align 4
3:	cmp	$1024, %rdx
	ja	string_memcmp_large_avx2
	lea	-128(%rdx), %rcx
	.p2align 5
4:	DIFFERENCE_BLOCK
	jnz	5f
	sub	$-128, %rdi
	sub	$-128, %rsi
	sub	$128, %rcx
	ja	4b
	add	%rcx, %rdi
	add	%rcx, %rsi
	DIFFERENCE_BLOCK
	jnz	5f
	ret
5:	mov	$128, %edx
	jmp	string_memcmp_large_avx2
	END	string_memcmp_evex

	.section .note.GNU-stack, "", @progbits
