//! The published schema of `--output json`.

use std::fs;
use std::path::Path;

use serde_json::Value;
use sls_release::report::{End, Format, Verbosity, schema};

use super::formats::endings;
use super::{archives, samples, told};

#[test]
fn the_published_schema_is_the_one_of_the_types() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/output.schema.json");
    let schema = serde_json::to_string_pretty(&schema()).unwrap() + "\n";
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        fs::write(&path, &schema).unwrap();
    }
    let published = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        published == schema,
        "docs/output.schema.json is out of date: run `UPDATE_SCHEMA=1 cargo test --test it schema`, \
         and raise SCHEMA_VERSION where a field changed its meaning or went away"
    );
}

/// What the schema lacks is what nobody promised.
#[test]
fn a_full_document_has_only_promised_fields_and_all_required_ones() {
    for (_, outcome) in endings() {
        let told = told(Format::Json, Verbosity::Normal, |reporter| {
            reporter.artifacts(&samples::artifacts());
            reporter.end(End::Outcome(&outcome));
        });
        keeps_its_promise(&serde_json::from_str(&told.stdout).unwrap());
    }
}

#[test]
fn the_views_of_archives_have_only_promised_fields_and_all_required_ones() {
    let told = told(Format::Json, Verbosity::Normal, |reporter| {
        reporter.artifacts(&samples::artifacts());
        reporter.comparisons(&archives::comparisons());
        reporter.explanations(&archives::explanations());
        reporter.end(End::Packaged);
    });
    let document: Value = serde_json::from_str(&told.stdout).unwrap();
    assert!(document["comparisons"]["hello"].is_object() && document["explanations"]["hello"].is_object());
    keeps_its_promise(&document);
}

/// What a run wrote has only promised fields, and all required ones.
pub(super) fn keeps_its_promise(document: &Value) {
    let root = serde_json::to_value(schema()).unwrap();
    check(&root, &root, document, "$");
}

/// Objects, lists and references; enough for a schema that types generate.
fn check(root: &Value, schema: &Value, value: &Value, at: &str) {
    if let Some(reference) = schema["$ref"].as_str() {
        let target = root.pointer(reference.trim_start_matches('#')).unwrap_or_else(|| panic!("{reference}"));
        check(root, target, value, at);
    }
    for required in schema["required"].as_array().into_iter().flatten() {
        assert!(value.get(required.as_str().unwrap()).is_some(), "{at} lacks {required}");
    }
    if let (Some(properties), Some(fields)) = (schema["properties"].as_object(), value.as_object()) {
        for (name, field) in
            fields.iter().filter(|(name, _)| schema["oneOf"].is_null() || properties.contains_key(*name))
        {
            let property = properties.get(name).unwrap_or_else(|| panic!("{at}.{name} is not in the schema"));
            check(root, property, field, &format!("{at}.{name}"));
        }
    }
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        check(root, &schema["items"], item, &format!("{at}[{index}]"));
    }
    if let Some(types) = schema.get("type") {
        assert!(has_type(value, types), "{at} is {value}, not {types}");
    }
}

fn has_type(value: &Value, types: &Value) -> bool {
    let is = |name: &str| match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_u64(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("type {other}"),
    };
    match types {
        Value::Array(names) => names.iter().any(|name| is(name.as_str().unwrap())),
        name => is(name.as_str().unwrap()),
    }
}
