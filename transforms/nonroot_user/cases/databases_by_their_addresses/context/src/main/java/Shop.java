import java.io.File;

public class Shop {
    void start() {
        new java.io.File("uploads").mkdirs();
    }
}
