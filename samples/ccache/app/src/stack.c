#include "app.h"

#include <stdlib.h>

void push(struct stack *stack, double value) {
  if (stack->depth == sizeof stack->values / sizeof *stack->values) abort();
  stack->values[stack->depth++] = value;
}

double pop(struct stack *stack) {
  if (stack->depth == 0) abort();
  return stack->values[--stack->depth];
}
