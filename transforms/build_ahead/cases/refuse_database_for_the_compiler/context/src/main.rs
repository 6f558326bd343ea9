fn main() {
    sqlx::query!("SELECT 1");
}
