//! Several settings files of one repository: each has a preview of its own.

use serde_json::Value;

use super::scene::{SETTINGS, apis, call, functions, greeting, list, previewed, scene, service_beside, source};
use crate::support::{Call, Ends, Run, Stack, When};

fn up_with(stack: &Stack, config: &str) -> Run {
    stack.preview("up", &["--pr", "42", "--stage", "dev", "--config", config])
}

/// The services of the previews.
fn services(previews: &[Value]) -> Vec<&str> {
    previews.iter().map(|preview| preview["service"].as_str().unwrap()).collect()
}

#[test]
fn two_settings_files_of_one_service_do_not_rewire_each_other() {
    let (stack, first) = previewed();
    stack.write(
        "other/sls-release.toml",
        service_beside(&stack).replace("share_role", "service = \"hello\"\nshare_role"),
    );
    let (before, parts) = (stack.state(None), (functions(&stack), apis(&stack)));
    stack.proxy.take_calls();
    let run = up_with(&stack, "other/sls-release.toml").exits(3);
    stack.proxy.take_calls().writes_nothing();
    let problem = &run.document()["failure"]["problems"][0];
    assert_eq!(problem["check"], "preview-other-original", "{run:?}");
    assert!(problem["what"].as_str().unwrap().contains(&format!("is a copy of {}/dev", stack.api)), "{run:?}");
    assert!(problem["fix"].as_str().unwrap().contains("set `service` in [preview]"), "{run:?}");
    assert_eq!((stack.state(None), (functions(&stack), apis(&stack))), (before, parts));
    assert_eq!(call(&first), (200, greeting("pull request", "table-42")));
}

/// The API that is older stays, and the run that is refused leaves nothing.
#[test]
fn two_settings_files_of_one_service_do_not_rewire_each_other_at_the_same_time() {
    let stack = scene();
    stack.write(
        "other/sls-release.toml",
        service_beside(&stack).replace("share_role", "service = \"hello\"\nshare_role"),
    );
    let held = stack.proxy.hold(When::Next("GetRestApis"));
    let arguments = ["--pr", "42", "--stage", "dev", "--config", "other/sls-release.toml"];
    let late = stack.preview_command("up", &arguments).spawn().unwrap();
    held.wait_until_reached();
    let early = super::up(&stack).exits(0);
    let parts = (functions(&stack), apis(&stack));
    held.let_go();
    let late = late.ended().exits(4);
    assert!(late.stdout.contains(&format!("of this preview as a copy of {}/dev, not of", stack.api)), "{late:?}");
    assert_eq!((functions(&stack), apis(&stack)), parts);
    assert_eq!(call(&early), (200, greeting("pull request", "table-42")));
}

/// The services of folders differ, and the top folder's is that of the repository.
#[test]
fn the_folder_of_the_settings_names_the_service() {
    let stack = scene();
    stack.write(".git/HEAD", "ref: refs/heads/main\n");
    stack.settings(&SETTINGS.replace("service = \"hello\"\n", ""));
    stack.write("services/other/sls-release.toml", service_beside(&stack).replace("../", "../../"));
    let at_top = super::up(&stack).exits(0);
    assert_eq!(at_top.document()["previews"][0]["service"], *stack.name);
    let other = up_with(&stack, "services/other/sls-release.toml").exits(0);
    assert_eq!(other.document()["previews"][0]["service"], "services/other");
    assert_eq!(services(&list(&stack)), ["services/other", &stack.name]);

    // Each is brought up to date by its own file.
    stack.write("lambda/app.py", source("next commit"));
    let api = |run: &Run| run.document()["endpoints"].clone();
    assert_eq!(api(&up_with(&stack, "services/other/sls-release.toml").exits(0)), api(&other));
    assert_eq!(call(&at_top), (200, greeting("pull request", "table-42")));

    stack.preview("down", &["--pr", "42", "--service", "services/other"]).exits(0);
    assert_eq!(services(&list(&stack)), [&stack.name]);
    up_with(&stack, "services/other/sls-release.toml").exits(0);
    super::down(&stack).exits(0);
    assert_eq!(services(&list(&stack)), Vec::<&str>::new(), "without a service, all of the pull request's");
}

#[test]
fn the_list_comes_from_the_index_of_tags_where_the_role_may_read_it() {
    let (stack, _) = previewed();
    let looked = |denied: &[&str]| {
        for action in denied {
            stack.proxy.deny(action);
        }
        stack.proxy.take_calls();
        let found = list(&stack);
        let log = stack.proxy.take_calls();
        let own = |call: &&&Call| call.name(0).contains(&format!("{}-", stack.name));
        (found.len(), log.calls("GetResources").len(), log.calls("ListTags").iter().filter(own).count())
    };
    assert_eq!(looked(&[]), (1, 1, 0), "no function is asked for its tags");
    assert_eq!(looked(&["tag:GetResources"]), (1, 1, 1));
}
