import javax.tools.ToolProvider;
class A { public static void main(String[] a) { ToolProvider.getSystemJavaCompiler().run(null,null,null,"x.java"); } }
