import javax.tools.ToolProvider;

public class Plugins {
    Object compiler = ToolProvider.getSystemJavaCompiler();
}
