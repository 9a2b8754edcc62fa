#include "app.h"

int apply(struct stack *stack, char sign) {
  double right = pop(stack), left = pop(stack);
  switch (sign) {
    case '+': push(stack, left + right); return 1;
    case '-': push(stack, left - right); return 1;
    case '*': push(stack, left * right); return 1;
    case '/': push(stack, left / right); return 1;
    default: return 0;
  }
}
