class Library {}
