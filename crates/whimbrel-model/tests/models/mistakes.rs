//! What is wrong with models is told: all of it, where it stands, with what to do.

use whimbrel_core::dialect::Dialect;

use crate::support::{built, told};

#[track_caller]
fn refuses_on(dialect: Dialect, text: &str, expected: &str) {
    let problems = built(dialect, text).expect_err("the models are wrong");
    assert_eq!(told(&problems), expected);
}

#[track_caller]
fn refuses(text: &str, expected: &str) {
    refuses_on(Dialect::Postgres, text, expected);
}

#[test]
fn everything_is_told_at_once() {
    refuses(
        "\
#[derive(Model)]
#[model(tabel = \"users\", index(nam))]
struct User {
    #[column(primary_key)]
    id: Option<i64>,
    #[column(default = \"none\")]
    age: i32,
    size: u64,
}",
        "\
models.rs:2:9: `model` does not know `tabel`
  help: `model` knows `table`, `namespace`, `renamed_from`, `primary_key`, `no_primary_key`, `unique`, `index`, `check`, `foreign_key`, `many_to_many`, `strict`, `without_rowid`, `unlogged`, `sql`, `before`, `crate`
models.rs:8:11: `u64` holds numbers that no integer column holds
  help: use `i64`, or say what the column is: `#[column(type = decimal(20, 0))]`
models.rs:2:32: `User` has no field `nam`
  help: its fields are `id`, `age`, `size`
models.rs:5:5: `id` is in the primary key and cannot be NULL
  help: take the `Option` out
models.rs:6:14: the default of `age` does not fit its type
  help: write a whole number of 32 bits
",
    );
}

#[test]
fn a_model_needs_a_key_and_fields() {
    refuses(
        "#[derive(Model)]\nstruct User { name: String }\n#[derive(Model)]\nstruct Empty {}\n#[derive(Model)]\nstruct Pair(i64, i64);",
        "\
models.rs:2:8: `User` has no primary key
  help: mark a field with `#[column(primary_key)]`; to mean it, write `#[model(no_primary_key)]`
models.rs:4:8: `Empty` has no fields that are columns
  help: give it one; a unit struct with `#[model(sql = \"...\")]` only carries SQL
models.rs:6:8: the fields of `Pair` have no names, and columns need some
  help: write `struct Name { field: Type }`; for a newtype derive `ColumnType`
models.rs:6:8: `Pair` has no fields that are columns
  help: give it one; a unit struct with `#[model(sql = \"...\")]` only carries SQL
",
    );
}

#[test]
fn a_table_has_no_parameters() {
    refuses(
        "#[derive(Model)]\nstruct Page<T> { #[column(primary_key)] id: i64, #[column(skip)] rest: T }",
        "\
models.rs:2:12: `Page` has parameters, and a table has none
  help: write a struct without generics and lifetimes for each table
",
    );
}

#[test]
fn enums_have_variants_without_data() {
    refuses(
        "#[derive(DbEnum)]\nenum Nothing {}\n#[derive(DbEnum)]\n#[db_enum(rename_all = \"loud\")]\nenum Role { Admin(i32), Boss, #[db_enum(name = \"boss\")] Chief }",
        "\
models.rs:2:6: the enum `Nothing` has no variants
  help: give it one: a column of it could hold nothing
models.rs:4:11: `loud` is no case
  help: write `snake_case`, `SCREAMING_SNAKE_CASE`, `kebab-case`, `camelCase`, `PascalCase`, `lowercase` or `UPPERCASE`
models.rs:5:13: the variant `Admin` carries data
  help: a value of an enum in the database is only a name; keep the data in columns, or as `Json<...>`
models.rs:5:57: two variants are the value `boss`
  help: give one of them another: `#[db_enum(name = \"...\")]`
",
    );
}

#[test]
fn defaults_fit_their_types() {
    refuses(
        "\
#[derive(DbEnum)]
enum Role { Admin }
#[derive(Model)]
#[model(no_primary_key)]
struct T {
    #[column(default = 40000)]
    a: i16,
    #[column(default = Role::Boss)]
    b: Role,
    #[column(default = now())]
    c: bool,
    #[column(default = null)]
    d: String,
    #[column(default = \"long\", type = varchar(3))]
    e: String,
    #[column(default = later)]
    f: String,
    #[column(default = 0, auto_increment)]
    g: i64,
}",
        "\
models.rs:16:24: this is no default
  help: write a value, `Enum::Variant`, `null`, `now()`, `uuid()`, `ulid()`, `cuid()`, `nanoid()`, or an expression: `sql(\"...\")`
models.rs:6:14: the default of `a` does not fit its type
  help: write a whole number from -32768 to 32767
models.rs:10:14: the default of `c` does not fit its type
  help: `now()` is for days, times of day and timestamps
models.rs:12:14: the default of `d` does not fit its type
  help: it is not NULL: make the field an `Option`, or take the default out
models.rs:14:14: the default of `e` does not fit its type
  help: write a text of at most 3 characters
models.rs:19:5: `g` gets its value in two ways
  help: keep one of `auto_increment`, `identity`, `default` and `generated`
",
    );
}

#[test]
fn a_default_that_is_no_variant_is_told_once_the_enum_is_known() {
    refuses(
        "#[derive(DbEnum)]\nenum Role { Admin, Boss }\n#[derive(Model)]\n#[model(no_primary_key)]\nstruct T {\n    #[column(default = Role::Cook)]\n    role: Role,\n}",
        "\
models.rs:6:14: the default of `role` does not fit its type
  help: write one of `Role::Admin`, `Role::Boss`
",
    );
}

#[test]
fn models_share_no_name_and_no_table() {
    refuses(
        "\
#[derive(Model)]
#[model(table = \"users\")]
struct User { #[column(primary_key)] id: i64 }
#[derive(Model)]
#[model(table = \"users\")]
struct Member { #[column(primary_key)] id: i64 }",
        "\
models.rs:6:8: `Member` and `User` are both the table `users`, the other at `models.rs:3`
  help: give one of them another: `#[model(table = \"...\")]`
",
    );
}

#[test]
fn relations_lead_somewhere() {
    refuses(
        "\
#[derive(Model)]
struct User { #[column(primary_key)] id: i64, name: String }
#[derive(Model)]
struct Post {
    #[column(primary_key)]
    id: i64,
    #[column(references(Author))]
    a: i64,
    #[column(references(User(email)))]
    b: i64,
    #[column(references(User))]
    c: String,
    #[column(references(User(name)))]
    d: String,
    #[column(references(User, on_delete = set_null))]
    e: i64,
    #[column(references(User, on_delete = vanish))]
    f: i64,
}",
        "\
models.rs:17:31: `on_delete` names no action
  help: write `on_delete = cascade`, `restrict`, `set_null`, `set_default` or `no_action`
models.rs:15:14: `e` cannot be set to NULL: it is no `Option`
  help: make the field an `Option`, or choose another action
",
    );
    refuses(
        "\
#[derive(Model)]
struct User { #[column(primary_key)] id: i64, name: String }
#[derive(Model)]
#[model(many_to_many(Tag))]
struct Post {
    #[column(primary_key)]
    id: i64,
    #[column(references(Author))]
    a: i64,
    #[column(references(User(email)))]
    b: i64,
    #[column(references(User))]
    c: String,
    #[column(references(User(name)))]
    d: String,
}",
        "\
models.rs:8:25: `Author` is not among the models
  help: add `Author` to the models, or refer to `table(\"...\", \"...\")`
models.rs:10:25: `User` lacks a field that is referred to
  help: its fields are `id`, `name`
models.rs:12:14: `c` is of the type text, and `User.id` of bigint
  help: give both fields one type
models.rs:14:14: `name` of `User` is no key: several rows may hold the same
  help: add `#[column(unique)]` there, or refer to the primary key: `references(User)`
models.rs:4:9: `Tag` is not among the models
  help: add `Tag` to the models
",
    );
}

#[test]
fn junction_tables_are_agreed_on() {
    refuses(
        "\
#[derive(Model)]
#[model(many_to_many(Tag, through = \"a\"))]
struct Post { #[column(primary_key)] id: i64 }
#[derive(Model)]
#[model(many_to_many(Post, through = \"b\"), many_to_many(Pair))]
struct Tag { #[column(primary_key)] id: i64 }
#[derive(Model)]
struct Pair { #[column(primary_key)] a: i64, #[column(primary_key)] b: i64 }",
        "\
models.rs:2:9: `Post` and `Tag` disagree about `through` of their junction table
  help: say it on one side, or the same on both
models.rs:5:44: the primary key of `Pair` is not one field, and a junction table needs one
  help: give `Pair` an `id`, and make the present key unique
",
    );
}

#[test]
fn names_are_such_as_the_engine_takes() {
    let long = "a".repeat(64);
    refuses(
        &format!(
            "#[derive(Model)]\n#[model(table = \"{long}\")]\nstruct T {{ #[column(primary_key)] xmin: i64 }}\n\
             #[derive(Model)]\n#[model(namespace = \"pg_own\")]\nstruct U {{ #[column(primary_key)] id: i64 }}"
        ),
        &format!(
            "\
models.rs:3:8: the name `{long}` has 64 bytes, and PostgreSQL has room for 63
  help: choose another: `#[model(table = \"...\")]`
models.rs:3:35: PostgreSQL keeps the name `xmin` for itself
  help: choose another: `#[column(name = \"...\")]`
models.rs:3:8: the name `{long}_pkey` has 69 bytes, and PostgreSQL has room for 63
  help: give it one that fits: `name = \"...\"`
models.rs:6:8: PostgreSQL keeps the name `pg_own` for itself
  help: choose another: `#[model(namespace = \"...\")]`
"
        ),
    );
    refuses_on(
        Dialect::Sqlite,
        "#[derive(Model)]\n#[model(table = \"sqlite_users\")]\nstruct T { #[column(primary_key)] id: i64 }\n\
         #[derive(Model)]\n#[model(table = \"_whimbrel_migrations\")]\nstruct U { #[column(primary_key)] id: i64 }",
        "\
models.rs:3:8: SQLite keeps names like `sqlite_users` for itself
  help: choose another: `#[model(table = \"...\")]`
models.rs:6:8: whimbrel keeps the name `_whimbrel_migrations` for a table of its own
  help: choose another: `#[model(table = \"...\")]`
",
    );
}

#[test]
fn what_sqlite_has_not_is_told() {
    refuses_on(
        Dialect::Sqlite,
        "\
#[derive(Model)]
#[model(namespace = \"app\", index(name, using = \"gin\", include(id)))]
struct T {
    #[column(primary_key, identity)]
    id: i64,
    #[column(auto_increment)]
    name: i64,
    #[column(type(postgres = \"citext\"))]
    other: String,
}",
        "\
models.rs:3:8: SQLite has no namespaces
  help: take the namespace out
models.rs:5:5: SQLite has no identity columns
  help: write `#[column(primary_key, auto_increment)]`
models.rs:7:5: SQLite counts up only the whole primary key, and `name` is not that
  help: make it the only field of the primary key, or take `auto_increment` out
models.rs:9:5: nothing says what the column is on SQLite
  help: add a text for it: `type(sqlite = \"...\", postgres = \"...\")`
models.rs:2:28: SQLite does not know `include`
  help: take it out
models.rs:2:28: the index `t_name_idx` uses `gin`, and SQLite has `btree` only
  help: take `using` out
",
    );
}

#[test]
fn names_of_indexes_differ() {
    refuses(
        "#[derive(Model)]\n#[model(index(a), index(a desc))]\nstruct T { #[column(primary_key)] id: i64, a: i64 }",
        "\
models.rs:3:8: an index of `t` and an index of `t` are both called `t_a_idx`
  help: give one of them another name: `name = \"...\"`
",
    );
}

#[test]
fn a_table_and_an_enum_are_both_types_on_postgres() {
    let text = "#[derive(DbEnum)]\nenum State { Open }\n#[derive(Model)]\n#[model(table = \"state\", no_primary_key)]\n\
                struct T { state: State }";
    refuses(
        text,
        "\
models.rs:5:8: a table and an enum are both called `state`, and a table is a type to PostgreSQL
  help: give one of them another name: `#[model(table = \"...\")]`, `#[db_enum(name = \"...\")]`
",
    );
    assert!(built(Dialect::Sqlite, text).is_ok());
}

#[test]
fn attributes_follow_their_grammar() {
    refuses(
        "\
#[derive(Model)]
#[model(index(a sideways), unique(\"lower(a)\"), check, index())]
struct T {
    #[column(primary_key, unique(a), type = varchar(), check(name = \"x\"))]
    a: String,
    #[column(name = 1 2)]
    b: String,
    #[column(name = \"c\", name = \"d\")]
    c: String,
}",
        "\
models.rs:2:17: this word behind a part of a key is not known
  help: a part may be followed by `asc`, `desc`, `nulls first`, `nulls last`, `collate \"...\"`, `ops \"...\"`
models.rs:2:35: `lower(a)` is an expression, and a key is made of fields
  help: write `index(..., unique = true)`: an index may hold expressions
models.rs:2:48: `check` wants a text
  help: write `check = \"...\"`
models.rs:2:55: this index is on nothing
  help: write `index(field, ...)`
models.rs:4:45: this is no type of a column
  help: write `bool`, `smallint`, `int`, `bigint`, `real`, `double`, `decimal(10, 2)`, `text`, `varchar(80)`, `bytes`, `json`, `uuid`, `date`, `time`, `timetz`, `timestamp`, `timestamptz`, `interval`, `inet`, `vector(3)`, `point`, or the engine's own words in quotes: `\"citext\"`
models.rs:4:27: `unique` on a field is on that field alone
  help: write it on the struct: `#[model(unique(...))]`
models.rs:4:56: the check has no condition
  help: write `check(\"age > 0\", name = \"...\")`
models.rs:6:23: expected ident
  help: write `#[column(word, key = value, ...)]`
models.rs:8:26: `name` is said twice
  help: say it once
",
    );
}
