//! Names, order, keys, relations and junction tables, as schemas in JSON.

use whimbrel_core::dialect::Dialect;
use whimbrel_core::schema::{ReferentialAction, Table};

use crate::support::built;

#[track_caller]
fn tables(dialect: Dialect, text: &str) -> Vec<Table> {
    built(dialect, text)
        .unwrap_or_else(|problems| panic!("{}", crate::support::told(&problems)))
        .schema
        .tables
}

#[track_caller]
fn is(table: &Table, expected: &str) {
    let expected: Table = serde_json::from_str(expected).expect("the expected table is one");
    assert_eq!(*table, expected);
}

const SHOP: &str = "
/// Who buys.
#[derive(Model)]
#[model(table = \"users\", unique(tenant, email), index(email, created desc), index(\"lower(name)\", name = \"by_name\"))]
struct User {
    #[column(primary_key, auto_increment)]
    id: i64,
    tenant: i32,
    #[column(name = \"e_mail\", unique)]
    email: String,
    name: String,
    #[column(default = now())]
    created: DateTime<Utc>,
}
#[derive(Model)]
#[model(table = \"orders\", many_to_many(Tag))]
struct BigOrder {
    #[column(primary_key, auto_increment)]
    id: i64,
    #[column(references(User))]
    buyer: i64,
    #[column(references(User))]
    seller: Option<i64>,
    #[column(references(User, one_to_one = true, on_delete = cascade))]
    owner: i64,
    #[column(index, references(User, index = false))]
    agent: i64,
}
#[derive(Model)]
#[model(many_to_many(BigOrder), many_to_many(Tag))]
struct Tag { #[column(primary_key)] id: Uuid }
";

#[test]
fn names_and_order_follow_the_rules() {
    let tables = tables(Dialect::Postgres, SHOP);
    let names: Vec<_> = tables.iter().map(|table| table.name.name.as_str()).collect();
    assert_eq!(names, ["users", "orders", "tag", "big_order_tag", "tag_tag"]);
    is(
        &tables[0],
        r#"{"name":"users","columns":[
            {"name":"id","type":"bigint","nullable":false,"autoIncrement":true},
            {"name":"tenant","type":"integer","nullable":false},
            {"name":"e_mail","type":"text","nullable":false},
            {"name":"name","type":"text","nullable":false},
            {"name":"created","type":"timestamptz","nullable":false,"default":"now()"}],
          "primaryKey":{"columns":["id"],"name":"users_pkey"},
          "indexes":[
            {"name":"users_email_created_idx","columns":["e_mail",{"column":"created","order":"desc"}]},
            {"name":"by_name","columns":[{"expression":"lower(name)"}]}],
          "uniqueConstraints":[
            {"name":"users_e_mail_key","columns":["e_mail"]},
            {"name":"users_tenant_email_key","columns":["tenant","e_mail"]}],
          "comment":"Who buys."}"#,
    );
}

#[test]
fn relations_bring_keys_and_indexes() {
    let tables = tables(Dialect::Postgres, SHOP);
    is(
        &tables[1],
        r#"{"name":"orders","columns":[
            {"name":"id","type":"bigint","nullable":false,"autoIncrement":true},
            {"name":"buyer","type":"bigint","nullable":false},
            {"name":"seller","type":"bigint","nullable":true},
            {"name":"owner","type":"bigint","nullable":false},
            {"name":"agent","type":"bigint","nullable":false}],
          "primaryKey":{"columns":["id"],"name":"orders_pkey"},
          "indexes":[
            {"name":"orders_agent_idx","columns":["agent"]},
            {"name":"orders_buyer_idx","columns":["buyer"]},
            {"name":"orders_seller_idx","columns":["seller"]}],
          "foreignKeys":[
            {"name":"orders_buyer_fkey","columns":["buyer"],"referencedTable":"users","referencedColumns":["id"],"onDelete":"restrict"},
            {"name":"orders_seller_fkey","columns":["seller"],"referencedTable":"users","referencedColumns":["id"],"onDelete":"setNull"},
            {"name":"orders_owner_fkey","columns":["owner"],"referencedTable":"users","referencedColumns":["id"],"onDelete":"cascade"},
            {"name":"orders_agent_fkey","columns":["agent"],"referencedTable":"users","referencedColumns":["id"],"onDelete":"restrict"}],
          "uniqueConstraints":[{"name":"orders_owner_key","columns":["owner"]}]}"#,
    );
}

#[test]
fn many_to_many_makes_one_junction_table_for_both_sides() {
    let tables = tables(Dialect::Postgres, SHOP);
    is(
        &tables[3],
        r#"{"name":"big_order_tag","columns":[
            {"name":"big_order_id","type":"bigint","nullable":false},
            {"name":"tag_id","type":"uuid","nullable":false}],
          "primaryKey":{"columns":["big_order_id","tag_id"]},
          "indexes":[{"name":"big_order_tag_tag_id_idx","columns":["tag_id"]}],
          "foreignKeys":[
            {"name":"big_order_tag_big_order_id_fkey","columns":["big_order_id"],"referencedTable":"orders","referencedColumns":["id"],"onDelete":"cascade","onUpdate":"cascade"},
            {"name":"big_order_tag_tag_id_fkey","columns":["tag_id"],"referencedTable":"tag","referencedColumns":["id"],"onDelete":"cascade","onUpdate":"cascade"}]}"#,
    );
    let columns: Vec<_> = tables[4].columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(columns, ["tag_a_id", "tag_b_id"]);
}

#[test]
fn an_enum_is_a_check_on_sqlite_and_a_type_on_postgres() {
    let text = "#[derive(DbEnum)] #[db_enum(name = \"state\", rename_all = \"kebab-case\")] enum State { Open, InHand }\n\
                #[derive(Model)] struct Task { #[column(primary_key)] id: i64, #[column(default = State::InHand)] state: State }";
    let sqlite = built(Dialect::Sqlite, text).unwrap().schema;
    assert!(sqlite.enums.is_empty());
    is(
        &sqlite.tables[0],
        r#"{"name":"task","columns":[
            {"name":"id","type":"INTEGER","nullable":true},
            {"name":"state","type":"TEXT","nullable":false,"default":"'in-hand'"}],
          "primaryKey":{"columns":["id"]},
          "checks":[{"expression":"\"state\" IN ('open', 'in-hand')"}]}"#,
    );
    let postgres = built(Dialect::Postgres, text).unwrap().schema;
    assert_eq!(postgres.enums[0].values, ["open", "in-hand"]);
    assert_eq!(postgres.tables[0].columns[1].sql_type, "\"state\"");
}

#[test]
fn embedded_structs_become_columns_with_a_prefix() {
    let text = "#[derive(Embedded)] struct Address { street: String, #[column(index)] zip: String }\n\
                #[derive(Model)] #[model(index(home_street))] struct Man { #[column(primary_key)] id: i64, \
                #[column(flatten = \"home_\")] home: Option<Address>, #[column(flatten = \"work_\")] work: Address }";
    let tables = tables(Dialect::Postgres, text);
    let columns: Vec<_> = tables[0].columns.iter().map(|one| (one.name.as_str(), one.nullable)).collect();
    let expected = [
        ("id", false),
        ("home_street", true),
        ("home_zip", true),
        ("work_street", false),
        ("work_zip", false),
    ];
    assert_eq!(columns, expected);
    let indexes: Vec<_> = tables[0].indexes.iter().map(|index| index.name.as_str()).collect();
    assert_eq!(indexes, ["man_home_zip_idx", "man_work_zip_idx", "man_home_street_idx"]);
}

#[test]
fn sql_in_an_embedded_struct_speaks_of_its_own_columns() {
    let text = "#[derive(Embedded)] struct Price { \
                #[column(name = \"net\", check(\"net > 0 AND id > 0\", name = \"is_positive\"))] amount: i64, \
                #[column(default = sql(\"net\"), index(where = \"tax > net\", include(amount), name = \"taxed\"))] tax: i64, \
                #[column(generated = \"net + price.tax\")] gross: Option<i64> }\n\
                #[derive(Model)] #[model(check = \"net = old_net\")] struct Price2 { \
                #[column(primary_key)] id: i64, #[column(flatten = \"old_\")] old: Price }";
    is(
        &tables(Dialect::Postgres, text)[0],
        r#"{"name":"price2","columns":[
            {"name":"id","type":"bigint","nullable":false},
            {"name":"old_net","type":"bigint","nullable":false},
            {"name":"old_tax","type":"bigint","nullable":false,"default":"net"},
            {"name":"old_gross","type":"bigint","nullable":true,
             "generated":{"expression":"old_net + price.tax","stored":true}}],
          "primaryKey":{"name":"price2_pkey","columns":["id"]},
          "checks":[
            {"name":"old_is_positive","expression":"old_net > 0 AND id > 0"},
            {"expression":"net = old_net"}],
          "indexes":[
            {"name":"old_taxed","columns":["old_tax"],"where":"old_tax > old_net","include":["old_net"]}]}"#,
    );
}

const PAIR: &str =
    "#[derive(Model)] struct Pair { #[column(primary_key)] a: i64, #[column(primary_key)] b: i64 }\n";

#[test]
fn settings_of_a_foreign_key_stand_behind_its_model() {
    let text = format!(
        "{PAIR}#[derive(Model)] #[model(no_primary_key, foreign_key(index, b, references = Pair, one_to_one, \
         deferrable))] struct T {{ index: i64, b: i64 }}"
    );
    let tables = tables(Dialect::Sqlite, &text);
    is(
        &tables[1],
        r#"{"name":"t","columns":[
            {"name":"index","type":"INTEGER","nullable":false},
            {"name":"b","type":"INTEGER","nullable":false}],
          "foreignKeys":[
            {"name":"t_index_b_fkey","columns":["index","b"],"referencedTable":"pair","referencedColumns":["a","b"],
             "onDelete":"restrict","deferrable":"initiallyImmediate"}],
          "uniqueConstraints":[{"name":"t_index_b_key","columns":["index","b"]}]}"#,
    );
}

#[test]
fn what_is_said_of_null_decides_what_happens_on_delete() {
    let text = "#[derive(Model)] struct User { #[column(primary_key)] id: i64, \
                #[column(nullable, references(User, index = false))] chief: i64, \
                #[column(nullable = false, references(User, index = false))] twin: Option<i64> }";
    let tables = tables(Dialect::Postgres, text);
    let actions: Vec<_> = tables[0].foreign_keys.iter().map(|fk| fk.on_delete).collect();
    assert_eq!(actions, [ReferentialAction::SetNull, ReferentialAction::Restrict]);
}

#[test]
fn two_names_are_two_relations() {
    let text = "#[derive(Model)] #[model(many_to_many(Tag, name = \"own\"))] struct Post { #[column(primary_key)] id: i64 }\n\
                #[derive(Model)] #[model(many_to_many(Post, name = \"other\"))] struct Tag { #[column(primary_key)] id: i64 }";
    let tables = tables(Dialect::Sqlite, text);
    let names: Vec<_> = tables.iter().map(|table| table.name.name.as_str()).collect();
    assert_eq!(names, ["post", "tag", "post_tag_own", "post_tag_other"]);
}

#[test]
fn enums_are_texts_to_a_relation_on_sqlite() {
    let text = "#[derive(DbEnum)] enum State { Open }\n\
                #[derive(Model)] struct Kind { #[column(primary_key)] state: State }\n\
                #[derive(Model)] struct T { #[column(primary_key, references(Kind))] id: String }";
    assert_eq!(tables(Dialect::Sqlite, text)[1].foreign_keys.len(), 1);
    let problems = built(Dialect::Postgres, text).expect_err("an enum is no text there");
    assert_eq!(
        crate::support::told(&problems),
        "models.rs:3:51: `id` is of the type text, and `Kind.state` of \"state\"\n  help: give both fields one type\n"
    );
}

#[test]
fn renames_are_hints() {
    let text = "#[derive(Model)] #[model(table = \"users\", renamed_from = \"members\")] struct User { \
                #[column(primary_key)] id: i64, #[column(renamed_from = \"nick\")] nickname: String }";
    let built = built(Dialect::Postgres, text).unwrap();
    let renames: Vec<_> = built.renames.iter().map(|one| format!("{} to {}", one.from, one.to)).collect();
    assert_eq!(renames, ["members to users", "nick to nickname"]);
}

#[test]
fn a_model_survives_the_way_through_json() {
    let models = crate::support::models(SHOP).unwrap();
    let json = serde_json::to_string(&models).unwrap();
    let back: Vec<whimbrel_model::item::Model> = serde_json::from_str(&json).unwrap();
    assert_eq!(back, models);
}
