//! All models of the package, found without a list of them.
//!
//! This program has no models but these.

use whimbrel::{Error, Migrator, Source, SourceError, schema};
use whimbrel_testkit::database::block_on;

mod shop {
    use whimbrel::Model;

    #[derive(Model)]
    #[model(table = "products")]
    #[expect(dead_code, reason = "only its columns matter")]
    pub(crate) struct Product {
        #[column(primary_key)]
        id: i64,
    }

    pub(crate) mod orders {
        use whimbrel::Model;

        #[derive(Model)]
        #[model(table = "orders")]
        #[expect(dead_code, reason = "only its columns matter")]
        pub(crate) struct Order {
            #[column(primary_key)]
            id: i64,
            #[column(references(crate::shop::Product))]
            product_id: i64,
        }

        #[derive(Model)]
        #[model(table = "baskets")]
        #[expect(dead_code, reason = "only its columns matter")]
        struct Basket {
            #[column(primary_key)]
            id: i64,
        }
    }
}

use shop::Product;
use shop::orders::Order;

/// The tables that a push of `source` creates, sorted.
async fn tables(source: Source) -> Result<Vec<String>, Error> {
    let mut migrator = Migrator::builder("sqlite::memory:")?.source(source).connect().await?;
    migrator.push().await?;
    let schema = migrator.inspect().await?.schema;
    let mut names: Vec<String> = schema.tables.iter().map(|table| table.name.to_string()).collect();
    names.sort();
    Ok(names)
}

#[test]
fn an_empty_list_is_all_models_of_the_package() {
    let found = block_on(tables(schema!())).unwrap();
    assert_eq!(found, ["baskets", "orders", "products"]);
    let listed = block_on(tables(schema![Product, Order])).unwrap();
    assert_eq!(listed, ["orders", "products"]);
}

#[test]
fn they_come_in_the_order_of_their_paths() {
    let found = whimbrel::model::registry::of_package(env!("CARGO_PKG_NAME"));
    let names: Vec<_> = found.into_iter().map(|model| model.name).collect();
    assert_eq!(names, ["Product", "Basket", "Order"]);
}

#[test]
fn no_model_at_all_is_a_mistake() {
    let found = whimbrel::model::registry::of_package("another");
    let error = block_on(tables(Source::models(found))).unwrap_err();
    assert!(matches!(error, Error::Source(SourceError::EmptySchema)), "{error}");
}
