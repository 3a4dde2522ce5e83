//! The artifact holds the function's handler.

use super::refused;
use crate::error::Problem;
use crate::model::Artifact;
use crate::plan::stack::Function;

pub(super) fn check(function: &Function<'_>, artifact: &Artifact) -> Option<Problem> {
    let latest = &function.observed.latest;
    let (runtime, name) = (latest.runtime.as_deref()?, latest.handler.as_deref()?);
    if !latest.layers.is_empty() {
        return None; // a layer may bring the handler, as tracing layers do
    }
    let files = missing(artifact, runtime, name)?;
    let is_told = |file: &String| file.contains('.') || runtime.starts_with("provided");
    let files: Vec<_> = files.into_iter().filter(is_told).collect();
    let why = format!("its handler is {name} ({runtime}), but the artifact has no {}", files.join(" or "));
    Some(
        refused(function, &why, "correct `source`, `include` or `exclude`, or the handler in Terraform")
            .at(function.settings.source.location()),
    )
}

/// The files that could hold the handler, where none of them is in the artifact; `None`: it exists,
/// or the runtime names it in a way that cannot be checked.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/python-handler.html>,
/// <https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html>,
/// <https://docs.aws.amazon.com/lambda/latest/dg/ruby-handler.html>,
/// <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-provided.html>.
fn missing(artifact: &Artifact, runtime: &str, handler: &str) -> Option<Vec<String>> {
    let candidates = candidates(runtime, handler)?;
    let found = candidates.iter().any(|name| artifact.has_entry(name) || artifact.has_by_link(name))
        || is_elsewhere(artifact, runtime, &candidates);
    (!found).then_some(candidates)
}

fn candidates(runtime: &str, handler: &str) -> Option<Vec<String>> {
    if runtime.starts_with("provided") {
        return Some(vec!["bootstrap".to_owned()]);
    }
    if runtime.starts_with("python") {
        let (module, _) = handler.rsplit_once('.')?;
        let path = module.replace('.', "/");
        return Some(with(&path, &[".py", "/__init__.py", ".pyc", "/__init__.pyc"]));
    }
    if runtime.starts_with("nodejs") {
        let (folder, file) = handler.rsplit_once('/').map_or(("", handler), |(folder, file)| (folder, file));
        let (module, _) = file.split_once('.')?;
        let path = if folder.is_empty() { module.to_owned() } else { format!("{folder}/{module}") };
        return Some(with(&path, &[".js", ".mjs", ".cjs", "/index.js", "/package.json", ""]));
    }
    if runtime.starts_with("ruby") {
        let (path, _) = handler.split_once('.')?;
        return Some(with(path, &[".rb"]));
    }
    None
}

/// What loaders find beside the plain names: an extension module with the interpreter's tag
/// (`app.cpython-313-x86_64-linux-gnu.so`), a package under `node_modules`.
fn is_elsewhere(artifact: &Artifact, runtime: &str, candidates: &[String]) -> bool {
    if runtime.starts_with("nodejs") {
        return candidates.iter().any(|name| artifact.has_entry(&format!("node_modules/{name}")));
    }
    let Some(module) = candidates.first().and_then(|name| name.strip_suffix(".py")) else { return false };
    artifact.entries.iter().filter_map(|entry| entry.name.strip_prefix(module)?.strip_suffix(".so")).any(is_tag)
}

/// What is left of an extension module's name without its path and its ending.
fn is_tag(rest: &str) -> bool {
    let rest = rest.strip_prefix("/__init__").unwrap_or(rest);
    rest.is_empty() || rest.starts_with('.')
}

fn with(path: &str, endings: &[&str]) -> Vec<String> {
    let path = path.trim_start_matches("./");
    endings.iter().map(|ending| format!("{path}{ending}")).collect()
}
