package org.example;

public class Kettle {
    public static void main(String[] args) {
        System.out.println("kettle is on");
    }
}
