package com.example.inventory;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.stream.Collectors;

final class Api implements HttpHandler {
    private static final String ITEMS = "/api/items";

    private final Inventory inventory;

    Api(Inventory inventory) {
        this.inventory = inventory;
    }

    @Override
    public void handle(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        if (path.equals("/health")) {
            String version = Main.class.getPackage().getImplementationVersion();
            send(exchange, 200, "{\"status\":\"ok\",\"version\":\"" + version + "\"}");
        } else if (path.equals(ITEMS)) {
            send(exchange, 200, inventory.items().stream().map(Item::toJson).collect(Collectors.joining(",", "[", "]")));
        } else if (path.startsWith(ITEMS + "/")) {
            var item = inventory.find(path.substring(ITEMS.length() + 1));
            send(exchange, item.isPresent() ? 200 : 404, item.map(Item::toJson).orElse("{\"error\":\"no such item\"}"));
        } else if (path.equals("/api/worth")) {
            send(exchange, 200, "{\"cents\":" + inventory.worth() + "}");
        } else {
            send(exchange, 404, "{\"error\":\"not found\"}");
        }
    }

    private static void send(HttpExchange exchange, int status, String json) throws IOException {
        byte[] body = json.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(status, body.length);
        try (var out = exchange.getResponseBody()) {
            out.write(body);
        }
    }
}
