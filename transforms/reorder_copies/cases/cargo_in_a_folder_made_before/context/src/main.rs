fn main() {
    log::info!("on");
}
