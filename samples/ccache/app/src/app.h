#ifndef APP_H
#define APP_H

#include <stddef.h>

/* Numbers, the last one on top. */
struct stack {
  double values[64];
  size_t depth;
};

void push(struct stack *stack, double value);
double pop(struct stack *stack);

/* The next word of standard input; 0 at its end. */
int read_word(char *word, size_t size);

/* Applies + - * or / to the two numbers on top; 0 for another sign. */
int apply(struct stack *stack, char sign);

#endif
