/* What greeting.c gives. */
const char *greeting(double number);
