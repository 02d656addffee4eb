/* Tests of uhyve/demangle.c: names as C++ compilers make them, and such as no compiler makes. */
#include "uhyve/demangle.h"

#include <string.h>

#include "unit_test.h"

static void writes_what_names_stand_for(void **state)
{
  static const struct
  {
    const char *name;
    const char *text;
  } cases[] = {
      {"_Z1fv", "f()"},
      {"_ZNK4shop5order6refuseEi", "shop::order::refuse(int) const"},
      {"_ZNK4shop5order6refuseEi.isra.0", "shop::order::refuse(int) const [clone .isra.0]"},
      {"_ZSt9terminatev", "std::terminate()"},
  };
  char text[100];
  (void) state;
  for (size_t i = 0; i < COUNT_OF(cases); i++)
  {
    assert_true(demangle(cases[i].name, text, sizeof text));
    assert_string_equal(text, cases[i].text);
  }
}

static void leaves_other_names(void **state)
{
  static const char *const names[] = {"", "main", "_start", "_Z", "_Zxyz", "_ZN", "_Z1", "Z1fv"};
  char text[100];
  (void) state;
  for (size_t i = 0; i < COUNT_OF(names); i++)
    assert_false(demangle(names[i], text, sizeof text));
}

static void cuts_long_texts(void **state)
{
  char text[12];
  (void) state;
  assert_true(demangle("_ZNK4shop5order6refuseEi", text, sizeof text));
  assert_string_equal(text, "shop::or...");
}

/* Each parameter is a pair of the one before: the text doubles with each two characters. */
static void survives_texts_without_end(void **state)
{
  char name[600] = "_Z1fSt4pairIiiE", text[200], long_name[2000];
  static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  size_t len = strlen(name);
  (void) state;
  strcpy(name + len, "S_IS0_S0_E");
  len += 10;
  for (size_t i = 1; i < 30; i++)
  {
    char part[] = "S_ISx_Sx_E";
    part[4] = part[7] = digits[i];
    strcpy(name + len, part);
    len += strlen(part);
  }
  if (demangle(name, text, sizeof text))
    assert_in_range(strlen(text), 1, sizeof text - 1);

  memset(long_name, 'P', sizeof long_name - 1);
  memcpy(long_name, "_Z1f", 4);
  long_name[sizeof long_name - 1] = '\0';
  assert_false(demangle(long_name, text, sizeof text));
  memset(long_name + 500, '\0', 1);
  long_name[499] = 'i';
  if (demangle(long_name, text, sizeof text))
    assert_in_range(strlen(text), 1, sizeof text - 1);
}

static void survives_random_names(void **state)
{
  static const char letters[] = "_ZNSKE0123456789abcdefgijlmnoprstvwxyzIJLTPRDCF.";
  uint64_t seed = 7;
  char name[64] = "_Z", text[64];
  (void) state;
  for (int round = 0; round < 100000; round++)
  {
    size_t len = 3 + random_next(&seed) % (sizeof name - 4);
    for (size_t i = 2; i < len; i++)
      name[i] = letters[random_next(&seed) % (sizeof letters - 1)];
    name[len] = '\0';
    if (demangle(name, text, sizeof text))
      assert_in_range(strlen(text), 1, sizeof text - 1);
  }
}

int main(void)
{
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(writes_what_names_stand_for),
      cmocka_unit_test(leaves_other_names),
      cmocka_unit_test(cuts_long_texts),
      cmocka_unit_test(survives_texts_without_end),
      cmocka_unit_test(survives_random_names),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
