/* Evaluates an expression in reverse Polish notation. */
#include "app.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

int main(void) {
  struct stack stack = {.depth = 0};
  char word[32];
  while (read_word(word, sizeof word)) {
    if (isdigit((unsigned char)word[0])) push(&stack, strtod(word, NULL));
    else if (!apply(&stack, word[0])) return 1;
  }
  printf("%g\n", pop(&stack));
  return 0;
}
