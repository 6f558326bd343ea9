#include <stdio.h>
int answers(void) { return fopen(DATA_DIR "/question.txt", "r") ? 42 : 0; }
