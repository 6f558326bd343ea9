#include <stdio.h>
int main(void) { return fopen(CONFIG, "r") ? 0 : 1; }
