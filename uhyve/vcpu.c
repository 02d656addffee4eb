/* Creates a vCPU and sets its state.
 *
 * What VMX checks when it enters a guest (Intel SDM vol. 3C, 27.3.1, June 2023) and SVM does not:
 * CR0 and CR4 within the fixed bits (NE set; KVM adds VMXE); EFER.LMA = EFER.LME = CR0.PG;
 * RFLAGS bit 1; CS accessed code, L set, D clear; SS data with DPL = CPL and RPL = CS's RPL;
 * DS, ES, FS, GS usable: accessed, DPL not below RPL; TR a busy 64-bit TSS, S clear, present;
 * LDTR unusable; GDTR and IDTR bases canonical, limits of 16 bits.
 */
#include "vcpu.h"

#include <errno.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define CR0_PE         (1ull << 0)
#define CR0_MP         (1ull << 1)
#define CR0_ET         (1ull << 4)
#define CR0_NE         (1ull << 5)
#define CR0_WP         (1ull << 16)
#define CR0_PG         (1ull << 31)

#define CR4_PAE        (1ull << 5)
#define CR4_MCE        (1ull << 6) /* else a machine check shuts down, without a report */
#define CR4_PGE        (1ull << 7)
#define CR4_OSFXSR     (1ull << 9)
#define CR4_OSXMMEXCPT (1ull << 10)
#define CR4_FSGSBASE   (1ull << 16)
#define CR4_OSXSAVE    (1ull << 18)

/* SCE stays off: a guest makes no system calls by `syscall`. */
#define EFER_LME         (1ull << 8)
#define EFER_LMA         (1ull << 10)
#define EFER_NX          (1ull << 11)

#define APIC_BASE_ENABLE 0x800ull
#define APIC_BASE_X2APIC 0x400ull
#define APIC_BASE_BSP    0x100ull
#define APIC_BASE_GPA    0xfee00000ull

/* Offsets in struct kvm_lapic_state */
#define APIC_SPURIOUS           0xf0
#define APIC_LVT_TIMER          0x320

#define APIC_ENABLED            0x100u
#define APIC_TIMER_TSC_DEADLINE 0x40000u

#define MSR_LSTAR               0xc0000082u

#define CPUID_1_ECX_XSAVE       (1u << 26)
#define CPUID_7_EBX_FSGSBASE    (1u << 0)
#define CPUID_1_EBX_APIC_ID(id) ((uint32_t) (id) << 24)

static const struct kvm_segment kernel_code = {
    .limit = 0xffffffff,
    .selector = UHYVE_SEL_KERNEL_CODE,
    .type = 11,
    .present = 1,
    .s = 1,
    .l = 1,
    .g = 1,
};

static const struct kvm_segment kernel_data = {
    .limit = 0xffffffff,
    .selector = UHYVE_SEL_KERNEL_DATA,
    .type = 3,
    .present = 1,
    .db = 1,
    .s = 1,
    .g = 1,
};

/* The nucleus uses no data segment; an `iretq` to ring 3 keeps those with DPL 3. */
static const struct kvm_segment user_data = {
    .limit = 0xffffffff,
    .selector = UHYVE_SEL_USER_DATA,
    .type = 3,
    .present = 1,
    .dpl = 3,
    .db = 1,
    .s = 1,
    .g = 1,
};

/* What the guest's arithmetic needs; 0 is what KVM says where the rate is not constant. */
#define TSC_LEAST_KHZ 1000

int vcpu_create(struct vcpu *vcpu, const struct kvm *kvm, unsigned int index)
{
  *vcpu = (struct vcpu){.index = index, .fd = ioctl(kvm->vm_fd, KVM_CREATE_VCPU, index)};
  if (vcpu->fd < 0)
    return -errno;
  void *run = mmap(NULL, (size_t) kvm->run_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu->fd, 0);
  if (run == MAP_FAILED)
  {
    int error = -errno;
    close(vcpu->fd);
    return error;
  }
  vcpu->run = run;
  vcpu->run->kvm_valid_regs = KVM_SYNC_X86_REGS;
  int khz = ioctl(vcpu->fd, KVM_GET_TSC_KHZ, 0);
  if (khz < TSC_LEAST_KHZ)
  {
    vcpu_destroy(vcpu, kvm);
    return -ENOTSUP;
  }
  vcpu->tsc_khz = (uint64_t) khz;
  return 0;
}

void vcpu_destroy(struct vcpu *vcpu, const struct kvm *kvm)
{
  munmap(vcpu->run, (size_t) kvm->run_bytes);
  close(vcpu->fd);
}

static int set_cpuid(const struct vcpu *vcpu, const struct kvm *kvm)
{
  struct kvm_cpuid_table table = kvm->cpuid;
  for (uint32_t i = 0; i < table.nent; i++)
  {
    struct kvm_cpuid_entry2 *entry = &table.entries[i];
    if (entry->function == 1)
      entry->ebx = (entry->ebx & 0x00ffffff) | CPUID_1_EBX_APIC_ID(vcpu->index);
    else if (entry->function == 0xb || entry->function == 0x1f)
      entry->edx = vcpu->index;
  }
  if (ioctl(vcpu->fd, KVM_SET_CPUID2, &table) != 0)
    return -errno;
  /* Else KVM serves what is its own even if CPUID does not list it. A kernel before 5.10 does. */
  struct kvm_enable_cap enforce = {.cap = KVM_CAP_ENFORCE_PV_FEATURE_CPUID, .args = {1}};
  ioctl(vcpu->fd, KVM_ENABLE_CAP, &enforce);
  return 0;
}

/* Vector state beyond SSE, where the host has it. */
static int set_xcr0(const struct vcpu *vcpu, const struct kvm *kvm)
{
  const struct kvm_cpuid_entry2 *leaf_d = kvm_find_cpuid(kvm, 0xd, 0);
  if (leaf_d == NULL)
    return 0;
  struct kvm_xcrs xcrs = {.nr_xcrs = 1};
  xcrs.xcrs[0].value = (uint64_t) leaf_d->edx << 32 | leaf_d->eax;
  return ioctl(vcpu->fd, KVM_SET_XCRS, &xcrs) == 0 ? 0 : -errno;
}

static int set_sregs(const struct vcpu *vcpu, const struct kvm *kvm, const struct cpu_start *start,
                     uint64_t root_gpa, bool xsave)
{
  const struct kvm_cpuid_entry2 *leaf_7 = kvm_find_cpuid(kvm, 7, 0);
  bool fsgsbase = leaf_7 != NULL && (leaf_7->ebx & CPUID_7_EBX_FSGSBASE) != 0;
  struct kvm_sregs sregs = {
      .cs = kernel_code,
      .ss = kernel_data,
      .ds = user_data,
      .es = user_data,
      .fs = user_data,
      .gs = user_data,
      .tr = {.base = start->tss_gva,
             .limit = CPU_TSS_LIMIT,
             .selector = UHYVE_SEL_TSS,
             .type = 11,
             .present = 1},
      .ldt = {.unusable = 1, .type = 2},
      .gdt = {.base = start->gdt_gva, .limit = CPU_GDT_BYTES - 1},
      .idt = {.base = start->idt_gva, .limit = IDT_BYTES - 1},
      .cr0 = CR0_PE | CR0_MP | CR0_ET | CR0_NE | CR0_WP | CR0_PG,
      .cr3 = root_gpa,
      .cr4 = CR4_PAE | CR4_MCE | CR4_PGE | CR4_OSFXSR | CR4_OSXMMEXCPT |
             (fsgsbase ? CR4_FSGSBASE : 0) | (xsave ? CR4_OSXSAVE : 0),
      .efer = EFER_LME | EFER_LMA | EFER_NX,
      .apic_base = APIC_BASE_GPA | APIC_BASE_ENABLE | APIC_BASE_X2APIC |
                   (vcpu->index == 0 ? APIC_BASE_BSP : 0),
  };
  sregs.gs.base = start->gs_gva;
  return ioctl(vcpu->fd, KVM_SET_SREGS, &sregs) == 0 ? 0 : -errno;
}

static void set_apic_register(struct kvm_lapic_state *apic, unsigned int offset, uint32_t value)
{
  for (unsigned int i = 0; i < 4; i++)
    apic->regs[offset + i] = (char) (value >> (8 * i));
}

static int set_apic(const struct vcpu *vcpu)
{
  struct kvm_lapic_state apic;
  if (ioctl(vcpu->fd, KVM_GET_LAPIC, &apic) != 0)
    return -errno;
  set_apic_register(&apic, APIC_SPURIOUS, APIC_ENABLED | UHYVE_VECTOR_SPURIOUS);
  set_apic_register(&apic, APIC_LVT_TIMER, APIC_TIMER_TSC_DEADLINE | UHYVE_VECTOR_TIMER);
  return ioctl(vcpu->fd, KVM_SET_LAPIC, &apic) == 0 ? 0 : -errno;
}

static int set_msrs(const struct vcpu *vcpu, const struct cpu_start *start)
{
  struct
  {
    struct kvm_msrs header;
    struct kvm_msr_entry entries[1];
  } msrs = {.header = {.nmsrs = 1}, .entries = {{.index = MSR_LSTAR, .data = start->syscall_gva}}};
  return ioctl(vcpu->fd, KVM_SET_MSRS, &msrs) == 1 ? 0 : -EINVAL;
}

static struct kvm_device_attr tsc_offset_at(uint64_t *offset)
{
  return (struct kvm_device_attr){
      .group = KVM_VCPU_TSC_CTRL,
      .attr = KVM_VCPU_TSC_OFFSET,
      .addr = (uintptr_t) offset,
  };
}

/* The guest's TSC is the host's, so that both sides' times compare. */
static int set_tsc_offset(const struct vcpu *vcpu)
{
  uint64_t offset = 0;
  struct kvm_device_attr attribute = tsc_offset_at(&offset);
  return ioctl(vcpu->fd, KVM_SET_DEVICE_ATTR, &attribute) == 0 ? 0 : -errno;
}

int vcpu_tsc_shift(const struct vcpu *vcpu, uint64_t *shift)
{
  struct kvm_device_attr attribute = tsc_offset_at(shift);
  return ioctl(vcpu->fd, KVM_GET_DEVICE_ATTR, &attribute) == 0 ? 0 : -errno;
}

static int set_registers(const struct vcpu *vcpu, const struct cpu_start *start)
{
  struct kvm_regs regs = {
      .rip = start->rip_gva,
      .rsp = start->rsp_gva,
      .rflags = 0x2,
      .rdi = start->argument,
  };
  return ioctl(vcpu->fd, KVM_SET_REGS, &regs) == 0 ? 0 : -errno;
}

int vcpu_prepare(struct vcpu *vcpu, const struct kvm *kvm, const struct cpu_start *start,
                 uint64_t root_gpa)
{
  const struct kvm_cpuid_entry2 *leaf_1 = kvm_find_cpuid(kvm, 1, 0);
  bool xsave = leaf_1 != NULL && (leaf_1->ecx & CPUID_1_ECX_XSAVE) != 0;
  int error = set_cpuid(vcpu, kvm);
  if (error == 0)
    error = set_sregs(vcpu, kvm, start, root_gpa, xsave);
  if (error == 0 && xsave)
    error = set_xcr0(vcpu, kvm);
  if (error == 0)
    error = set_apic(vcpu);
  if (error == 0)
    error = set_msrs(vcpu, start);
  if (error == 0)
    error = set_tsc_offset(vcpu);
  if (error == 0)
    error = set_registers(vcpu, start);
  if (error == 0)
  {
    /* Secondary CPUs run at once, without INIT and STARTUP. */
    struct kvm_mp_state state = {.mp_state = KVM_MP_STATE_RUNNABLE};
    if (vcpu->index > 0 && ioctl(vcpu->fd, KVM_SET_MP_STATE, &state) != 0)
      error = -errno;
  }
  return error;
}
