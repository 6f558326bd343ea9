/// How many cups `grams` of leaves give.
pub fn cups(grams: u32) -> String {
    itoa::Buffer::new().format(grams / 3).to_owned()
}
