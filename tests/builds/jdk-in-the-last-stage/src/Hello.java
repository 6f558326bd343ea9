import java.awt.Font;
import java.io.File;

public class Hello {
    public static void main(String[] args) {
        System.setProperty("java.awt.headless", "true");
        String letters = new Font("Dialog", Font.PLAIN, 12).canDisplay('a') ? "letters" : "none";
        System.out.printf("%,.2f %s %s%n", 1234.5, letters, new File("/data").canWrite());
    }
}
