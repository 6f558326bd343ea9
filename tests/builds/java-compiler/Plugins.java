import java.nio.file.Files;
import javax.tools.ToolProvider;

public class Plugins {
    public static void main(String[] args) throws Exception {
        var source = Files.createTempDirectory("plugin").resolve("Plugin.java");
        Files.writeString(source, "class Plugin {}");
        System.out.println("compiled: " + ToolProvider.getSystemJavaCompiler().run(null, null, null, source.toString()));
    }
}
