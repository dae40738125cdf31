//! The hash of a table's fields.

use super::Fields;
use super::json::Json;
use super::ordered::Ordered;
use super::write::fields;
use crate::checksum::Checksum;

/// The hash that whimbrel keeps in a table's `hash`: `sha256:` and the digits of
/// the fields as JSON, with all keys sorted and without white space.
///
/// ```
/// use whimbrel_core::lockfile::{Field, schema_hash};
/// let one = [("id", Field::new("string")), ("age", Field::new("number"))].into_iter().collect();
/// let other = [("age", Field::new("number")), ("id", Field::new("string"))].into_iter().collect();
/// assert_eq!(schema_hash(&one), schema_hash(&other));
/// // printf '{"age":{"type":"number"},"id":{"type":"string"}}' | sha256sum
/// assert_eq!(
///     schema_hash(&one),
///     "sha256:636bf93ac40d08f8c7b6e281e574d5e136be7e19f23f64c4893fb3d4a4592757"
/// );
/// ```
pub fn schema_hash(schema: &Fields) -> String {
    let canonical = canonical(fields(schema));
    format!("sha256:{}", Checksum::of_parts([canonical.as_str()]))
}

/// The value without white space, the keys of every object sorted.
fn canonical(json: Json) -> String {
    sorted(json).compact()
}

fn sorted(json: Json) -> Json {
    match json {
        Json::Object(fields) => {
            let mut fields: Vec<_> = fields.into_iter().map(|(key, value)| (key, sorted(value))).collect();
            fields.sort_by(|a, b| a.0.cmp(&b.0));
            Json::Object(fields.into_iter().collect::<Ordered<_>>())
        }
        Json::List(items) => Json::List(items.into_iter().map(sorted).collect()),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::Text(_) => json,
    }
}
