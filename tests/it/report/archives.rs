//! What `package` may show of an archive, with one of everything.

use std::collections::BTreeMap;

use sls_release::model::*;

use super::samples::sha256;

fn of_hello<T>(value: T) -> BTreeMap<FunctionKey, T> {
    BTreeMap::from([(FunctionKey::new("hello"), value)])
}

fn facts(content: &str) -> FileFacts {
    FileFacts { sha256: sha256(content), bytes: 10, compressed_bytes: 8, mode: 0o644, is_link: false }
}

fn file(name: &str) -> NamedFile {
    NamedFile { name: name.into(), facts: facts(name) }
}

/// Every kind of difference.
pub(super) fn comparisons() -> BTreeMap<FunctionKey, Comparison> {
    let size = ArchiveSize { sha256: sha256("zip"), zipped_bytes: 100, unzipped_bytes: 200, files: 3 };
    of_hello(Comparison {
        with: "old.zip".into(),
        verdict: Verdict::OtherFiles,
        before: size,
        after: size,
        difference: Difference {
            added: vec![file("new")],
            removed: vec![file("old")],
            renamed: vec![RenamedFile { from: file("was"), to: file("is") }],
            changed: vec![ChangedFile {
                name: "app.py".into(),
                before: facts("one"),
                after: facts("two"),
                is_other_content: true,
                is_other_mode: false,
            }],
            is_reordered: true,
        },
    })
}

/// Every rule that leaves something out.
pub(super) fn explanations() -> BTreeMap<FunctionKey, Explanation> {
    let rules = [
        LeftOutBy::Exclude { pattern: "docs/**".into() },
        LeftOutBy::Protected { name: ".git".into() },
        LeftOutBy::OwnFile,
        LeftOutBy::NotIncluded,
    ];
    let left_out = |by| LeftOut { by, files: 1, bytes: 2, folders: 3, example: "docs/".into() };
    of_hello(Explanation {
        files: 1,
        zipped_bytes: 100,
        unzipped_bytes: 200,
        unzipped_limit_bytes: UNZIPPED_LIMIT,
        folders: vec![FolderSize { path: "lib/".into(), files: 1, bytes: 200, compressed_bytes: 90 }],
        largest: vec![LargeFile { name: "lib/a".into(), bytes: 200, compressed_bytes: 90 }],
        left_out: rules.into_iter().map(left_out).collect(),
        advice: vec![Advice {
            about: AdviceAbout::Secret,
            files: 1,
            compressed_bytes: 90,
            example: "id_rsa".into(),
            secrets: vec!["id_rsa".into()],
            fix: "exclude".into(),
        }],
    })
}
