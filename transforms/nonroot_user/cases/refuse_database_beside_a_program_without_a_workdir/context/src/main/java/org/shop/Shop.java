package org.shop;

class Shop {
    public static void main(String[] args) {}
}
