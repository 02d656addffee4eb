/* Keeps large zeroed arrays apart from small variables. */
#ifndef GUEST_LARGE_DATA_H
#define GUEST_LARGE_DATA_H

/* The linker script puts these behind all other zeroed data: those that every start touches then
 * share pages, and a first touch of a page is what a start mainly consists of. */
#define LARGE_DATA __attribute__((section(".bss.Large")))

#endif
