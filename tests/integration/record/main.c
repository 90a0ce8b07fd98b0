/* The record: sealed, and verified. */
#include "tests/integration/record/tests.h"

int main(void)
{
    return run_sealer_tests() + run_verify_tests();
}
