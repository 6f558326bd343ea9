#include <stdio.h>
#include <zlib.h>

int main(void) {
    char line[80] = "";
    FILE *file = fopen("data/line.txt", "r");
    if (!file || !fgets(line, sizeof line, file)) return 1;
    printf("%s of zlib %c\n", "a line", zlibVersion()[0]);
    return 0;
}
