//! The parts of an API's definition as JSON that does not depend on the order in which AWS lists them.

use std::collections::HashMap;

use serde_json::{Map, Value};

/// Items by a name of their own.
pub(super) fn keyed<'a, T: 'a>(
    items: impl IntoIterator<Item = &'a T>,
    key: impl Fn(&T) -> Option<&str>,
    value: impl Fn(&T) -> Value,
) -> Value {
    let pairs = items.into_iter().map(|item| (key(item).unwrap_or_default().to_owned(), value(item)));
    Value::Object(pairs.collect::<Map<_, _>>())
}

/// A map of the SDK, in the order of its keys; an absent one and an empty one are the same.
pub(super) fn map<T>(found: Option<&HashMap<String, T>>, value: impl Fn(&T) -> Value) -> Value {
    Value::Object(found.into_iter().flatten().map(|(key, item)| (key.clone(), value(item))).collect())
}

/// A map of texts or flags.
pub(super) fn plain<T: Clone + Into<Value>>(found: Option<&HashMap<String, T>>) -> Value {
    map(found, |item| item.clone().into())
}
