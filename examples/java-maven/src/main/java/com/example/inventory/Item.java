package com.example.inventory;

public record Item(String sku, String name, int count, long cents) {
    static Item parse(String line) {
        String[] cells = line.split(",");
        if (cells.length != 4) {
            throw new IllegalArgumentException("four cells are needed: " + line);
        }
        return new Item(cells[0].trim(), cells[1].trim(), Integer.parseInt(cells[2].trim()), Long.parseLong(cells[3].trim()));
    }

    String toJson() {
        return String.format("{\"sku\":\"%s\",\"name\":\"%s\",\"count\":%d,\"cents\":%d}", sku, name, count, cents);
    }
}
