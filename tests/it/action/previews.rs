//! The events of a pull request, and the preview that is there after each: read back past the program.

use serde_json::json;
use sls_release::model::marks::marker;

use super::pull_request::{PREVIEW, Repository, repository, settings_of};
use super::runner::Told;
use crate::preview::logs::groups;
use crate::preview::scene::{SETTINGS, apis, functions, greeting, service_beside, source};
use crate::support::github::{BASE, Fault, payload};
use crate::support::{Fault as AwsFault, When, get};

/// What the preview answers.
fn answer(told: &Told) -> String {
    get(&format!("{}/hello", told.outputs()["endpoint"])).unwrap().body
}

/// AWS and GitHub hold nothing of it.
fn is_gone(repository: &Repository) {
    assert_eq!((functions(&repository.stack), apis(&repository.stack)), (Vec::new(), Vec::new()));
    assert_eq!(groups(&repository.stack), Vec::new());
    assert_eq!(repository.github.deployments(), Vec::new());
}

/// Nothing was asked of AWS, for this reason.
#[track_caller]
fn asks_nothing(repository: &Repository, told: &Told, why: &str) {
    assert!(told.summary().contains(why), "{}", told.summary());
    assert_eq!(repository.stack.proxy.take_calls().0, []);
}

#[test]
fn a_pull_request_has_a_preview_from_its_opening_to_its_closing() {
    let repository = repository();
    let opened = repository.event("opened").ends(true);
    assert_eq!(answer(&opened), greeting("pull request", "table-42"));
    assert!(opened.summary().starts_with("### sls-release: released"), "{}", opened.summary());

    repository.stack.write("lambda/app.py", source("next commit"));
    let pushed = repository.event("synchronize").ends(true);
    assert_eq!(answer(&pushed), greeting("next commit", "table-42"));
    assert_eq!(pushed.outputs()["endpoint"], opened.outputs()["endpoint"]);

    let told = repository.event("closed").ends(true);
    assert_eq!(told.outputs()["changed"], "true");
    is_gone(&repository);
    repository.github.says_once(42, "is gone");
    repository.event("closed").ends(true);

    let reopened = repository.event("reopened").ends(true);
    assert_eq!(answer(&reopened), greeting("next commit", "table-42"));
    repository.event("closed").ends(true);
    is_gone(&repository);
}

#[test]
fn what_does_not_touch_the_code_calls_for_nothing() {
    let repository = repository();
    let told = repository.event("labeled").ends(true);
    assert!(told.annotations()[0].message.contains("`labeled` calls for nothing"), "{:?}", told.annotations());
    assert_eq!(repository.stack.proxy.take_calls().0, []);
}

#[test]
fn the_commit_that_is_proven_is_the_head_of_the_pull_request() {
    let mut repository = repository();
    let settings = SETTINGS.replace("hits = 1", "hits = 1\ncontains = \"{commit}\"");
    repository.stack.settings(&settings);
    repository.workflow = PREVIEW.replace(
        "      - uses: org/",
        "      - run: sed -i \"s/pull request/$(git rev-parse HEAD)/\" lambda/app.py\n      - uses: org/",
    );
    let told = repository.event("opened").ends(true);
    let head = repository.commit();
    assert_eq!(answer(&told), greeting(&head, "table-42"));
    assert_eq!(told.annotations().iter().filter(|it| it.level == "warning").count(), 0, "{:?}", told.annotations());
}

#[test]
fn the_settings_are_those_of_the_base_branch() {
    let repository = repository();
    repository.stack.write("code/app.py", source("moved"));
    let own = SETTINGS.replace("hello\"\nname", "code\"\nname").replace("\"lambda\"", "\"code\"");
    let own = own.replace("bucket = \"$NAME-artifacts\"", "bucket = \"somebody-elses\"");
    repository.stack.settings(&own.replace("table-{pr}", "users"));
    let told = repository.event("opened").ends(true);
    assert_eq!(answer(&told), greeting("moved", "table-42"), "the source is the pull request's own");
    let warnings: Vec<_> = told.annotations().into_iter().filter(|it| it.level == "warning").collect();
    let said = |text: &str| warnings.iter().any(|it| it.message.starts_with(text));
    assert!(said("sls-release.toml:4:1: `bucket` of [artifacts] differs"), "{warnings:?}");
    assert!(said("sls-release.toml:16:1: `TABLE_NAME` of [preview.environment] differs"), "{warnings:?}");
    assert_eq!(warnings.len(), 2, "{warnings:?}");
}

#[test]
fn previews_begin_once_the_settings_are_on_the_base_branch() {
    let repository = repository();
    repository.github.remove_file("sls-release.toml", BASE);
    asks_nothing(
        &repository,
        &repository.event("opened").ends(true),
        "previews begin once the settings are on the base branch",
    );

    let without = settings_of(&repository.stack, &SETTINGS.replace("[preview]\nshare_role = true\n", ""));
    let without = without.replace("service = \"hello\"\n[preview.environment]\nTABLE_NAME = \"table-{pr}\"\n", "");
    repository.github.file("sls-release.toml", BASE, &without);
    asks_nothing(
        &repository,
        &repository.event("opened").ends(true),
        "previews begin once the base branch enables them",
    );

    std::fs::remove_file(repository.stack.folder().join("sls-release.toml")).unwrap();
    asks_nothing(&repository, &repository.event("opened").ends(true), "into the branch of the pull request");
}

/// Who took the previews away meanwhile, or their role, did so for those that are open as well.
#[test]
fn the_settings_are_those_of_the_base_branch_as_it_is_now() {
    let repository = repository();
    let moved = "f".repeat(40);
    repository.github.tip("main", &moved);
    let settings = settings_of(&repository.stack, &SETTINGS.replace("table-{pr}", "newer-{pr}"));
    repository.github.file("sls-release.toml", &moved, &settings);
    assert_eq!(answer(&repository.event("opened").ends(true)), greeting("pull request", "newer-42"));
}

#[test]
fn a_preview_that_its_end_would_not_find_is_refused() {
    let repository = repository();
    let elsewhere = settings_of(&repository.stack, &SETTINGS.replace("us-east-1", "eu-west-1"));
    repository.github.file("sls-release.toml", BASE, &elsewhere);
    let told = repository.event("opened").ends(false);
    assert!(told.error().contains("the preview would be in eu-west-1, where its deletion would not look for it"));
    repository.stack.proxy.take_calls().writes_nothing();
}

#[test]
fn settings_in_a_folder_are_those_of_that_folder() {
    let mut repository = repository();
    let stack = &repository.stack;
    stack.write("api/sls-release.toml", settings_of(stack, SETTINGS));
    stack.write("api/lambda/app.py", source("in a folder"));
    repository.github.file("api/sls-release.toml", BASE, &settings_of(stack, SETTINGS));
    repository.github.remove_file("sls-release.toml", BASE);
    repository.workflow =
        PREVIEW.replace("stage: dev", "stage: dev\n          config: api/sls-release.toml\n         ");
    assert_eq!(answer(&repository.event("opened").ends(true)), greeting("in a folder", "table-42"));
}

#[test]
fn a_source_outside_of_the_checkout_is_refused() {
    let repository = repository();
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("app.py"), source("outside")).unwrap();
    std::os::unix::fs::symlink(outside.path(), repository.stack.folder().join("link")).unwrap();
    repository.stack.settings(&SETTINGS.replace("\"lambda\"", "\"link\""));
    repository.event("opened").ends(false).fails_for("is outside of the checkout");
    repository.stack.proxy.take_calls().writes_nothing();
}

#[test]
fn without_githubs_word_nothing_is_made() {
    let mut repository = repository();
    let head = repository.push();
    repository.github.always("", Fault::Status(500));
    repository.run("opened", &head).ends(false).fails_for("failed to read pull request 42");
    repository.stack.proxy.take_calls().writes_nothing();

    repository.workflow = PREVIEW.replace("stage: dev", "github-token: \"\"\n          stage: dev");
    let head = repository.push();
    repository.run("opened", &head).ends(false).fails_for("there is no token for GitHub");
    assert_eq!(repository.stack.proxy.take_calls().0, []);
}

#[test]
fn a_closed_one_is_torn_down_without_githubs_word() {
    let repository = repository();
    repository.event("opened").ends(true);
    let head = repository.push();
    repository.github.always("", Fault::Status(500));
    repository.run("closed", &head).ends(true);
    assert_eq!((functions(&repository.stack), apis(&repository.stack)), (Vec::new(), Vec::new()));
}

#[test]
fn a_run_for_a_closed_pull_request_makes_nothing() {
    let repository = repository();
    let head = repository.push();
    repository.github.pull_request(42, false, &head);
    asks_nothing(&repository, &repository.run("synchronize", &head).ends(true), "pull request 42 is closed by now");
}

#[test]
fn one_that_is_closed_meanwhile_leaves_nothing() {
    let repository = repository();
    let head = repository.push();
    repository.github.pull_request_after(2, 42, false, &head);
    let told = repository.run("synchronize", &head).ends(true).begins("preview deleted");
    assert!(told.annotations().iter().any(|it| it.message.contains("is closed by now; the preview is deleted again")));
    is_gone(&repository);
}

/// What stays is named, and not reported as if nothing had been written.
#[test]
fn one_that_is_closed_meanwhile_and_cannot_be_deleted_is_named() {
    let repository = repository();
    let head = repository.push();
    repository.github.pull_request_after(2, 42, false, &head);
    repository.stack.proxy.fault(When::Action("ListFunctions"), AwsFault::Denied);
    let told = repository.run("synchronize", &head).ends(false);
    assert!(!told.summary().contains("nothing was written"), "{}", told.summary());
    assert!(told.summary().contains("sls-release preview down --pr 42 --repository"), "{}", told.summary());
    assert_eq!((functions(&repository.stack).len(), apis(&repository.stack).len()), (1, 1));
}

#[test]
fn an_older_commit_gives_way_to_a_newer_one() {
    let repository = repository();
    let older = repository.push();
    repository.stack.write("lambda/app.py", source("next commit"));
    let newer = repository.push();
    repository.run("synchronize", &older).ends(true).begins("superseded\n").says(&newer[..7]);
    assert_eq!(repository.stack.proxy.take_calls().0, []);

    repository.github.pull_request(42, true, &older);
    repository.github.pull_request_after(2, 42, true, &newer);
    repository.run("synchronize", &older).ends(true).begins("superseded\n");
    let newest = repository.run("synchronize", &newer).ends(true);
    assert_eq!(answer(&newest), greeting("next commit", "table-42"));
}

#[test]
fn a_late_teardown_leaves_what_was_opened_again() {
    let repository = repository();
    let opened = repository.event("opened").ends(true);
    repository.run("closed", &repository.commit()).ends(true).says("pull request 42 is open again");
    assert_eq!(answer(&opened), greeting("pull request", "table-42"));
}

#[test]
fn two_services_of_one_repository_do_not_touch_each_other() {
    let mut hello = repository();
    let settings = service_beside(&hello.stack);
    hello.stack.write("other/sls-release.toml", &settings);
    hello.github.file("other/sls-release.toml", BASE, &settings);
    let of_hello = PREVIEW.replace("stage: dev", "service: hello\n          stage: dev");
    let of_other =
        PREVIEW.replace("stage: dev", "config: other/sls-release.toml\n          service: other\n          stage: dev");
    let mut told_of = |workflow: &str, action: &str| {
        workflow.clone_into(&mut hello.workflow);
        hello.event(action).ends(true)
    };
    let opened = told_of(&of_hello, "opened");
    told_of(&of_other, "opened");
    told_of(&of_other, "closed");
    assert_eq!(answer(&opened), greeting("pull request", "table-42"), "the other service has its own preview alone");
    told_of(&of_other, "reopened");
    told_of(&of_hello, "closed");
    let name = hello.stack.function("other");
    assert_eq!(functions(&hello.stack), [name.clone(), format!("{name}-pr-42")]);
    assert_eq!(apis(&hello.stack), [name.clone(), format!("{name}-pr-42")]);
}

/// Neither the workflows nor the settings name a service.
#[test]
fn two_settings_files_have_two_comments_and_end_together() {
    let mut hello = repository();
    let unnamed = SETTINGS.replace("service = \"hello\"\n", "");
    hello.stack.settings(&unnamed);
    hello.github.file("sls-release.toml", BASE, &settings_of(&hello.stack, &unnamed));
    let settings = service_beside(&hello.stack).replace("../", "../../");
    hello.stack.write("services/other/sls-release.toml", &settings);
    hello.github.file("services/other/sls-release.toml", BASE, &settings);
    hello.event("opened").ends(true);
    hello.workflow = PREVIEW.replace("stage: dev", "config: services/other/sls-release.toml\n          stage: dev");
    hello.event("opened").ends(true);
    let markers = || {
        let comments = hello.github.comments(42).into_iter();
        comments.map(|comment| comment.body.lines().next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let expected = [marker(&hello.stack.name), marker("services/other")];
    assert_eq!(markers(), expected);

    hello.event("closed").ends(true);
    assert_eq!(markers(), expected);
    assert!(hello.github.comments(42).iter().all(|comment| comment.body.contains("is gone")));
    let name = hello.stack.function("other");
    assert_eq!((functions(&hello.stack), apis(&hello.stack)), (vec![name.clone()], vec![name]));
    assert_eq!(hello.github.deployments(), Vec::new());
}

#[test]
fn another_checkout_is_packed_with_a_warning() {
    let mut repository = repository();
    repository.workflow = PREVIEW.replace("${{ github.event.pull_request.head.sha }}", "origin/main~1");
    repository.push();
    repository.stack.write("lambda/app.py", source("next commit"));
    let told = repository.event("synchronize").ends(true);
    assert_eq!(answer(&told), greeting("pull request", "table-42"));
    let annotations = told.annotations();
    assert!(annotations.iter().any(|it| it.message.starts_with("the checkout is at ")), "{annotations:?}");
}

#[test]
fn a_schedule_prunes_what_was_closed_unheard() {
    let mut repository = repository();
    let opened = repository.event("opened").ends(true);
    repository.workflow = include_str!("../../../fixtures/workflows/prune.yml").to_owned();
    let head = repository.push();
    repository.on("schedule", json!({ "repository": { "id": 1 } }), &[]).ends(true);
    assert_eq!(answer(&opened), greeting("pull request", "table-42"), "it is open");
    repository.github.pull_request(42, false, &head);
    repository.on("schedule", json!({ "repository": { "id": 1 } }), &[]).ends(true);
    is_gone(&repository);
}

#[test]
fn a_label_releases_the_head_with_the_settings_of_the_base_branch() {
    let mut repository = repository();
    repository.workflow = include_str!("../../../fixtures/workflows/label.yml").to_owned();
    repository.stack.settings(&SETTINGS.replace("bucket = \"$NAME-artifacts\"", "bucket = \"somebody-elses\""));
    let mut labeled = payload("labeled", &repository.push());
    labeled["label"] = json!({ "name": "release-dev" });
    let told = repository.run_with(labeled, &[]).ends(true);
    assert!(told.summary().starts_with("### sls-release: released, stage dev"), "{}", told.summary());
    let ignored = told.annotations().into_iter().any(|it| it.message.contains("`bucket` of [artifacts] differs"));
    assert!(ignored, "{:?}", told.annotations());
}

#[test]
fn a_fork_and_dependabot_meet_neither_aws_nor_github() {
    let repository = repository();
    let head = repository.push();
    repository.github.always("", Fault::Status(500));
    let mut fork = payload("opened", &head);
    fork["pull_request"]["head"]["repo"]["id"] = json!(2);
    for (payload, arguments, why) in [
        (fork.clone(), &[][..], "a fork's"),
        (payload("opened", &head), &["--actor", "dependabot[bot]"][..], "Dependabot's"),
        (payload("closed", &head), &["--actor", "dependabot[bot]"][..], "Dependabot's"),
    ] {
        asks_nothing(&repository, &repository.run_with(payload, arguments).ends(true), why);
    }
    fork["action"] = json!("closed");
    repository.run_with(fork.clone(), &[]).ends(true);
    assert_eq!(repository.stack.proxy.take_calls().0, []);
    fork["pull_request"]["head"]["repo"] = json!(null);
    asks_nothing(&repository, &repository.run_with(fork, &[]).ends(true), "the repository of the code was deleted");
}

/// A workflow that somebody starts has the default branch in its checkout.
#[test]
fn a_preview_that_is_only_named_is_of_its_own_commit() {
    let mut repository = repository();
    let (_, jobs) = PREVIEW.split_once("permissions: {}").unwrap();
    let jobs = jobs.replace("stage: dev", "command: preview-up\n          pr: 42\n          stage: dev");
    let (before, rest) = jobs.split_once("        if: github.event.pull_request.head.repo.id").unwrap();
    let (_, after) = rest.split_once('\n').unwrap();
    repository.workflow = format!("name: named\non:\n  workflow_dispatch:\npermissions: {{}}{before}{after}");
    let head = repository.push();
    let dispatch = || repository.on("workflow_dispatch", json!({ "repository": { "id": 1 } }), &[]);
    let told = dispatch().ends(true);
    assert_eq!(answer(&told), greeting("pull request", "table-42"));
    assert_eq!(repository.github.deployments()[0].asked["ref"], head.as_str());

    repository.github.pull_request(42, true, &"b".repeat(40));
    dispatch().ends(false).fails_for("not at the head of pull request 42");
}
