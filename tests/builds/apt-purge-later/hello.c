#include <stdio.h>

int main(void) {
    puts("hello, and no compiler");
    return 0;
}
