#include <stdio.h>

int main(void) {
    puts("built: hello");
    return 0;
}
