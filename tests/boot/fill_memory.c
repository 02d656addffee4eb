/* Takes all memory that there is, in pieces of 1 MiB, and looks whether each is its own. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define PIECE_BYTES (1ul << 20)
#define PAGE_WORDS  (4096 / sizeof(uint64_t))

struct piece
{
  struct piece *next;
  uint64_t words[PIECE_BYTES / sizeof(uint64_t) - 8];
};

int main(void)
{
  struct piece *first = NULL;
  struct piece *piece;
  unsigned int count = 0;
  while ((piece = malloc(sizeof(*piece))) != NULL)
  {
    piece->next = first;
    for (size_t i = 0; i < sizeof(piece->words) / sizeof(piece->words[0]); i += PAGE_WORDS)
      piece->words[i] = (uintptr_t) &piece->words[i];
    first = piece;
    count++;
  }
  while ((piece = first) != NULL)
  {
    for (size_t i = 0; i < sizeof(piece->words) / sizeof(piece->words[0]); i += PAGE_WORDS)
    {
      if (piece->words[i] != (uintptr_t) &piece->words[i])
      {
        printf("piece %u: another has the same memory\n", count);
        return 1;
      }
    }
    first = piece->next;
    free(piece);
  }
  printf("%u MiB\n", count);
  return 0;
}
