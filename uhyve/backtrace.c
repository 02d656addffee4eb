/* Unwinds the guest's stack: by call frame information, else by frame pointers, else by a look
 * for return addresses near the stack pointer. */
#include "backtrace.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hypercalls/hypercalls.h"
#include "symbols.h"

/* DWARF's register numbers, System V ABI for AMD64, version 1.0, figure 3.36. */
enum
{
  REG_RBP = 6,
  REG_RSP = 7,
  REG_RA = 16,
  REG_COUNT = 17
};

#define EXPRESSION_STACK 16
#define EXPRESSION_STEPS 64
#define SCAN_SLOTS       16
#define MAX_FRAME_BYTES  (16u << 20) /* of a frame found by its frame pointer */

struct cpu_state
{
  uint64_t reg[REG_COUNT]; /* reg[REG_RA] is the program counter */
  uint32_t known;          /* bit n: reg[n] holds */
};

struct walk
{
  struct symbols *symbols;
  backtrace_read_fn read;
  void *context;
  struct cpu_state state;
  bool is_return;
};

static int read_word(const struct walk *walk, uint64_t gva, uint64_t *word)
{
  return walk->read(walk->context, gva, word, sizeof *word);
}

static int get_register(const struct cpu_state *state, uint64_t number, uint64_t *value)
{
  if (number >= REG_COUNT || (state->known & (1u << number)) == 0)
    return -ENOENT;
  *value = state->reg[number];
  return 0;
}

static void set_register(struct cpu_state *state, unsigned number, uint64_t value)
{
  state->reg[number] = value;
  state->known |= 1u << number;
}

/* ---- DWARF expressions: just what compilers write into call frame information ---- */

struct expression
{
  const struct walk *walk;
  const uint64_t *cfa; /* NULL while the CFA itself is computed */
  uint64_t stack[EXPRESSION_STACK];
  size_t depth;
  bool is_value; /* the result is the value, not the address where it was saved */
};

static int push(struct expression *expression, uint64_t value)
{
  if (expression->depth == EXPRESSION_STACK)
    return -ENOTSUP;
  expression->stack[expression->depth++] = value;
  return 0;
}

static int push_register(struct expression *expression, uint64_t number, uint64_t offset)
{
  uint64_t value;

  if (get_register(&expression->walk->state, number, &value) != 0)
    return -ENOENT;
  return push(expression, value + offset);
}

static int binary_op(struct expression *expression, uint8_t atom)
{
  uint64_t a, b, result;

  if (expression->depth < 2)
    return -ENOTSUP;
  b = expression->stack[--expression->depth];
  a = expression->stack[--expression->depth];
  switch (atom)
  {
  case DW_OP_plus:
    result = a + b;
    break;
  case DW_OP_minus:
    result = a - b;
    break;
  case DW_OP_and:
    result = a & b;
    break;
  case DW_OP_shl:
    result = b < 64 ? a << b : 0;
    break;
  case DW_OP_ge:
    result = (int64_t) a >= (int64_t) b;
    break;
  default:
    return -ENOTSUP;
  }
  return push(expression, result);
}

static int unary_op(struct expression *expression, const Dwarf_Op *op)
{
  uint64_t *top;

  if (expression->depth == 0)
    return -ENOTSUP;
  top = &expression->stack[expression->depth - 1];
  if (op->atom == DW_OP_deref)
    return read_word(expression->walk, *top, top);
  *top += op->number; /* DW_OP_plus_uconst */
  return 0;
}

static int step(struct expression *expression, const Dwarf_Op *op)
{
  uint8_t atom = op->atom;

  if (atom >= DW_OP_breg0 && atom <= DW_OP_breg31)
    return push_register(expression, atom - DW_OP_breg0, op->number);
  if (atom >= DW_OP_lit0 && atom <= DW_OP_lit31)
    return push(expression, atom - DW_OP_lit0);
  if (atom >= DW_OP_reg0 && atom <= DW_OP_reg31)
  {
    expression->is_value = true;
    return push_register(expression, atom - DW_OP_reg0, 0);
  }
  switch (atom)
  {
  case DW_OP_regx:
    expression->is_value = true;
    return push_register(expression, op->number, 0);
  case DW_OP_bregx:
    return push_register(expression, op->number, op->number2);
  case DW_OP_call_frame_cfa:
    return expression->cfa == NULL ? -ENOTSUP : push(expression, *expression->cfa);
  case DW_OP_const1u:
  case DW_OP_const1s:
  case DW_OP_const2u:
  case DW_OP_const2s:
  case DW_OP_const4u:
  case DW_OP_const4s:
  case DW_OP_const8u:
  case DW_OP_const8s:
  case DW_OP_constu:
  case DW_OP_consts:
    return push(expression, op->number);
  case DW_OP_plus_uconst:
  case DW_OP_deref:
    return unary_op(expression, op);
  case DW_OP_stack_value:
    expression->is_value = true;
    return 0;
  default:
    return binary_op(expression, atom);
  }
}

/* No branch is known, so the operations are done once each. */
static int evaluate(struct expression *expression, const Dwarf_Op *ops, size_t count,
                    uint64_t *result)
{
  if (count == 0 || count > EXPRESSION_STEPS)
    return -ENOTSUP;
  for (size_t i = 0; i < count; i++)
  {
    int error = step(expression, &ops[i]);

    if (error != 0)
      return error;
  }
  if (expression->depth == 0)
    return -ENOTSUP;
  *result = expression->stack[expression->depth - 1];
  return 0;
}

/* ---- One step out by call frame information ---- */

static int frame_cfa(const struct walk *walk, Dwarf_Frame *rules, uint64_t *cfa)
{
  struct expression expression = {.walk = walk};
  Dwarf_Op *ops;
  size_t count;

  if (dwarf_frame_cfa(rules, &ops, &count) != 0)
    return -ENOTSUP;
  return evaluate(&expression, ops, count, cfa);
}

/* The caller's value of a register; -ENOENT if it is lost. */
static int caller_register(const struct walk *walk, Dwarf_Frame *rules, uint64_t cfa,
                           unsigned number, uint64_t *value)
{
  struct expression expression = {.walk = walk, .cfa = &cfa};
  Dwarf_Op memory[3];
  Dwarf_Op *ops;
  size_t count;
  int error;

  if (dwarf_frame_register(rules, (int) number, memory, &ops, &count) != 0)
    return -ENOTSUP;
  if (count == 0)
    return ops == NULL ? get_register(&walk->state, number, value) : -ENOENT;
  error = evaluate(&expression, ops, count, value);
  if (error == 0 && !expression.is_value)
    error = read_word(walk, *value, value);
  return error;
}

/* Sets 'caller' from the rules. A register that cannot be found is unknown from there on; only a
 * missing return address ends the walk. */
static int apply_rules(const struct walk *walk, Dwarf_Frame *rules, struct cpu_state *caller,
                       bool *is_signal)
{
  uint64_t cfa, value;
  int error = frame_cfa(walk, rules, &cfa);

  if (error != 0)
    return error;
  if (dwarf_frame_info(rules, NULL, NULL, is_signal) != REG_RA)
    return -ENOTSUP;
  for (unsigned i = 0; i < REG_COUNT; i++)
  {
    if (i == REG_RSP)
      continue;
    error = caller_register(walk, rules, cfa, i, &value);
    if (error == 0)
      set_register(caller, i, value);
    else if (i == REG_RA)
      return error;
  }
  /* The CFA is the caller's stack pointer, unless rules restore that too (a signal frame). */
  if (!*is_signal || caller_register(walk, rules, cfa, REG_RSP, &value) != 0)
    value = cfa;
  set_register(caller, REG_RSP, value);
  return 0;
}

/* ---- One step out without it ---- */

/* A return address points into code, behind a call instruction: E8 with a 32-bit displacement, or
 * FF /2 with 0 to 5 bytes of addressing after the ModRM byte. */
static bool is_return_address(const struct walk *walk, uint64_t pc)
{
  uint8_t code[7];

  if (!symbols_is_code(walk->symbols, pc - 1) ||
      walk->read(walk->context, pc - sizeof code, code, sizeof code) != 0)
    return false;
  if (code[2] == 0xe8)
    return true;
  for (size_t i = 0; i < sizeof code - 1; i++)
    if (code[i] == 0xff && (code[i + 1] & 0x38) == 0x10)
      return true;
  return false;
}

/* Takes the word at 'slot_gva' for the return address, if it can be one. */
static bool return_through(const struct walk *walk, uint64_t slot_gva, struct cpu_state *caller)
{
  uint64_t pc, rbp;

  if (read_word(walk, slot_gva, &pc) != 0 || !is_return_address(walk, pc))
    return false;
  *caller = walk->state;
  set_register(caller, REG_RA, pc);
  set_register(caller, REG_RSP, slot_gva + sizeof pc);
  if (get_register(&walk->state, REG_RBP, &rbp) == 0 && rbp == slot_gva - sizeof rbp &&
      read_word(walk, rbp, &rbp) == 0)
    set_register(caller, REG_RBP, rbp);
  return true;
}

static bool return_by_frame_pointer(const struct walk *walk, struct cpu_state *caller)
{
  uint64_t rbp;

  return get_register(&walk->state, REG_RBP, &rbp) == 0 && rbp % sizeof rbp == 0 &&
         rbp - walk->state.reg[REG_RSP] < MAX_FRAME_BYTES &&
         return_through(walk, rbp + sizeof rbp, caller);
}

/* Whether the function has done `push %rbp; mov %rsp, %rbp` before it came to pc. */
static bool has_frame_pointer(const struct walk *walk, uint64_t pc)
{
  static const uint8_t endbr64[] = {0xf3, 0x0f, 0x1e, 0xfa};
  static const uint8_t prologue[] = {0x55, 0x48, 0x89, 0xe5};
  uint8_t code[sizeof endbr64 + sizeof prologue];
  struct symbol_place place;
  size_t start;

  if (!symbols_lookup(walk->symbols, pc, &place) || place.function == NULL ||
      walk->read(walk->context, pc - place.offset, code, sizeof code) != 0)
    return false;
  start = memcmp(code, endbr64, sizeof endbr64) == 0 ? sizeof endbr64 : 0;
  return memcmp(code + start, prologue, sizeof prologue) == 0 &&
         place.offset >= start + sizeof prologue;
}

/* For assembler code, and after a jump to nowhere: such code mostly has its return address on top
 * of the stack or, when it has pushed registers, a little above. */
static int guess(const struct walk *walk, struct cpu_state *caller)
{
  uint64_t rsp = walk->state.reg[REG_RSP];

  if (has_frame_pointer(walk, walk->state.reg[REG_RA]) && return_by_frame_pointer(walk, caller))
    return 0;
  for (unsigned i = 0; i < SCAN_SLOTS; i++)
    if (return_through(walk, rsp + i * sizeof rsp, caller))
      return 0;
  return return_by_frame_pointer(walk, caller) ? 0 : -ENOENT;
}

/* ---- The walk ---- */

static int step_out(struct walk *walk)
{
  struct cpu_state caller = {.known = 0};
  struct Dwarf_Frame_s *rules;
  bool is_signal = false;
  uint64_t pc = walk->state.reg[REG_RA];
  int error;

  if (symbols_is_code(walk->symbols, pc) &&
      symbols_unwind_rules(walk->symbols, walk->is_return ? pc - 1 : pc, &rules) == 0)
  {
    error = apply_rules(walk, rules, &caller, &is_signal);
    free(rules);
  }
  else
    error = guess(walk, &caller);
  if (error != 0)
    return error;
  /* A caller's frame lies above: this ends every cycle. */
  if (caller.reg[REG_RSP] <= walk->state.reg[REG_RSP])
    return -ELOOP;
  if (caller.reg[REG_RA] == 0 || !symbols_is_code(walk->symbols, caller.reg[REG_RA] - 1))
    return -ENOENT;
  walk->state = caller;
  walk->is_return = !is_signal;
  return 0;
}

size_t backtrace_walk(struct symbols *symbols, const struct hc_registers *registers,
                      backtrace_read_fn read, void *context, struct backtrace_frame *frames,
                      size_t max)
{
  const struct hc_registers *r = registers;
  struct walk walk = {
      .symbols = symbols,
      .read = read,
      .context = context,
      .state = {.reg = {r->rax, r->rdx, r->rcx, r->rbx, r->rsi, r->rdi, r->rbp, r->rsp, r->r8,
                        r->r9, r->r10, r->r11, r->r12, r->r13, r->r14, r->r15, r->rip},
                .known = (1u << REG_COUNT) - 1},
  };
  size_t count = 0;

  if (max > BACKTRACE_MAX_FRAMES)
    max = BACKTRACE_MAX_FRAMES;
  while (count < max)
  {
    frames[count].pc = walk.state.reg[REG_RA];
    frames[count].is_return = walk.is_return;
    count++;
    if (step_out(&walk) != 0)
      break;
  }
  return count;
}
