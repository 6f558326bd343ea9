int answers(void);
int main(void) { return answers() - 42; }
