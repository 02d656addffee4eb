/* Descriptions of guest images as elf_image_open would return them, made by hand. */
#ifndef TESTS_TEST_IMAGE_H
#define TESTS_TEST_IMAGE_H

#include "uhyve/elf_image.h"

enum test_image_kind
{
  TEST_IMAGE_PLAIN,         /* constants, code with the nucleus in its middle, data with RELRO */
  TEST_IMAGE_NUCLEUS_FIRST, /* the nucleus begins the code */
  TEST_IMAGE_NUCLEUS_LAST,  /* it ends the code */
  TEST_IMAGE_NUCLEUS_ALONE, /* it is all of the segment */
  TEST_IMAGE_NO_RELRO,
  TEST_IMAGE_LATE_RELRO, /* RELRO begins behind the first page of its segment */
  TEST_IMAGE_MANY,       /* as many segments as are allowed */
  TEST_IMAGE_KINDS
};

struct elf_image test_image(enum test_image_kind kind, bool position_independent);

#endif
