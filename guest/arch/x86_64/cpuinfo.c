/* /proc/cpuinfo, as Linux has it for this processor. */
#include <cpuid.h>
#include <string.h>

#include "fs/proc_text.h"
#include "start_info.h"

#define LEAF_EXTENDED 0x80000000u

/* Which word of which leaf a flag is in. */
enum word
{
  LEAF_1_EDX,
  LEAF_1_ECX,
  LEAF_7_EBX,
  LEAF_7_ECX,
  LEAF_7_EDX,
  LEAF_EXTENDED_1_EDX,
  LEAF_EXTENDED_1_ECX,
  WORDS
};

/* Linux's names by bit; an empty one stands for a bit that has none. */
static const char *const names[WORDS] = {
    [LEAF_1_EDX] = "fpu,vme,de,pse,tsc,msr,pae,mce,cx8,apic,,sep,mtrr,pge,mca,cmov,pat,pse36,pn,"
                   "clflush,,dts,acpi,mmx,fxsr,sse,sse2,ss,ht,tm,ia64,pbe",
    [LEAF_1_ECX] = "pni,pclmulqdq,dtes64,monitor,ds_cpl,vmx,smx,est,tm2,ssse3,cid,sdbg,fma,cx16,"
                   "xtpr,pdcm,,pcid,dca,sse4_1,sse4_2,x2apic,movbe,popcnt,tsc_deadline_timer,aes,"
                   "xsave,,avx,f16c,rdrand,hypervisor",
    [LEAF_7_EBX] = "fsgsbase,tsc_adjust,sgx,bmi1,hle,avx2,,smep,bmi2,erms,invpcid,rtm,cqm,,mpx,"
                   "rdt_a,avx512f,avx512dq,rdseed,adx,smap,avx512ifma,,clflushopt,clwb,intel_pt,"
                   "avx512pf,avx512er,avx512cd,sha_ni,avx512bw,avx512vl",
    [LEAF_7_ECX] = ",avx512vbmi,umip,pku,ospke,waitpkg,avx512_vbmi2,,gfni,vaes,vpclmulqdq,"
                   "avx512_vnni,avx512_bitalg,tme,avx512_vpopcntdq,,la57,,,,,,rdpid,,"
                   "bus_lock_detect,cldemote,,movdiri,movdir64b,enqcmd,sgx_lc,",
    [LEAF_7_EDX] = ",,avx512_4vnniw,avx512_4fmaps,fsrm,,,,avx512_vp2intersect,,md_clear,,,,"
                   "serialize,,tsxldtrk,,pconfig,arch_lbr,ibt,,amx_bf16,avx512_fp16,amx_tile,"
                   "amx_int8,,,flush_l1d,arch_capabilities,,",
    [LEAF_EXTENDED_1_EDX] = ",,,,,,,,,,,syscall,,,,,,,,mp,nx,,mmxext,,,fxsr_opt,pdpe1gb,rdtscp,,lm,"
                            "3dnowext,3dnow",
    [LEAF_EXTENDED_1_ECX] = "lahf_lm,cmp_legacy,svm,extapic,cr8_legacy,abm,sse4a,misalignsse,"
                            "3dnowprefetch,osvw,ibs,xop,skinit,wdt,,lwp,fma4,tce,,nodeid_msr,,tbm,"
                            "topoext,perfctr_core,perfctr_nb,,bpext,ptsc,perfctr_llc,mwaitx,,",
};

struct processor
{
  char vendor[13];
  char model_name[49];
  unsigned int family, model, stepping;
  unsigned int flush_bytes;
  unsigned int physical_bits, virtual_bits;
  uint32_t words[WORDS];
};

static void read_extended(struct processor *processor)
{
  unsigned int eax;
  unsigned int ebx;
  unsigned int ecx;
  unsigned int edx;
  __cpuid(LEAF_EXTENDED, eax, ebx, ecx, edx);
  unsigned int last = eax;
  if (last >= LEAF_EXTENDED + 1)
    __cpuid(LEAF_EXTENDED + 1, eax, ebx, processor->words[LEAF_EXTENDED_1_ECX],
            processor->words[LEAF_EXTENDED_1_EDX]);
  for (unsigned int i = 0; i < 3 && last >= LEAF_EXTENDED + 4; i++)
  {
    uint32_t text[4];
    __cpuid(LEAF_EXTENDED + 2 + i, text[0], text[1], text[2], text[3]);
    memcpy(processor->model_name + i * sizeof(text), text, sizeof(text));
  }
  processor->physical_bits = 36;
  processor->virtual_bits = 48;
  if (last < LEAF_EXTENDED + 8)
    return;
  __cpuid(LEAF_EXTENDED + 8, eax, ebx, ecx, edx);
  processor->physical_bits = eax & 0xff;
  processor->virtual_bits = eax >> 8 & 0xff;
}

static void read_processor(struct processor *processor)
{
  unsigned int eax;
  unsigned int ebx;
  uint32_t vendor[3];
  *processor = (struct processor){0};
  __cpuid(0, eax, vendor[0], vendor[2], vendor[1]);
  unsigned int last = eax;
  memcpy(processor->vendor, vendor, sizeof(vendor));
  __cpuid(1, eax, ebx, processor->words[LEAF_1_ECX], processor->words[LEAF_1_EDX]);
  processor->stepping = eax & 0xf;
  processor->model = eax >> 4 & 0xf;
  processor->family = eax >> 8 & 0xf;
  if (processor->family == 6 || processor->family == 15)
    processor->model |= eax >> 12 & 0xf0;
  if (processor->family == 15)
    processor->family += eax >> 20 & 0xff;
  processor->flush_bytes = (ebx >> 8 & 0xff) * 8;
  if (last >= 7)
    __cpuid_count(7, 0, eax, processor->words[LEAF_7_EBX], processor->words[LEAF_7_ECX],
                  processor->words[LEAF_7_EDX]);
  read_extended(processor);
}

static void print_flags(struct proc_text *text, const struct processor *processor)
{
  for (unsigned int word = 0; word < WORDS; word++)
  {
    const char *name = names[word];
    for (unsigned int bit = 0; bit < 32; bit++)
    {
      size_t len = strcspn(name, ",");
      if (len > 0 && (processor->words[word] >> bit & 1) != 0)
      {
        proc_print(text, " ");
        proc_add_bytes(text, name, len);
      }
      name += len + (name[len] == ',' ? 1 : 0);
    }
  }
}

static void print_processor(struct proc_text *text, const struct processor *processor,
                            unsigned int cpu)
{
  unsigned long khz = start_info->tsc_khz;
  proc_print(text, "processor\t: %u\nvendor_id\t: %s\ncpu family\t: %u\nmodel\t\t: %u\n", cpu,
             processor->vendor, processor->family, processor->model);
  proc_print(text, "model name\t: %s\nstepping\t: %u\ncpu MHz\t\t: %lu.%03lu\n",
             processor->model_name, processor->stepping, khz / 1000, khz % 1000);
  proc_print(text, "physical id\t: 0\nsiblings\t: %u\ncore id\t\t: %u\ncpu cores\t: %u\n",
             start_info->cpu_count, cpu, start_info->cpu_count);
  proc_print(text, "apicid\t\t: %u\ninitial apicid\t: %u\nfpu\t\t: yes\nfpu_exception\t: yes\n",
             cpu, cpu);
  proc_print(text, "wp\t\t: yes\nflags\t\t:");
  print_flags(text, processor);
  proc_print(text, "\nbugs\t\t:\nbogomips\t: %lu.%02lu\nclflush size\t: %u\n", khz / 500,
             khz / 5 % 100, processor->flush_bytes);
  proc_print(text, "cache_alignment\t: %u\naddress sizes\t: %u bits physical, %u bits virtual\n",
             processor->flush_bytes, processor->physical_bits, processor->virtual_bits);
  proc_print(text, "power management:\n\n");
}

/* All CPUs are alike; what there is to read says the one that this runs on. */
void proc_cpuinfo(struct proc_text *text)
{
  struct processor processor;
  read_processor(&processor);
  for (unsigned int cpu = 0; cpu < start_info->cpu_count; cpu++)
    print_processor(text, &processor, cpu);
}
