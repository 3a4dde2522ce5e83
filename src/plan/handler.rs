//! Whether an artifact holds its function's handler.

use crate::model::Artifact;

/// The files that could hold the handler, where none of them is in the artifact; `None`: it is there,
/// or the runtime names it in a way that cannot be checked.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/python-handler.html>,
/// <https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html>,
/// <https://docs.aws.amazon.com/lambda/latest/dg/ruby-handler.html>,
/// <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-provided.html>.
pub(super) fn missing(artifact: &Artifact, runtime: &str, handler: &str) -> Option<Vec<String>> {
    let candidates = candidates(runtime, handler)?;
    let found = candidates.iter().any(|name| artifact.has_entry(name));
    (!found).then_some(candidates)
}

fn candidates(runtime: &str, handler: &str) -> Option<Vec<String>> {
    if runtime.starts_with("provided") {
        return Some(vec!["bootstrap".to_owned()]);
    }
    if runtime.starts_with("python") {
        let (module, _) = handler.rsplit_once('.')?;
        let path = module.replace('.', "/");
        return Some(with(&path, &[".py", "/__init__.py", ".pyc", ".so"]));
    }
    if runtime.starts_with("nodejs") {
        let (folder, file) = handler.rsplit_once('/').map_or(("", handler), |(folder, file)| (folder, file));
        let (module, _) = file.split_once('.')?;
        let path = if folder.is_empty() { module.to_owned() } else { format!("{folder}/{module}") };
        return Some(with(&path, &[".js", ".mjs", ".cjs", "/index.js", ""]));
    }
    if runtime.starts_with("ruby") {
        let (path, _) = handler.split_once('.')?;
        return Some(with(path, &[".rb"]));
    }
    None
}

fn with(path: &str, endings: &[&str]) -> Vec<String> {
    let path = path.trim_start_matches("./");
    endings.iter().map(|ending| format!("{path}{ending}")).collect()
}
