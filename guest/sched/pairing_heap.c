/* Pairing heap. */
#include "sched/pairing_heap.h"

#include <stdbool.h>
#include <stddef.h>

static bool is_before(const struct heap_node *a, const struct heap_node *b)
{
  return a->key != b->key ? a->key < b->key : a->order < b->order;
}

/* Both are roots without siblings. Returns the smaller, with the other as its first child. */
static struct heap_node *link_roots(struct heap_node *a, struct heap_node *b)
{
  struct heap_node *parent = is_before(a, b) ? a : b;
  struct heap_node *child = parent == a ? b : a;
  child->next = parent->child;
  if (child->next != NULL)
    child->next->previous = child;
  child->previous = parent;
  parent->child = child;
  return parent;
}

/* Two passes: pairs from the left, then all from the right. */
static struct heap_node *join_siblings(struct heap_node *node)
{
  struct heap_node *pairs = NULL; /* linked by next, the last one first */
  while (node != NULL)
  {
    struct heap_node *first = node;
    struct heap_node *second = node->next;
    node = second != NULL ? second->next : NULL;
    if (second != NULL)
      first = link_roots(first, second);
    first->next = pairs;
    pairs = first;
  }
  struct heap_node *root = NULL;
  while (pairs != NULL)
  {
    struct heap_node *pair = pairs;
    pairs = pair->next;
    root = root != NULL ? link_roots(root, pair) : pair;
  }
  if (root != NULL)
  {
    root->next = NULL;
    root->previous = NULL;
  }
  return root;
}

void heap_insert(struct heap *heap, struct heap_node *node)
{
  node->order = heap->inserted++;
  node->child = NULL;
  node->next = NULL;
  node->previous = NULL;
  heap->first = heap->first != NULL ? link_roots(heap->first, node) : node;
}

void heap_remove(struct heap *heap, struct heap_node *node)
{
  struct heap_node *children = node->child != NULL ? join_siblings(node->child) : NULL;
  if (heap->first == node)
  {
    heap->first = children;
    return;
  }
  if (node->previous->child == node)
    node->previous->child = node->next;
  else
    node->previous->next = node->next;
  if (node->next != NULL)
    node->next->previous = node->previous;
  if (children != NULL)
    heap->first = link_roots(heap->first, children);
}

/* The node after this one in a walk that visits parents first; null at the end. */
static struct heap_node *successor(struct heap_node *node)
{
  if (node->child != NULL)
    return node->child;
  while (node != NULL && node->next == NULL)
  {
    /* Up: the first of the siblings has the parent as its previous. */
    while (node->previous != NULL && node->previous->child != node)
      node = node->previous;
    node = node->previous;
  }
  return node != NULL ? node->next : NULL;
}

void heap_for_each(const struct heap *heap, void (*visit)(struct heap_node *node, void *argument),
                   void *argument)
{
  for (struct heap_node *node = heap->first; node != NULL; node = successor(node))
    visit(node, argument);
}
