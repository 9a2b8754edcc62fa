#include "app.h"

#include <stdio.h>

int read_word(char *word, size_t size) {
  char format[16];
  snprintf(format, sizeof format, "%%%zus", size - 1);
  return scanf(format, word) == 1;
}
