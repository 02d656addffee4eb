/* The legacy interrupt controllers, which nobody uses: out of the way of exceptions, and masked. */
#include "arch/x86_64/boot/boot.h"

#define FIRST_COMMAND  0x20
#define FIRST_DATA     0x21
#define SECOND_COMMAND 0xa0
#define SECOND_DATA    0xa1

/* Intel 8259A, initialisation command words */
#define ICW1_BEGIN 0x11
#define ICW4_8086  0x01
#define CASCADE    2

#define VECTOR     32

void boot_mask_pics(void)
{
  boot_out8(FIRST_COMMAND, ICW1_BEGIN);
  boot_out8(SECOND_COMMAND, ICW1_BEGIN);
  boot_out8(FIRST_DATA, VECTOR);
  boot_out8(SECOND_DATA, VECTOR + 8);
  boot_out8(FIRST_DATA, 1 << CASCADE);
  boot_out8(SECOND_DATA, CASCADE);
  boot_out8(FIRST_DATA, ICW4_8086);
  boot_out8(SECOND_DATA, ICW4_8086);
  boot_out8(FIRST_DATA, 0xff);
  boot_out8(SECOND_DATA, 0xff);
}
