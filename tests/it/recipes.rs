//! The stacks of `fixtures/stacks`, which `docs/recipes.md` shows: each is released.

use std::fs;

use crate::support::{Ends, Stack, answering, repository};

/// The folder, how the stack is built, and the alias.
const STACKS: [(&str, &[&str]); 6] = [
    ("rest", &[]),
    ("rest-with-alias", &["--alias", "live"]),
    ("http-auto-deploy", &["--http", "auto"]),
    ("http", &["--alias", "live", "--http", "manual"]),
    ("no-bucket", &["--alias", "live"]),
    ("image", &["--alias", "live"]),
];

/// Those that a function's URL or an event proves, which have tests of their own.
const OTHERS: [&str; 2] = ["function-url", "sqs-worker"];

#[test]
fn each_stack_is_released() {
    for (folder, options) in STACKS {
        let stack = Stack::build(options);
        stack.take_project(folder, "hello-{stage}");
        let mut command = stack.command(&["--stage", "dev", "--output", "json"]);
        if folder == "image" {
            stack.runs_images();
            let digest = stack.push("next", &answering(200, "Hello!"));
            command.env("IMAGE", stack.image(&format!("@{digest}")));
        }
        let run = command.ended().exits(0);
        assert_eq!(run.outcome(), "released", "{folder}");
        assert_eq!(stack.call("/hello").body, "Hello!", "{folder}");
        stack.proxy.take_calls();
        command.ended().exits(0);
        stack.proxy.take_calls().writes_nothing();
    }
}

#[test]
fn the_page_shows_each_stack() {
    let page = fs::read_to_string(repository().join("docs/recipes.md")).unwrap();
    let folders = fs::read_dir(repository().join("fixtures/stacks")).unwrap();
    let mut folders: Vec<_> = folders.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    folders.sort();
    let mut tested: Vec<_> = STACKS.iter().map(|(folder, _)| *folder).chain(OTHERS).collect();
    tested.sort_unstable();
    assert_eq!(folders, tested);
    for folder in folders {
        let name = format!("fixtures/stacks/{folder}/sls-release.toml");
        let settings = fs::read_to_string(repository().join(&name)).unwrap();
        assert!(page.contains(&format!("`{name}`:\n\n```toml\n{settings}```\n")), "{folder}");
    }
}
