#include "count.h"
#include <map>
#include <string>

int count() {
    std::map<std::string, int> seen;
    seen["one"] = 1;
    return seen.size();
}
