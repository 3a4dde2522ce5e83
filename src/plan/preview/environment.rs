//! The environment of a preview's functions: that of the stage, where it names a function that is copied, names its copy.

use std::collections::BTreeMap;

use crate::model::{
    FunctionConfiguration, FunctionKey, FunctionName, GotFunction, ObservedPreview, PreviewId, PreviewRole,
    PreviewSettings, Secret, Settings, Warning,
};

/// A function that is copied, and its copy.
pub(super) struct CopiedFunction<'a> {
    pub(super) name: &'a FunctionName,
    pub(super) source: &'a GotFunction,
    pub(super) copy: FunctionName,
    pub(super) copy_arn: String,
}

/// Returns the functions that are copied, each with its copy.
pub(super) fn copied<'a>(
    id: &PreviewId,
    settings: &'a Settings,
    observed: &'a ObservedPreview,
) -> BTreeMap<&'a FunctionKey, CopiedFunction<'a>> {
    let of = |(key, source): (&'a FunctionKey, &'a Option<GotFunction>)| {
        let (name, source) = (&settings.functions.get(key)?.name.value, source.as_ref()?);
        let copy = id.function_name(name);
        let before_name = source.arn.rsplit_once(':').map_or("", |(before, _)| before);
        let copy_arn = format!("{before_name}:{copy}");
        Some((key, CopiedFunction { name, source, copy, copy_arn }))
    };
    observed.sources.iter().filter_map(of).collect()
}

/// The configuration of a preview's function.
pub(super) struct Configured {
    pub(super) configuration: FunctionConfiguration,
    /// The variables whose value names a copy instead of the function that the stage calls.
    pub(super) rewritten: BTreeMap<String, FunctionName>,
    /// Variables that may lead to the stage's functions.
    pub(super) warnings: Vec<Warning>,
}

/// Returns the configuration of the function that is copied, with the preview's role and environment. What the settings
/// say of a variable holds as it is.
pub(super) fn configured(
    key: &FunctionKey,
    source: &GotFunction,
    preview: &PreviewSettings,
    all: &BTreeMap<&FunctionKey, CopiedFunction<'_>>,
) -> Configured {
    let mut configuration = source.configuration.clone();
    if let PreviewRole::Own(role) = &preview.role {
        configuration.role.clone_from(&role.value);
    }
    let mut own = preview.environment.clone();
    own.extend(preview.functions.get(key).cloned().unwrap_or_default());
    let (mut rewritten, mut warnings) = (BTreeMap::new(), Vec::new());
    for (variable, value) in &mut configuration.environment {
        if own.contains_key(variable) {
            continue;
        }
        if let Some((function, new)) = all.values().find_map(|function| Some((function, function.instead_of(value)?))) {
            *value = Secret::new(new);
            rewritten.insert(variable.clone(), function.copy.clone());
        } else if let Some(function) =
            all.values().find(|function| contains_word(value.reveal(), function.name.as_str()))
        {
            let (function_key, named) = (key.clone(), function.name.clone());
            warnings.push(Warning::EnvironmentNamesFunction {
                function: function_key,
                variable: variable.clone(),
                named,
            });
        }
    }
    configuration.environment.extend(own);
    Configured { configuration, rewritten, warnings }
}

impl CopiedFunction<'_> {
    /// What names the copy where this value names the function, by its name or by its ARN with or without a qualifier;
    /// copies have no aliases and no versions.
    fn instead_of(&self, value: &Secret) -> Option<&str> {
        let value = value.reveal();
        if value == self.name.as_str() {
            return Some(self.copy.as_str());
        }
        let rest = value.strip_prefix(&self.source.arn)?;
        let is_arn = rest.is_empty() || rest.strip_prefix(':').is_some_and(|qualifier| !qualifier.contains(':'));
        is_arn.then_some(&self.copy_arn)
    }
}

/// Whether a text contains this name of a function, and not only as a part of a longer one.
fn contains_word(text: &str, name: &str) -> bool {
    let is_of_names = |character: char| character.is_ascii_alphanumeric() || "-_".contains(character);
    text.match_indices(name).any(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + name.len()..]);
        !before.ends_with(is_of_names) && !after.starts_with(is_of_names)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_longer_name_is_no_name() {
        for text in ["https://hello-dev.example.com/", "[\"hello-dev\"]", "hello-dev:live", "x-hello-dev, hello-dev"] {
            assert!(contains_word(text, "hello-dev"), "{text}");
        }
        for text in ["hello-dev-table", "my-hello-dev", "hello-dev2", "hello", ""] {
            assert!(!contains_word(text, "hello-dev"), "{text}");
        }
    }
}
