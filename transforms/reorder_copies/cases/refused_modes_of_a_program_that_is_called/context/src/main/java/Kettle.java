class Kettle {}
