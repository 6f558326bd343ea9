class Shop {
    static { System.loadLibrary("z"); }
}
