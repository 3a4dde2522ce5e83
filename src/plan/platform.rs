//! Warns about code that cannot run on the function's platform.

use std::collections::BTreeSet;

use crate::model::{Artifact, Binary, BuiltFor, FunctionKey, Plan, Warning};

/// How many files a warning names.
const SHOWN: usize = 3;

/// The platform that a function runs on. What AWS did not say is not compared.
#[derive(Clone, Copy)]
pub(super) struct Platform<'a> {
    /// `python3.13`.
    pub(super) runtime: Option<&'a str>,
    /// `x86_64` or `arm64`.
    pub(super) architecture: Option<&'a str>,
}

/// Adds warnings about files of `artifact` that cannot run on this platform.
pub(super) fn warn(function: &FunctionKey, artifact: &Artifact, platform: Platform<'_>, plan: &mut Plan) {
    if platform.needs_executable_bootstrap() && has_bootstrap_without_x(artifact) {
        plan.warnings.push(Warning::BootstrapNotExecutable { function: function.clone() });
    }
    let (right, wrong): (Vec<_>, Vec<_>) =
        artifact.binaries.iter().map(|binary| (binary, platform.mismatch(binary))).partition(|(_, why)| why.is_none());
    // A package may bring one module for several platforms.
    let right: BTreeSet<&str> = right.into_iter().map(|(binary, _)| module(&binary.name)).collect();
    let wrong = wrong.into_iter().filter(|(binary, _)| !right.contains(module(&binary.name)));
    let wrong: Vec<String> =
        wrong.map(|(binary, why)| format!("{} ({})", binary.name, why.unwrap_or_default())).collect();
    if !wrong.is_empty() {
        plan.warnings.push(Warning::BuiltForAnotherPlatform {
            function: function.clone(),
            platform: platform.name(),
            files: wrong.len(),
            examples: wrong.into_iter().take(SHOWN).collect(),
        });
    }
}

/// Returns whether `bootstrap` is not executable.
/// <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html>
fn has_bootstrap_without_x(artifact: &Artifact) -> bool {
    artifact.entries.iter().any(|entry| entry.name == "bootstrap" && entry.mode & 0o111 == 0)
}

/// Returns the path of a module without its endings, which may name a platform.
fn module(name: &str) -> &str {
    let file = name.rfind('/').map_or(0, |slash| slash + 1);
    name[file..].find('.').map_or(name, |dot| &name[..file + dot])
}

impl Platform<'_> {
    /// Returns why native code cannot run here.
    fn mismatch(self, binary: &Binary) -> Option<String> {
        let system = match (binary.built_for, self.architecture) {
            (BuiltFor::MacOs, _) => Some("macOS"),
            (BuiltFor::Windows, _) => Some("Windows"),
            (BuiltFor::OtherProcessor, _) => Some("another processor"),
            (BuiltFor::X86_64, Some("arm64")) => Some("x86_64"),
            (BuiltFor::Arm64, Some("x86_64")) => Some("arm64"),
            (BuiltFor::X86_64 | BuiltFor::Arm64, _) => None,
        };
        let found: Vec<String> = system.map(str::to_owned).into_iter().chain(self.other_python(&binary.name)).collect();
        (!found.is_empty()).then(|| found.join(", "))
    }

    /// Returns the version of `CPython` in a module's name, such as `x.cpython-311-x86_64-linux-gnu.so`, if it is not the
    /// function's. <https://peps.python.org/pep-3149/>
    fn other_python(self, name: &str) -> Option<String> {
        let own = self.runtime?.strip_prefix("python")?.replace('.', "");
        let (_, tag) = name.rsplit_once(".cpython-")?;
        let digits = &tag[..tag.find(|c: char| !c.is_ascii_digit()).unwrap_or(tag.len())];
        let (major, minor) = digits.split_at_checked(1)?;
        (digits != own).then(|| format!("CPython {major}.{minor}"))
    }

    fn needs_executable_bootstrap(self) -> bool {
        self.runtime.is_some_and(|runtime| runtime.starts_with("provided"))
    }

    fn name(self) -> String {
        let on = self.architecture.map(|architecture| format!(" on {architecture}")).unwrap_or_default();
        let with = self.runtime.map(|runtime| format!(" with {runtime}")).unwrap_or_default();
        format!("Linux{on}{with}")
    }
}
