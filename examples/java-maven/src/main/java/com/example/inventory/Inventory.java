package com.example.inventory;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

public final class Inventory {
    private final List<Item> items;

    Inventory(List<Item> items) {
        this.items = List.copyOf(items);
    }

    static Inventory fromResource(String name) throws IOException {
        try (InputStream in = Inventory.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IOException("no resource " + name);
            }
            BufferedReader reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
            return new Inventory(reader.lines().skip(1).filter(line -> !line.isBlank()).map(Item::parse).toList());
        }
    }

    List<Item> items() {
        return items;
    }

    Optional<Item> find(String sku) {
        return items.stream().filter(item -> item.sku().equalsIgnoreCase(sku)).findFirst();
    }

    long worth() {
        return items.stream().mapToLong(item -> item.count() * item.cents()).sum();
    }
}
