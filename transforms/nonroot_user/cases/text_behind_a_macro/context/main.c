#include <stdio.h>
#define STATEDIR "state"

int main(void) {
    FILE *log = fopen(STATEDIR "/requests.log", "a");
    return log == NULL;
}
