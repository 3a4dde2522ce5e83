//! GitHub's published schema, trimmed to the calls that the program makes.
//!
//! The package that holds it is 385 MB, so that only what is needed of it stays: a file below the target folder.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::archive_file::installed::installed_by_npm;

/// The calls.
const CALLS: [(&str, &[&str]); 11] = [
    ("/repos/{owner}/{repo}/compare/{basehead}", &["get"]),
    ("/repos/{owner}/{repo}/commits/{commit_sha}/pulls", &["get"]),
    ("/repos/{owner}/{repo}/pulls", &["get"]),
    ("/repos/{owner}/{repo}/git/ref/{ref}", &["get"]),
    ("/repos/{owner}/{repo}/pulls/{pull_number}", &["get"]),
    ("/repos/{owner}/{repo}/contents/{path}", &["get"]),
    ("/repos/{owner}/{repo}/issues/{issue_number}/comments", &["get", "post"]),
    ("/repos/{owner}/{repo}/issues/comments/{comment_id}", &["patch"]),
    ("/repos/{owner}/{repo}/deployments", &["get", "post"]),
    ("/repos/{owner}/{repo}/deployments/{deployment_id}", &["delete"]),
    ("/repos/{owner}/{repo}/deployments/{deployment_id}/statuses", &["get", "post"]),
];

/// Where npm installed the judge; beside it is [`trimmed`].
pub(super) fn folder() -> PathBuf {
    let folder = installed_by_npm("github", |folder| {
        let whole = folder.join("node_modules/@octokit/openapi/generated/api.github.com.json");
        let mut document: Value = serde_json::from_slice(&fs::read(whole).unwrap()).unwrap();
        trim(&mut document);
        fs::write(trimmed(folder), document.to_string()).unwrap();
        fs::remove_dir_all(folder.join("node_modules/@octokit")).unwrap();
    });
    let document: Value = serde_json::from_slice(&fs::read(trimmed(&folder)).unwrap()).unwrap();
    let is_there = |(path, _): &(&str, _)| document["paths"].get(*path).is_some();
    assert!(CALLS.iter().all(is_there), "it was trimmed to other calls: delete {}", folder.display());
    folder
}

/// The schema, in the folder.
pub(super) fn trimmed(folder: &Path) -> PathBuf {
    folder.join("openapi.json")
}

/// The calls alone, with what they refer to. A field that GitHub does not know is an error.
fn trim(document: &mut Value) {
    let all = document["paths"].take();
    let mut paths = Map::new();
    for (path, methods) in CALLS {
        let mut kept = all[path].as_object().unwrap().clone();
        kept.retain(|name, _| name == "parameters" || methods.contains(&name.as_str()));
        assert!(methods.iter().all(|method| kept.contains_key(*method)), "{path} has lost a method");
        kept.values_mut().for_each(close_body);
        paths.insert(path.to_owned(), Value::Object(kept));
    }
    document["paths"] = Value::Object(paths);
    keep_components(document);
    name_media_types(document);
    for unused in ["webhooks", "x-webhooks", "tags"] {
        document.as_object_mut().unwrap().remove(unused);
    }
}

/// GitHub's pages say that a client asks for `application/vnd.github+json`; the schema names the plain type alone.
///
/// <https://docs.github.com/rest/using-the-rest-api/getting-started-with-the-rest-api#media-types>
fn name_media_types(value: &mut Value) {
    if let Some(json) = value.pointer("/content/application~1json").cloned() {
        value["content"]["application/vnd.github+json"] = json;
    }
    match value {
        Value::Object(map) => map.values_mut().for_each(name_media_types),
        Value::Array(items) => items.iter_mut().for_each(name_media_types),
        _ => {}
    }
}

fn close_body(operation: &mut Value) {
    let schema = &mut operation["requestBody"]["content"]["application/json"]["schema"];
    if schema.is_object() {
        schema["additionalProperties"] = Value::Bool(false);
    } else if let Some(operation) = operation.as_object_mut() {
        operation.remove("requestBody"); // indexing made it
    }
}

/// Those that the paths need, and those that these need.
fn keep_components(document: &mut Value) {
    let all = document["components"].take();
    let (mut wanted, mut open) = (BTreeSet::new(), references(&document["paths"]));
    while let Some(reference) = open.pop_first() {
        if wanted.insert(reference.clone()) {
            open.extend(references(all.pointer(&reference).unwrap()));
        }
    }
    let mut components = Map::new();
    for reference in wanted {
        let mut names = reference.split('/').skip(1);
        let (kind, name) = (names.next().unwrap(), names.next().unwrap());
        let of_kind = components.entry(kind).or_insert_with(|| Value::Object(Map::new()));
        of_kind[name] = all[kind][name].clone();
    }
    document["components"] = Value::Object(components);
}

/// What `#/components/…` is referred to, as pointers below the components.
fn references(value: &Value) -> BTreeSet<String> {
    match value {
        Value::Object(map) => {
            let own = map.get("$ref").and_then(Value::as_str).and_then(|text| text.strip_prefix("#/components"));
            own.map(ToOwned::to_owned).into_iter().chain(map.values().flat_map(references)).collect()
        }
        Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => BTreeSet::new(),
    }
}

/// GitHub's own example of this name; of a list of them, the first.
pub(super) fn example(document: &Value, name: &str) -> Value {
    let found = &document["components"]["examples"][name]["value"];
    found.get(0).unwrap_or(found).clone()
}
