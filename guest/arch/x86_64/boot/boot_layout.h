/* Numbers that C and assembly of the boot share; boot.h compares. */
#ifndef GUEST_ARCH_BOOT_LAYOUT_H
#define GUEST_ARCH_BOOT_LAYOUT_H

/* struct boot_leave */
#define LEAVE_GDT         0
#define LEAVE_IDT         16
#define LEAVE_ROOT        32
#define LEAVE_RSP         40
#define LEAVE_START       48
#define LEAVE_IMAGE_SHIFT 56
#define LEAVE_HAS_LEFT    64

/* Below 1 MiB, where CPUs begin in real mode. */
#define TRAMPOLINE_GPA 0x8000

/* The registers of the local APIC in xAPIC mode: where they are, and where the nucleus reaches them
 * with an offset of 32 bits. */
#define LOCAL_APIC_GPA 0xfee00000
#define LOCAL_APIC_GVA 0xfffffffffee00000

#endif
