#include <iostream>

#include "base/version.h"

int main() { std::cout << "starlock " << starlock::Version() << "\n"; }
