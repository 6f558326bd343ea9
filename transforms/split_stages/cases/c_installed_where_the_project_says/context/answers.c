int answers(void) { return 42; }
