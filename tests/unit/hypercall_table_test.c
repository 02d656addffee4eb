/* Tests of uhyve/hypercall_table.c: blocks and buffers are checked, whatever numbers they hold. */
#include "uhyve/hypercall_table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "monitor_stubs.h"
#include "unit_test.h"

#define PAGE        UINT64_C(4096)
#define READ_ONLY   (8 * PAGE)  /* gpa of a page the guest may read */
#define FORBIDDEN   (16 * PAGE) /* of one it may not touch */
#define RAM_BYTES   (2 * MIB)
#define BLOCK       (64 * PAGE)
#define BUFFER      (80 * PAGE)
#define FREE        (128 * PAGE) /* the guest's free memory begins here, where there is some */
#define MESSAGE_END 0x7e         /* of what may be written to the message */

struct fixture
{
  struct vm *vm;
  char message[256 + 1];
};

static int set_up(void **state)
{
  struct fixture *fixture = calloc(1, sizeof(*fixture));
  assert_non_null(fixture);
  fixture->vm = calloc(1, sizeof(*fixture->vm));
  assert_non_null(fixture->vm);
  struct guest_memory *memory = &fixture->vm->memory;
  assert_int_equal(guest_memory_reserve(memory, RAM_BYTES), 0);
  memory->attached_bytes = RAM_BYTES;
  memory->mapped_bytes = RAM_BYTES;
  assert_int_equal(guest_memory_protect(memory, READ_ONLY, PAGE, GUEST_READ), 0);
  assert_int_equal(guest_memory_protect(memory, FORBIDDEN, PAGE, GUEST_NONE), 0);
  fixture->message[256] = MESSAGE_END;
  monitor_stubs = (struct monitor_stubs){0};
  *state = fixture;
  return 0;
}

static int tear_down(void **state)
{
  struct fixture *fixture = *state;
  assert_int_equal(fixture->message[256], MESSAGE_END);
  guest_memory_release(&fixture->vm->memory);
  free(fixture->vm);
  free(fixture);
  return 0;
}

static enum hypercall_verdict serve(struct fixture *fixture, uint16_t port, uint64_t gpa)
{
  fixture->message[0] = '\0';
  return hypercall_serve(fixture->vm, 1, port, gpa, fixture->message);
}

static void put(struct fixture *fixture, uint64_t gpa, const void *block, size_t bytes)
{
  void *hva = guest_memory_hva(&fixture->vm->memory, gpa, bytes);
  assert_non_null(hva);
  memcpy(hva, block, bytes);
}

static void assert_broken(struct fixture *fixture, uint16_t port, uint64_t gpa, const char *says)
{
  assert_int_equal(serve(fixture, port, gpa), HYPERCALL_BROKEN);
  if (strstr(fixture->message, says) == NULL)
    fail_msg("\"%s\" does not say \"%s\"", fixture->message, says);
  assert_int_equal(monitor_stubs.moves, 0);
  assert_int_equal(monitor_stubs.stopped, 0);
  assert_false(fixture->vm->ending);
}

struct port_block
{
  uint16_t port;
  size_t bytes;
};

static const struct port_block calls[] = {{HC_exit, sizeof(struct hc_exit)},
                                          {HC_write, sizeof(struct hc_io)},
                                          {HC_read, sizeof(struct hc_io)},
                                          {HC_crash, sizeof(struct hc_crash)},
                                          {HC_memory, sizeof(struct hc_memory)},
                                          {HC_discard, sizeof(struct hc_discard)},
                                          {HC_yield, sizeof(struct hc_yield)},
                                          {HC_clock, sizeof(struct hc_clock)},
                                          {HC_watch, sizeof(struct hc_watch)},
                                          {HC_file_open, sizeof(struct hc_file_open)},
                                          {HC_file_read, sizeof(struct hc_file_io)},
                                          {HC_file_write, sizeof(struct hc_file_io)},
                                          {HC_file_control, sizeof(struct hc_file_control)},
                                          {HC_file_list, sizeof(struct hc_file_list)},
                                          {HC_path, sizeof(struct hc_path)},
                                          {HC_terminal, sizeof(struct hc_terminal)},
                                          {HC_signals, sizeof(struct hc_signals)},
                                          {HC_time_zone, sizeof(struct hc_time_zone)}};

static void names_are_those_of_the_table(void **state)
{
  struct fixture *fixture = *state;
  unsigned int known = 0;
  for (uint32_t port = 0; port <= UINT16_MAX; port++)
  {
    if (hypercall_name((uint16_t) port) != NULL)
      known++;
    else
      assert_broken(fixture, (uint16_t) port, BLOCK, "there is no hypercall at port 0x");
  }
  assert_int_equal(known, COUNT_OF(calls));
  assert_string_equal(hypercall_name(HC_exit), "exit");
  assert_string_equal(hypercall_name(HC_write), "write");
  assert_string_equal(hypercall_name(HC_read), "read");
  assert_string_equal(hypercall_name(HC_crash), "crash");
  assert_string_equal(hypercall_name(HC_memory), "memory");
  assert_string_equal(hypercall_name(HC_discard), "discard");
  assert_string_equal(hypercall_name(HC_yield), "yield");
  assert_string_equal(hypercall_name(HC_clock), "clock");
  assert_string_equal(hypercall_name(HC_watch), "watch");
}

static void blocks_lie_in_writable_memory(void **state)
{
  struct fixture *fixture = *state;
  for (size_t i = 0; i < COUNT_OF(calls); i++)
  {
    uint64_t bytes = calls[i].bytes;
    const uint64_t bad[] = {READ_ONLY,
                            READ_ONLY + PAGE - 1,
                            FORBIDDEN,
                            FORBIDDEN - bytes + 1,
                            RAM_BYTES - bytes + 1,
                            RAM_BYTES,
                            3 * GIB,
                            4 * GIB,
                            UINT64_MAX,
                            UINT64_MAX - bytes + 1,
                            UINT64_C(1) << 63};
    for (size_t n = 0; n < COUNT_OF(bad); n++)
      assert_broken(fixture, calls[i].port, bad[n], "is not memory the guest may write");
  }
}

static void blocks_lie_in_one_page(void **state)
{
  struct fixture *fixture = *state;
  for (size_t i = 0; i < COUNT_OF(calls); i++)
    for (uint64_t inside = 1; inside < calls[i].bytes; inside++)
      assert_broken(fixture, calls[i].port, BLOCK - inside, "within one page");
  /* At the very end of a page, and of memory, there is room for one. */
  struct hc_io io = {.fd = 1};
  put(fixture, BLOCK - sizeof(io), &io, sizeof(io));
  assert_int_equal(serve(fixture, HC_write, BLOCK - sizeof(io)), HYPERCALL_CONTINUE);
  put(fixture, RAM_BYTES - sizeof(io), &io, sizeof(io));
  assert_int_equal(serve(fixture, HC_write, RAM_BYTES - sizeof(io)), HYPERCALL_CONTINUE);
}

static void transfers_use_the_list(void **state)
{
  struct fixture *fixture = *state;
  struct hc_io io = {.fd = 2, .segments = HC_MAX_SEGMENTS, .result = -1, .wait_us = 123456};
  int64_t total = 0;
  for (uint64_t i = 0; i < HC_MAX_SEGMENTS; i++)
  {
    io.segment[i] = (struct hc_segment){.gpa = BUFFER + i * 3 * PAGE, .len_bytes = i * 700};
    total += (int64_t) i * 700;
  }
  for (unsigned int read = 0; read < 2; read++)
  {
    put(fixture, BLOCK, &io, sizeof(io));
    assert_int_equal(serve(fixture, read == 1 ? HC_read : HC_write, BLOCK), HYPERCALL_CONTINUE);
    assert_int_equal(monitor_stubs.fd, 2);
    assert_int_equal(monitor_stubs.count, HC_MAX_SEGMENTS);
    assert_int_equal(monitor_stubs.wait_us, 123456);
    for (uint32_t i = 0; i < HC_MAX_SEGMENTS; i++)
    {
      assert_ptr_equal(monitor_stubs.pieces[i].iov_base,
                       fixture->vm->memory.slots[0].hva + io.segment[i].gpa);
      assert_int_equal(monitor_stubs.pieces[i].iov_len, io.segment[i].len_bytes);
    }
    /* The result comes back, and nothing else changes. */
    struct hc_io expected = io;
    expected.result = total;
    assert_memory_equal(guest_memory_hva(&fixture->vm->memory, BLOCK, sizeof(io)), &expected,
                        sizeof(io));
  }
}

static void descriptors_are_the_streams_business(void **state)
{
  struct fixture *fixture = *state;
  const int32_t fds[] = {-1, 3, INT32_MAX, INT32_MIN};
  for (size_t i = 0; i < COUNT_OF(fds); i++)
  {
    struct hc_io io = {.fd = fds[i]};
    put(fixture, BLOCK, &io, sizeof(io));
    assert_int_equal(serve(fixture, HC_write, BLOCK), HYPERCALL_CONTINUE);
    memcpy(&io, guest_memory_hva(&fixture->vm->memory, BLOCK, sizeof(io)), sizeof(io));
    assert_int_equal(io.result, -EBADF);
  }
}

static void lists_have_a_limit(void **state)
{
  struct fixture *fixture = *state;
  const uint32_t counts[] = {HC_MAX_SEGMENTS + 1, 1024, INT32_MAX, UINT32_MAX};
  for (size_t i = 0; i < COUNT_OF(counts); i++)
  {
    struct hc_io io = {.fd = 1, .segments = counts[i]};
    put(fixture, BLOCK, &io, sizeof(io));
    assert_broken(fixture, HC_write, BLOCK, "at most 14 are allowed");
    assert_broken(fixture, HC_read, BLOCK, "at most 14 are allowed");
  }
}

struct segment_case
{
  struct hc_segment segment;
  bool may_read, may_write;
};

static const struct segment_case segment_cases[] = {
    {{BUFFER, PAGE}, true, true},
    {{0, 1}, true, true},
    {{READ_ONLY, PAGE}, true, false},
    {{READ_ONLY - 1, 2}, true, false},
    {{READ_ONLY + PAGE - 1, 2}, true, false},
    {{FORBIDDEN, 1}, false, false},
    {{FORBIDDEN - 1, 2}, false, false},
    {{FORBIDDEN + PAGE - 1, 1}, false, false},
    {{FORBIDDEN + PAGE, 1}, true, true},
    {{0, RAM_BYTES}, false, false},
    {{RAM_BYTES - 1, 1}, true, true},
    {{RAM_BYTES - 1, 2}, false, false},
    {{RAM_BYTES, 1}, false, false},
    {{BUFFER, UINT64_MAX}, false, false},
    {{BUFFER, UINT64_MAX - BUFFER + 1}, false, false},
    {{BUFFER, UINT64_MAX - BUFFER + 2}, false, false},
    {{UINT64_MAX, 1}, false, false},
    {{UINT64_MAX, 2}, false, false},
    {{3 * GIB, 1}, false, false},
};

static void segments_lie_in_the_guests_memory(void **state)
{
  struct fixture *fixture = *state;
  for (size_t i = 0; i < COUNT_OF(segment_cases); i++)
    for (uint32_t place = 0; place < HC_MAX_SEGMENTS; place += HC_MAX_SEGMENTS - 1)
    {
      const struct segment_case *expected = &segment_cases[i];
      struct hc_io io = {.fd = 1, .segments = HC_MAX_SEGMENTS};
      for (uint32_t n = 0; n < HC_MAX_SEGMENTS; n++)
        io.segment[n] = (struct hc_segment){.gpa = BUFFER, .len_bytes = 1};
      io.segment[place] = expected->segment;
      put(fixture, BLOCK, &io, sizeof(io));
      for (unsigned int read = 0; read < 2; read++)
      {
        uint16_t port = read == 1 ? HC_read : HC_write;
        if (read == 1 ? expected->may_write : expected->may_read)
          assert_int_equal(serve(fixture, port, BLOCK), HYPERCALL_CONTINUE);
        else
          assert_broken(fixture, port, BLOCK, "is not memory the guest may");
        monitor_stubs.moves = 0;
      }
    }
}

/* Neither an end nor a signal waits for a transfer of all memory, or of the same again and again.
 */
static void one_call_moves_no_more_than_16_mib(void **state)
{
  struct fixture *fixture = *state;
  const uint16_t ports[] = {HC_write, HC_read};
  struct hc_io io = {.fd = 1, .segments = HC_MAX_SEGMENTS};
  for (uint32_t n = 0; n < HC_MAX_SEGMENTS; n++)
    io.segment[n] = (struct hc_segment){.gpa = BUFFER, .len_bytes = RAM_BYTES - BUFFER};
  for (size_t i = 0; i < COUNT_OF(ports); i++)
  {
    put(fixture, BLOCK, &io, sizeof(io));
    assert_int_equal(serve(fixture, ports[i], BLOCK), HYPERCALL_CONTINUE);
    struct hc_io *result = guest_memory_hva(&fixture->vm->memory, BLOCK, sizeof(*result));
    assert_int_equal(result->result, 16 * MIB);
  }
  /* What is left out is checked all the same. */
  io.segment[HC_MAX_SEGMENTS - 1].gpa = RAM_BYTES;
  put(fixture, BLOCK, &io, sizeof(io));
  monitor_stubs.moves = 0;
  assert_broken(fixture, HC_write, BLOCK, "is not memory the guest may");
}

static void exit_ends_by_a_signal(void **state)
{
  struct fixture *fixture = *state;
  struct hc_exit block = {.status = 5, .signal = 65};
  put(fixture, BLOCK, &block, sizeof(block));
  assert_broken(fixture, HC_exit, BLOCK, "there is no signal 65");
  block.signal = UINT32_MAX;
  put(fixture, BLOCK, &block, sizeof(block));
  assert_broken(fixture, HC_exit, BLOCK, "there is no signal 4294967295");
  block.signal = 64;
  put(fixture, BLOCK, &block, sizeof(block));
  assert_int_equal(serve(fixture, HC_exit, BLOCK), HYPERCALL_END);
  assert_int_equal(fixture->vm->end.kind, VM_END_SIGNAL);
  assert_int_equal(fixture->vm->end.status, 64);
}

static void exit_ends_with_a_status(void **state)
{
  struct fixture *fixture = *state;
  struct hc_exit block = {.status = -255};
  put(fixture, BLOCK, &block, sizeof(block));
  assert_int_equal(serve(fixture, HC_exit, BLOCK), HYPERCALL_END);
  assert_int_equal(fixture->vm->end.kind, VM_END_EXIT);
  assert_int_equal(fixture->vm->end.status, 1);
  assert_int_equal(monitor_stubs.stopped, 1);
  /* Another CPU comes too late. */
  block.status = 7;
  put(fixture, BLOCK, &block, sizeof(block));
  assert_int_equal(serve(fixture, HC_exit, BLOCK), HYPERCALL_END);
  assert_int_equal(fixture->vm->end.status, 1);
  assert_int_equal(monitor_stubs.stopped, 1);
}

static void crash_takes_the_message(void **state)
{
  struct fixture *fixture = *state;
  char text[HC_MAX_MESSAGE_BYTES];
  memset(text, 'x', sizeof(text));
  put(fixture, BUFFER, text, sizeof(text));
  struct hc_crash block = {.cause = 77,
                           .signal = UINT32_MAX,
                           .cpu = 5,
                           .message_len_bytes = sizeof(text),
                           .message_gpa = BUFFER};
  put(fixture, BLOCK, &block, sizeof(block));
  assert_int_equal(serve(fixture, HC_crash, BLOCK), HYPERCALL_END);
  assert_int_equal(fixture->vm->end.kind, VM_END_CRASH);
  assert_int_equal(fixture->vm->end.cpu, 1); /* who called, not what the guest says */
  assert_memory_equal(&fixture->vm->end.crash, &block, sizeof(block));
  assert_memory_equal(fixture->vm->end.crash_text, text, sizeof(text));
  assert_int_equal(monitor_stubs.stopped, 1);
}

static void crash_checks_the_message(void **state)
{
  struct fixture *fixture = *state;
  struct hc_crash block = {.message_len_bytes = HC_MAX_MESSAGE_BYTES + 1, .message_gpa = BUFFER};
  put(fixture, BLOCK, &block, sizeof(block));
  assert_broken(fixture, HC_crash, BLOCK, "a message of 257 bytes, at most 256 are allowed");
  block.message_len_bytes = UINT32_MAX;
  put(fixture, BLOCK, &block, sizeof(block));
  assert_broken(fixture, HC_crash, BLOCK, "a message of 4294967295 bytes");

  const uint64_t bad[] = {FORBIDDEN, FORBIDDEN - 9, RAM_BYTES - 9, UINT64_MAX - 9, UINT64_MAX};
  block.message_len_bytes = 10;
  for (size_t i = 0; i < COUNT_OF(bad); i++)
  {
    block.message_gpa = bad[i];
    put(fixture, BLOCK, &block, sizeof(block));
    assert_broken(fixture, HC_crash, BLOCK, "is not memory the guest may read");
  }
  /* Without a message its address does not count. */
  block.message_len_bytes = 0;
  put(fixture, BLOCK, &block, sizeof(block));
  assert_int_equal(serve(fixture, HC_crash, BLOCK), HYPERCALL_END);
  assert_int_equal(fixture->vm->end.crash_text[0], '\0');
}

static void memory_tells_what_there_is(void **state)
{
  struct fixture *fixture = *state;
  const struct
  {
    int64_t answer, result;
    uint64_t memory_bytes;
  } cases[] = {{7 * MIB, 0, 7 * MIB}, {-ENOMEM, -ENOMEM, UINT64_MAX}};
  for (size_t i = 0; i < COUNT_OF(cases); i++)
  {
    struct hc_memory block = {.memory_bytes = UINT64_MAX, .result = 1};
    monitor_stubs.attach_result = cases[i].answer;
    put(fixture, BLOCK, &block, sizeof(block));
    assert_int_equal(serve(fixture, HC_memory, BLOCK), HYPERCALL_CONTINUE);
    assert_int_equal(monitor_stubs.memory_bytes, UINT64_MAX);
    memcpy(&block, guest_memory_hva(&fixture->vm->memory, BLOCK, sizeof(block)), sizeof(block));
    assert_int_equal(block.result, cases[i].result);
    assert_int_equal(block.memory_bytes, cases[i].memory_bytes);
  }
}

/* Fills a page of RAM; returns what is there. */
static uint8_t *fill_page(struct fixture *fixture, uint64_t gpa, int byte)
{
  uint8_t *page = guest_memory_hva(&fixture->vm->memory, gpa, PAGE);
  memset(page, byte, PAGE);
  return page;
}

static void discarded_pages_are_zero(void **state)
{
  struct fixture *fixture = *state;
  fixture->vm->layout.memory_gpa = FREE;
  struct hc_discard block = {.segments = HC_MAX_SEGMENTS, .result = 1};
  for (uint32_t i = 0; i < HC_MAX_SEGMENTS; i++)
    block.segment[i] = (struct hc_segment){.gpa = FREE + 2 * PAGE * i, .len_bytes = PAGE};
  block.segment[3].len_bytes = 0;
  for (uint32_t i = 0; i < 2 * HC_MAX_SEGMENTS; i++)
    fill_page(fixture, FREE + i * PAGE, 0x5a);
  put(fixture, BLOCK, &block, sizeof(block));
  assert_int_equal(serve(fixture, HC_discard, BLOCK), HYPERCALL_CONTINUE);
  memcpy(&block, guest_memory_hva(&fixture->vm->memory, BLOCK, sizeof(block)), sizeof(block));
  assert_int_equal(block.result, 0);
  for (uint32_t i = 0; i < 2 * HC_MAX_SEGMENTS; i++)
  {
    const uint8_t *page = guest_memory_hva(&fixture->vm->memory, FREE + i * PAGE, PAGE);
    uint8_t expected = i % 2 == 0 && i != 6 ? 0 : 0x5a;
    assert_int_equal(page[0], expected);
    assert_int_equal(page[PAGE - 1], expected);
  }
}

/* Nothing is dropped if one of the segments is wrong. */
static void discards_are_whole_pages_of_free_memory(void **state)
{
  struct fixture *fixture = *state;
  fixture->vm->layout.memory_gpa = FREE;
  const struct hc_segment bad[] = {{FREE - PAGE, PAGE},
                                   {FREE - PAGE, 2 * PAGE},
                                   {BUFFER, PAGE},
                                   {READ_ONLY, PAGE},
                                   {FORBIDDEN, PAGE},
                                   {FREE + 1, PAGE},
                                   {FREE, PAGE - 1},
                                   {FREE, 1},
                                   {FREE + PAGE / 2, PAGE / 2},
                                   {RAM_BYTES, PAGE},
                                   {RAM_BYTES - PAGE, 2 * PAGE},
                                   {3 * GIB, PAGE},
                                   {FREE, UINT64_MAX - PAGE + 1},
                                   {FREE, UINT64_MAX - FREE + 1},
                                   {UINT64_MAX - PAGE + 1, PAGE},
                                   {UINT64_MAX, 1}};
  for (size_t i = 0; i < COUNT_OF(bad); i++)
  {
    const uint8_t *page = fill_page(fixture, FREE + PAGE, 0x5a);
    struct hc_discard block = {.segments = 2, .segment = {{FREE + PAGE, PAGE}, bad[i]}};
    put(fixture, BLOCK, &block, sizeof(block));
    assert_broken(fixture, HC_discard, BLOCK, "segment 1");
    assert_broken(fixture, HC_discard, BLOCK, "is not whole pages of the guest's free memory");
    assert_int_equal(page[0], 0x5a);
  }
  const uint32_t counts[] = {HC_MAX_SEGMENTS + 1, UINT32_MAX};
  for (size_t i = 0; i < COUNT_OF(counts); i++)
  {
    struct hc_discard block = {.segments = counts[i]};
    put(fixture, BLOCK, &block, sizeof(block));
    assert_broken(fixture, HC_discard, BLOCK, "at most 14 are allowed");
  }
}

static void yield_comes_back(void **state)
{
  struct fixture *fixture = *state;
  struct hc_yield block = {.result = 1};
  put(fixture, BLOCK, &block, sizeof(block));
  assert_int_equal(serve(fixture, HC_yield, BLOCK), HYPERCALL_CONTINUE);
  memcpy(&block, guest_memory_hva(&fixture->vm->memory, BLOCK, sizeof(block)), sizeof(block));
  assert_int_equal(block.result, 0);
}

static void clock_tells_whether_it_is_followed(void **state)
{
  struct fixture *fixture = *state;
  const int answers[] = {0, -ENOMEM};
  for (size_t i = 0; i < COUNT_OF(answers); i++)
  {
    struct hc_clock block = {.result = 1};
    monitor_stubs.clock_result = answers[i];
    put(fixture, BLOCK, &block, sizeof(block));
    assert_int_equal(serve(fixture, HC_clock, BLOCK), HYPERCALL_CONTINUE);
    memcpy(&block, guest_memory_hva(&fixture->vm->memory, BLOCK, sizeof(block)), sizeof(block));
    assert_int_equal(block.result, answers[i]);
    assert_int_equal(monitor_stubs.clock_starts, i + 1);
  }
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

static void watches_are_for_the_caller(void **state)
{
  struct fixture *fixture = *state;
  const int32_t fds[] = {0, 1, 2, -1, INT32_MAX, INT32_MIN};
  for (size_t i = 0; i < COUNT_OF(fds); i++)
    for (uint32_t event = 0; event < STREAM_EVENTS; event++)
    {
      struct hc_watch block = {.fd = fds[i], .event = event, .result = 1};
      monitor_stubs.watch_result = i % 2 == 0 ? 0 : -EBADF;
      put(fixture, BLOCK, &block, sizeof(block));
      assert_int_equal(serve(fixture, HC_watch, BLOCK), HYPERCALL_CONTINUE);
      memcpy(&block, guest_memory_hva(&fixture->vm->memory, BLOCK, sizeof(block)), sizeof(block));
      assert_int_equal(block.result, monitor_stubs.watch_result);
      assert_int_equal(monitor_stubs.watched_fd, fds[i]);
      assert_int_equal(monitor_stubs.watched_event, event);
      assert_int_equal(monitor_stubs.watched_cpu, 1);
    }
}

static void watches_are_for_known_events(void **state)
{
  struct fixture *fixture = *state;
  const uint32_t events[] = {HC_EVENT_LOOK + 1, INT32_MAX, UINT32_MAX};
  for (size_t i = 0; i < COUNT_OF(events); i++)
  {
    struct hc_watch block = {.fd = 0, .event = events[i]};
    put(fixture, BLOCK, &block, sizeof(block));
    assert_broken(fixture, HC_watch, BLOCK, "hypercall watch: there is no event ");
  }
  assert_int_equal(monitor_stubs.watches, 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(names_are_those_of_the_table),
      TEST(blocks_lie_in_writable_memory),
      TEST(blocks_lie_in_one_page),
      TEST(transfers_use_the_list),
      TEST(descriptors_are_the_streams_business),
      TEST(lists_have_a_limit),
      TEST(segments_lie_in_the_guests_memory),
      TEST(exit_ends_with_a_status),
      TEST(one_call_moves_no_more_than_16_mib),
      TEST(exit_ends_by_a_signal),
      TEST(crash_takes_the_message),
      TEST(crash_checks_the_message),
      TEST(memory_tells_what_there_is),
      TEST(discarded_pages_are_zero),
      TEST(discards_are_whole_pages_of_free_memory),
      TEST(yield_comes_back),
      TEST(clock_tells_whether_it_is_followed),
      TEST(watches_are_for_the_caller),
      TEST(watches_are_for_known_events),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
