pub fn cups(many: u64) -> String {
    format!("{} cups, {}", itoa::Buffer::new().format(many), env!("BREWED"))
}
