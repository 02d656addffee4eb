/* Interrupts of the legacy controllers that nobody has asked for: of the PIT, which comes as vector
 * 32, and of the printer's port, line 7, the vector of the controller's spurious interrupts. */
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#define COUNTER       0x40
#define COUNTERS      0x43
#define PIC_COMMAND   0x20
#define PIC_MASK      0x21
#define PIC_END       0x20
#define ALL_BUT_0     0xfe
#define ALL_BUT_7     0x7f
#define PRINTER       0x37a /* its control register */
#define PRINTER_READY 0x1c  /* interrupts, initialised, selected */
#define STROBE        0x01

static void write_port(uint16_t port, uint8_t value)
{
  __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

int main(void)
{
  write_port(COUNTERS, 0x34); /* a pulse each 10 ms */
  write_port(COUNTER, 0x9c);
  write_port(COUNTER, 0x2e);
  write_port(PIC_MASK, ALL_BUT_0);
  usleep(100000);
  write_port(PIC_COMMAND, PIC_END);
  write_port(PIC_MASK, ALL_BUT_7);
  for (int i = 0; i < 10; i++)
  {
    write_port(PRINTER, PRINTER_READY | STROBE);
    write_port(PRINTER, PRINTER_READY);
  }
  usleep(100000);
  puts("survived");
  return 0;
}
