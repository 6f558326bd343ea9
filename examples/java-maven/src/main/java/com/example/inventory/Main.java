package com.example.inventory;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.Executors;

public final class Main {
    private Main() {}

    public static void main(String[] args) throws IOException {
        int port = Integer.parseInt(System.getenv().getOrDefault("PORT", "8080"));
        Inventory inventory = Inventory.fromResource("/stock.csv");

        HttpServer server = HttpServer.create(new InetSocketAddress(port), 0);
        server.createContext("/", new Api(inventory));
        server.setExecutor(Executors.newFixedThreadPool(4));
        server.start();

        Runtime.getRuntime().addShutdownHook(new Thread(() -> server.stop(1)));
        System.out.printf("%d items on port %d%n", inventory.items().size(), port);
    }
}
