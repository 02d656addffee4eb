/* Tests of guest/sched/pairing_heap.c: against a sorted array. */
#include "sched/pairing_heap.h"

#include <stdbool.h>
#include <stdlib.h>

#include "unit_test.h"

enum
{
  NODES = 400,
  OPERATIONS = 100000
};

/* The nodes of a heap in the order they have to leave it. */
struct model
{
  struct heap heap;
  struct heap_node *sorted[NODES];
  size_t count;
};

static void model_insert(struct model *model, struct heap_node *node, uint64_t key)
{
  node->key = key;
  heap_insert(&model->heap, node);
  /* Behind its equals. */
  size_t place = model->count;
  for (; place > 0 && model->sorted[place - 1]->key > key; place--)
    model->sorted[place] = model->sorted[place - 1];
  model->sorted[place] = node;
  model->count++;
}

static struct heap_node *model_remove(struct model *model, size_t place)
{
  struct heap_node *node = model->sorted[place];
  heap_remove(&model->heap, node);
  model->count--;
  for (; place < model->count; place++)
    model->sorted[place] = model->sorted[place + 1];
  return node;
}

static void assert_first(const struct model *model)
{
  assert_ptr_equal(model->heap.first, model->count > 0 ? model->sorted[0] : NULL);
}

/* Each node once, the links consistent. */
struct walk
{
  const struct heap_node *seen[NODES];
  size_t count;
};

static void visit(struct heap_node *node, void *argument)
{
  struct walk *walk = argument;
  for (size_t i = 0; i < walk->count; i++)
    assert_ptr_not_equal(walk->seen[i], node);
  assert_true(walk->count < NODES);
  walk->seen[walk->count++] = node;
  if (node->child != NULL)
  {
    assert_ptr_equal(node->child->previous, node);
    assert_true(node->child->key >= node->key);
  }
  if (node->next != NULL)
    assert_ptr_equal(node->next->previous, node);
}

static void assert_walk(const struct model *model)
{
  struct walk walk = {.count = 0};
  heap_for_each(&model->heap, visit, &walk);
  assert_int_equal(walk.count, model->count);
}

static void test_empty(void **state)
{
  (void) state;
  struct model model = {.count = 0};
  struct heap_node node;
  assert_first(&model);
  assert_walk(&model);
  model_insert(&model, &node, 7);
  assert_first(&model);
  model_remove(&model, 0);
  assert_first(&model);
  assert_walk(&model);
}

static void test_equals_leave_in_order(void **state)
{
  (void) state;
  struct model model = {.count = 0};
  struct heap_node nodes[NODES];
  for (size_t i = 0; i < NODES; i++)
    model_insert(&model, &nodes[i], i % 2);
  for (size_t i = 0; i < NODES; i++)
  {
    struct heap_node *first = model.heap.first;
    assert_ptr_equal(first, &nodes[i < NODES / 2 ? 2 * i : 2 * (i - NODES / 2) + 1]);
    assert_ptr_equal(model_remove(&model, 0), first);
  }
}

static void test_ascending_and_descending(void **state)
{
  (void) state;
  struct heap_node nodes[NODES];
  for (int is_descending = 0; is_descending < 2; is_descending++)
  {
    struct model model = {.count = 0};
    for (size_t i = 0; i < NODES; i++)
      model_insert(&model, &nodes[i], is_descending ? NODES - i : i);
    assert_walk(&model);
    while (model.count > 0)
    {
      model_remove(&model, 0);
      assert_first(&model);
    }
  }
}

static void test_random(void **state)
{
  (void) state;
  struct model model = {.count = 0};
  struct heap_node *nodes = calloc(NODES, sizeof(*nodes));
  assert_non_null(nodes);
  struct heap_node *free_nodes[NODES];
  size_t free_count = NODES;
  for (size_t i = 0; i < NODES; i++)
    free_nodes[i] = &nodes[i];
  uint64_t seed = 4711;
  for (unsigned int i = 0; i < OPERATIONS; i++)
  {
    /* Fuller and emptier by turns. */
    bool is_filling = i / 2000 % 2 == 0;
    bool inserts = random_next(&seed) % 8 < (is_filling ? 5 : 3);
    if ((inserts && free_count > 0) || model.count == 0)
    {
      uint64_t keys = i / 10000 % 2 == 0 ? 10 : UINT64_MAX;
      model_insert(&model, free_nodes[--free_count], random_next(&seed) % keys);
    }
    else
    {
      /* The first half of the time, else any. */
      size_t place = random_next(&seed) % 2 == 0 ? 0 : random_next(&seed) % model.count;
      free_nodes[free_count++] = model_remove(&model, place);
    }
    assert_first(&model);
    if (i % 500 == 0)
      assert_walk(&model);
  }
  free(nodes);
}

static void halve(struct heap_node *node, void *argument)
{
  (void) argument;
  node->key /= 2;
}

static void test_keys_changed_in_order(void **state)
{
  (void) state;
  struct model model = {.count = 0};
  struct heap_node nodes[NODES];
  uint64_t seed = 1;
  for (size_t i = 0; i < NODES; i++)
    model_insert(&model, &nodes[i], random_next(&seed) % 1000 * 2);
  for (size_t i = 0; i < NODES / 2; i++)
    model_remove(&model, 0);
  heap_for_each(&model.heap, halve, NULL);
  while (model.count > 0)
  {
    assert_first(&model);
    model_remove(&model, 0);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_empty),
      cmocka_unit_test(test_equals_leave_in_order),
      cmocka_unit_test(test_ascending_and_descending),
      cmocka_unit_test(test_random),
      cmocka_unit_test(test_keys_changed_in_order),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
