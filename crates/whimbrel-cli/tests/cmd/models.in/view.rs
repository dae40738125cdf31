#[derive(Model)]
#[model(sql = "CREATE VIEW names AS SELECT name FROM users; ROLLBACK")]
struct Names;
