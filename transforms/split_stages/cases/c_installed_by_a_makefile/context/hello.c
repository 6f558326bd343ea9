#include <stdio.h>
int main(void){ FILE *f=fopen("/usr/local/share/hello/greeting.txt","r"); char b[100]; fgets(b,100,f); printf("%s %s",VERSION,b); return 0; }
