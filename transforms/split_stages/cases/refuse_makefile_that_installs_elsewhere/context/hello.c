#include <stdio.h>
int main(void) { return fopen("/etc/hello.conf", "r") == NULL; }
