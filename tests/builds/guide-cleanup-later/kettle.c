#include <stdio.h>

int main(void) {
    puts("kettle is on");
    return 0;
}
