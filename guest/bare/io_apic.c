/* I/O APICs, where PC-compatible machines have them: the second one right behind the first. */
#include "bare/io_apic.h"

#include <errno.h>

#include "arch/x86_64/cpu.h"
#include "mm/address.h"

#define FIRST_GPA    0xfec00000ull
#define STRIDE_BYTES 0x10000ull
#define MOST_APICS   2u

/* 82093AA, 3.1 and 3.2 */
#define SELECT                0x00
#define WINDOW                0x10
#define REGISTER_VERSION      0x01
#define REGISTER_LINE         0x10 /* two words each */
#define LINE_MASKED           (1u << 16)
#define LINE_DESTINATION      24
#define VERSION_LAST_LINE(of) ((of) >> 16 & 0xff)
#define NOBODY                UINT32_MAX

static volatile uint32_t *at(unsigned int apic, unsigned int offset)
{
  return (volatile uint32_t *) address_of_gpa(FIRST_GPA + apic * STRIDE_BYTES + offset);
}

static uint32_t read_register(unsigned int apic, unsigned int number)
{
  *at(apic, SELECT) = number;
  return *at(apic, WINDOW);
}

static void write_register(unsigned int apic, unsigned int number, uint32_t value)
{
  *at(apic, SELECT) = number;
  *at(apic, WINDOW) = value;
}

int io_apic_use(unsigned int line, uint8_t vector)
{
  for (unsigned int apic = 0; apic < MOST_APICS; apic++)
  {
    uint32_t version = read_register(apic, REGISTER_VERSION);
    if (version == NOBODY || version == 0)
      break;
    unsigned int lines = VERSION_LAST_LINE(version) + 1;
    if (line < lines)
    {
      unsigned int number = REGISTER_LINE + 2 * line;
      write_register(apic, number, LINE_MASKED);
      write_register(apic, number + 1, cpu_apic_id(0) << LINE_DESTINATION);
      write_register(apic, number, vector);
      return 0;
    }
    line -= lines;
  }
  return -ENOSYS;
}
