#include <fstream>
#include <iostream>
#include <string>
#include <openssl/evp.h>

int main() {
    std::ifstream file("../data/salt.txt");
    std::string salt;
    std::getline(file, salt);
    unsigned char out[EVP_MAX_MD_SIZE];
    unsigned int length = 0;
    EVP_Digest(salt.data(), salt.size(), out, &length, EVP_sha256(), nullptr);
    std::cout << salt << " " << length << std::endl;
}
