#[tokio::main]
async fn main() {
    let url = std::env::var("DATABASE_URL").unwrap_or("sqlite:///srv/notes/notes.db".into());
    let pool = sqlx::SqlitePool::connect(&url).await.unwrap();
}
