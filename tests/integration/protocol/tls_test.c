#include "tests/integration/protocol/bench.h"
int main(void){return 0;}
