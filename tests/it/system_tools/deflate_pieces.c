/*
 * Compresses pieces by libdeflate, each on its own.
 *
 * The argument is the level. Standard input holds the pieces, each behind its length; standard output gets first a
 * line that names the vector code in use, then the compressed pieces, each behind its length. Lengths have four bytes,
 * the lowest first.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* What libdeflate's own sources call two of their functions, once these headers have chosen. */
#define MATCHFINDER_WINDOW_ORDER 15
#include "lib/matchfinder_common.h"
#define TEXT(name) #name
#define NAME(name) TEXT(name)

static void end(const char *why)
{
	fprintf(stderr, "deflate_pieces: %s\n", why);
	exit(1);
}

static void *allocate(size_t bytes)
{
	void *memory = malloc(bytes + 1);

	if (memory == NULL)
		end("no memory is left");
	return memory;
}

static int read_length(size_t *length)
{
	unsigned char bytes[4];

	if (fread(bytes, 1, 4, stdin) != 4)
		return 0;
	*length = bytes[0] | bytes[1] << 8 | bytes[2] << 16 | (size_t)bytes[3] << 24;
	return 1;
}

static void write_piece(const unsigned char *piece, size_t length)
{
	unsigned char bytes[4] = { length & 255, length >> 8 & 255, length >> 16 & 255, length >> 24 & 255 };

	if (fwrite(bytes, 1, 4, stdout) != 4 || fwrite(piece, 1, length, stdout) != length)
		end("the output cannot be written");
}

static void compress_piece(struct libdeflate_compressor *compressor, size_t length)
{
	size_t bound = libdeflate_deflate_compress_bound(compressor, length);
	unsigned char *piece = allocate(length), *compressed = allocate(bound);

	if (fread(piece, 1, length, stdin) != length)
		end("the input ends within a piece");
	write_piece(compressed, libdeflate_deflate_compress(compressor, piece, length, compressed, bound));
	free(compressed);
	free(piece);
}

int main(int count, char **arguments)
{
	struct libdeflate_compressor *compressor = NULL;
	size_t length;

	if (count == 2)
		compressor = libdeflate_alloc_compressor(atoi(arguments[1]));
	if (compressor == NULL)
		end("the one argument is a level from 0 to 12");
	printf("%s %s unaligned=%d\n", NAME(matchfinder_init), NAME(matchfinder_rebase), UNALIGNED_ACCESS_IS_FAST);
	while (read_length(&length))
		compress_piece(compressor, length);
	libdeflate_free_compressor(compressor);
	return fflush(stdout) == 0 ? 0 : 1;
}
