public class App {
    public static void main(String[] arguments) {
        System.out.println("open");
    }
}
