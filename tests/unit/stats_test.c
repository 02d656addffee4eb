/* Tests of uhyve/stats.c: sums over CPUs, and that what is printed can be read by a program. */
#include "uhyve/stats.h"

#include <linux/kvm.h>
#include <stdlib.h>
#include <string.h>

#include "uhyve/vm.h"
#include "unit_test.h"

#define CPUS        3u
#define TSC_KHZ     2000u /* two cycles are a microsecond */
#define MAX_FIGURES 64u

struct figure
{
  char name[64];
  unsigned long long value;
};

/* What stats_print has printed. */
struct report
{
  struct figure figures[MAX_FIGURES];
  unsigned int count;
};

static struct vcpu vcpus[CPUS] = {{.tsc_khz = TSC_KHZ}, {.tsc_khz = TSC_KHZ}, {.tsc_khz = TSC_KHZ}};

static void vm_create_counted(struct vm *vm)
{
  memset(vm, 0, sizeof(*vm));
  vm->vcpu_count = CPUS;
  vm->vcpus = vcpus;
  assert_int_equal(stats_create(&vm->stats, CPUS, true), 0);
}

static char *print(const struct vm *vm, bool json)
{
  char *text = NULL;
  size_t text_bytes = 0;
  FILE *out = open_memstream(&text, &text_bytes);
  assert_non_null(out);
  stats_print(out, vm, json);
  assert_int_equal(fclose(out), 0);
  return text;
}

/* One object of names and whole numbers, on one line. */
static void read_json(const char *text, struct report *report)
{
  const char *at = text;
  report->count = 0;
  assert_int_equal(*at++, '{');
  for (;;)
  {
    struct figure *figure = &report->figures[report->count++];
    int used = 0;
    assert_true(report->count < MAX_FIGURES);
    /* NOLINTNEXTLINE(cert-err34-c): what is too big fails the test by its value */
    assert_int_equal(sscanf(at, "\"%63[a-z0-9_-]\": %llu%n", figure->name, &figure->value, &used),
                     2);
    at += used;
    if (*at != ',')
      break;
    assert_int_equal(at[1], ' ');
    at += 2;
  }
  assert_string_equal(at, "}\n");
}

/* Lines of group, name and number, in the names that JSON has for them. */
static void read_text(char *text, struct report *report)
{
  char *rest = text;
  report->count = 0;
  assert_string_equal(strtok_r(text, "\n", &rest), "uhyve: statistics");
  for (char *line = strtok_r(NULL, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest))
  {
    struct figure *figure = &report->figures[report->count++];
    char group[24];
    char name[24];
    assert_true(report->count < MAX_FIGURES);
    /* NOLINTNEXTLINE(cert-err34-c): what is too big fails the test by its value */
    assert_int_equal(sscanf(line, " %23s %23s %llu", group, name, &figure->value), 3);
    snprintf(figure->name, sizeof(figure->name), "%s_%s", group, name);
  }
}

/* A figure's value; -1: not printed. A name is there once. */
static long long find(const struct report *report, const char *name)
{
  long long value = -1;
  for (unsigned int i = 0; i < report->count; i++)
    if (strcmp(report->figures[i].name, name) == 0)
    {
      if (value != -1)
        fail_msg("%s is there twice", name);
      value = (long long) report->figures[i].value;
    }
  return value;
}

/* Checks with JSON and with text, which say the same. */
static void with_reports(const struct vm *vm, void (*check)(const struct report *report))
{
  struct report report;
  for (unsigned int json = 0; json < 2; json++)
  {
    char *text = print(vm, json == 1);
    if (json == 1)
      read_json(text, &report);
    else
      read_text(text, &report);
    free(text);
    for (unsigned int i = 0; i < report.count; i++)
      find(&report, report.figures[i].name);
    check(&report);
  }
}

static void check_counts(const struct report *report)
{
  assert_int_equal(find(report, "vm_exits_io"), 1 + 2 + 3);
  assert_int_equal(find(report, "vm_exits_hlt"), 1);
  assert_int_equal(find(report, "vm_exits_mmio"), -1);
  assert_int_equal(find(report, "hypercalls_exit"), 1);
  assert_int_equal(find(report, "hypercalls_write"), 6);
  assert_int_equal(find(report, "hypercalls_read"), -1);
  assert_true(find(report, "memory_kib_peak") > 0);
  assert_true(find(report, "page_faults_host") > 0);
}

static void sums_over_cpus(void **state)
{
  (void) state;
  struct vm *vm = malloc(sizeof(*vm));
  assert_non_null(vm);
  vm_create_counted(vm);
  for (unsigned int cpu = 0; cpu < CPUS; cpu++)
    for (unsigned int i = 0; i <= cpu; i++)
    {
      stats_count_exit(&vm->stats, cpu, KVM_EXIT_IO);
      stats_count_hypercall(&vm->stats, cpu, HC_write);
    }
  stats_count_exit(&vm->stats, 2, KVM_EXIT_HLT);
  stats_count_hypercall(&vm->stats, 0, HC_exit);
  with_reports(vm, check_counts);
  stats_destroy(&vm->stats);
  free(vm);
}

static void check_others(const struct report *report)
{
  assert_int_equal(find(report, "vm_exits_other"), 5);
}

/* Exits without a name of their own are one figure. */
static void counts_unknown_exits_together(void **state)
{
  (void) state;
  struct vm *vm = malloc(sizeof(*vm));
  assert_non_null(vm);
  vm_create_counted(vm);
  stats_count_exit(&vm->stats, 0, KVM_EXIT_HYPERCALL);
  stats_count_exit(&vm->stats, 0, KVM_EXIT_WATCHDOG);
  stats_count_exit(&vm->stats, 1, STATS_EXIT_REASONS - 1);
  stats_count_exit(&vm->stats, 1, STATS_EXIT_REASONS);
  stats_count_exit(&vm->stats, 2, UINT32_MAX);
  with_reports(vm, check_others);
  stats_destroy(&vm->stats);
  free(vm);
}

static void check_no_hypercalls(const struct report *report)
{
  for (unsigned int i = 0; i < report->count; i++)
    assert_null(strstr(report->figures[i].name, "hypercalls"));
}

/* The sanitizer sees a count beside the table. */
static void takes_any_port(void **state)
{
  (void) state;
  struct vm *vm = malloc(sizeof(*vm));
  assert_non_null(vm);
  vm_create_counted(vm);
  for (uint32_t port = 0; port <= UINT16_MAX; port++)
    if (port < HC_exit || port >= HC_time_zone + HC_PORT_STEP)
      stats_count_hypercall(&vm->stats, CPUS - 1, (uint16_t) port);
  with_reports(vm, check_no_hypercalls);
  stats_destroy(&vm->stats);
  free(vm);
}

static void check_guest(const struct report *report)
{
  assert_int_equal(find(report, "guest_switches"), 1 + 2 + 3);
  assert_int_equal(find(report, "guest_wake_ups"), 10 * (1 + 2 + 3));
  assert_int_equal(find(report, "guest_ipis"), 0);
  assert_int_equal(find(report, "guest_timer_interrupts"), 100 * (1 + 2 + 3));
  assert_int_equal(find(report, "guest_other_interrupts"), 5);
  assert_int_equal(find(report, "guest_upcalls"), 7);
  assert_int_equal(find(report, "guest_nucleus_calls"), 11);
  assert_int_equal(find(report, "guest_page_faults"), 13);
  assert_int_equal(find(report, "guest_tlb_shootdowns"), 17);
  assert_int_equal(find(report, "guest_steals"), (long long) UINT64_MAX);
}

static struct uhyve_cpu_counters *counters_of(struct vm *vm, unsigned int cpu)
{
  struct uhyve_upcall_area *area = guest_layout_boot_hva(
      &vm->layout, &vm->memory, guest_layout_upcall_gva(&vm->layout, cpu) + CPU_UPCALL_AREA_OFFSET);
  return &area->counters;
}

/* The guest has not touched the areas of CPUs that it did not start: they count nothing. */
static void sums_what_the_guest_has_counted(void **state)
{
  (void) state;
  struct vm *vm = malloc(sizeof(*vm));
  assert_non_null(vm);
  vm_create_counted(vm);
  assert_int_equal(guest_memory_reserve(&vm->memory, 16 * MIB), 0);
  vm->layout.boot_gpa = UHYVE_IMAGE_BASE;
  vm->layout.upcall_gva = UHYVE_KERNEL_BASE + 8 * KIB;
  stats_read_guest(vm);
  assert_int_equal(vm->stats.guest.switches, 0);
  for (unsigned int cpu = 0; cpu < CPUS; cpu++)
    *counters_of(vm, cpu) =
        (struct uhyve_cpu_counters){.switches = cpu + 1u,
                                    .wake_ups = 10 * (cpu + UINT64_C(1)),
                                    .timer_interrupts = 100 * (cpu + UINT64_C(1))};
  counters_of(vm, 0)->other_interrupts = 5;
  counters_of(vm, 1)->upcalls = 7;
  counters_of(vm, 2)->nucleus_calls = 11;
  counters_of(vm, 0)->page_faults = 13;
  counters_of(vm, 1)->tlb_shootdowns = 17;
  counters_of(vm, 2)->steals = UINT64_MAX;
  stats_read_guest(vm);
  with_reports(vm, check_guest);
  guest_memory_release(&vm->memory);
  stats_destroy(&vm->stats);
  free(vm);
}

static void check_times(const struct report *report)
{
  assert_int_equal(find(report, "launch_us_to_guest"), 500);
  assert_int_equal(find(report, "launch_us_to_main"), 250);
  assert_int_equal(find(report, "run_us_main"), 1000000);
}

static void check_no_times(const struct report *report)
{
  assert_int_equal(find(report, "launch_us_to_main"), 0);
  assert_int_equal(find(report, "run_us_main"), 0);
}

static void times_are_never_negative(void **state)
{
  (void) state;
  struct vm *vm = malloc(sizeof(*vm));
  assert_non_null(vm);
  vm_create_counted(vm);
  uint64_t *tsc = vm->timeline.tsc;
  tsc[TIMELINE_EXEC] = 1000;
  tsc[TIMELINE_RUN] = 2000;
  tsc[TIMELINE_MAIN] = 2500;
  tsc[TIMELINE_EXIT] = 2002500;
  with_reports(vm, check_times);
  /* main() was never reached, or the guest made that up. */
  tsc[TIMELINE_MAIN] = 0;
  with_reports(vm, check_no_times);
  tsc[TIMELINE_MAIN] = 1;
  tsc[TIMELINE_EXIT] = 0;
  with_reports(vm, check_no_times);
  stats_destroy(&vm->stats);
  free(vm);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(sums_over_cpus),           cmocka_unit_test(counts_unknown_exits_together),
      cmocka_unit_test(takes_any_port),           cmocka_unit_test(sums_what_the_guest_has_counted),
      cmocka_unit_test(times_are_never_negative),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
