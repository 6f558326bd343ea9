pub fn it() {}
