//! Functions whose code is a container image, released by the digest of a manifest in ECR.

use std::time::Duration;

use crate::support::{Ends, Fault, Stack, Strict, When, answering, image_settings, unreleased};

/// A stack whose function runs images.
fn stack() -> Stack {
    let stack = Stack::build_behind(Strict::all(), &["--alias", "live"]);
    stack.settings(&image_settings());
    stack.runs_images();
    stack.release(&[]).exits(0);
    assert_eq!(stack.call("/hello").body, "zero");
    stack.proxy.take_calls();
    stack
}

fn check_of(stack: &Stack, arguments: &[&str]) -> (String, String) {
    let run = stack.release(arguments).exits(3);
    stack.proxy.take_calls().writes_nothing();
    let problem = run.document()["failure"]["problems"][0].clone();
    (problem["check"].as_str().unwrap_or_default().to_owned(), problem.to_string())
}

#[test]
fn a_tag_that_moved_is_released_by_its_digest() {
    let stack = stack();
    let digest = stack.push("live", &answering(200, "two"));
    let log = stack.logged("released");
    let writes: Vec<_> = log.writes().into_iter().map(|call| call.action).collect();
    assert_eq!(writes, ["UpdateFunctionCode", "UpdateAlias"]);
    assert!(log.iter().all(|call| call.service != "s3"), "an image needs no bucket");
    let update = log.calls("UpdateFunctionCode")[0].document();
    assert_eq!(update["ImageUri"], stack.image(&format!("@{digest}")), "not by its tag, which may move again");
    assert_eq!(stack.call("/hello").body, "two");
    stack.proxy.set_latency(Duration::from_millis(500), Duration::ZERO);
    let log = stack.logged("unchanged");
    log.writes_nothing();
    assert_eq!((log.calls("BatchGetImage").len(), log.depth()), (1, 1), "what the tag stands for: {log:?}");
}

#[test]
fn an_image_of_the_environment_or_of_a_flag_is_released() {
    let stack = stack();
    let (first, second) = (stack.push("first", &answering(200, "one")), stack.push("second", &answering(200, "two")));
    let tag = format!("image = \"{}\"", stack.image(":live"));
    stack.settings(&image_settings().replace("$NAME", &stack.name).replace(&tag, "image = \"{env.IMAGE}\""));
    let image = stack.image(&format!("@{first}"));
    let mut command = stack.command(&["--stage", "dev", "--output", "json"]);
    let run = command.env("IMAGE", &image).ended().exits(0);
    assert!(run.stdout.contains(&image), "it is no secret");
    assert_eq!(stack.call("/hello").body, "one");
    stack.proxy.take_calls();
    command.ended().exits(0);
    let log = stack.proxy.take_calls();
    assert!(log.calls("BatchGetImage").is_empty(), "a digest says what runs already");
    let flag = format!("--image=hello={}", stack.image(&format!(":v2@{second}")));
    stack.release(&[&flag]).exits(0);
    assert_eq!(stack.call("/hello").body, "two");
    let run = stack.release(&["--image=other=x"]).exits(2);
    assert!(run.stdout.contains("unknown function `other` (from `--image`)"), "{run:?}");
    assert!(stack.release(&[]).exits(2).stdout.contains("the environment variable IMAGE is not set"));
}

#[test]
fn an_index_is_refused_with_the_image_that_it_holds() {
    let stack = stack();
    let digest = stack.push("amd64", &answering(200, "two"));
    stack.push_index("live", "amd64", &digest);
    let (check, problem) = check_of(&stack, &[]);
    assert_eq!(check, "image-unusable");
    for part in ["--platform linux/amd64 --provenance=false", &stack.image(&format!("@{digest}"))] {
        assert!(problem.contains(part), "{problem}");
    }
    stack.push_index("live", "arm64", &digest);
    let (_, problem) = check_of(&stack, &[]);
    assert!(problem.contains("it holds linux/arm64") && !problem.contains("or name its image"), "{problem}");
}

#[test]
fn an_image_that_is_not_there_is_refused() {
    let stack = stack();
    for (reference, part) in [
        (stack.image(":absent"), "ECR has no image"),
        (stack.image(":absent").replace("/hello", "/other"), "ECR has no image"),
        (stack.image(":live").replace("us-east-1", "eu-west-1"), "is in eu-west-1"),
    ] {
        let (check, problem) = check_of(&stack, &[&format!("--image=hello={reference}")]);
        assert_eq!(check, "image-unusable");
        assert!(problem.contains(part), "{problem}");
    }
}

#[test]
fn what_could_not_come_back_is_not_replaced() {
    let stack = stack();
    let live = stack.push("live", &answering(200, "zero"));
    stack.push("live", &answering(200, "two"));
    stack.delete_image(&live);
    let (check, problem) = check_of(&stack, &[]);
    assert_eq!(check, "image-live-missing");
    assert!(problem.contains(&live), "{problem}");
}

#[test]
fn a_release_that_fails_puts_the_image_back() {
    let stack = stack();
    let before = stack.state(Some("live"));
    for smoke in ["[smoke]\n", "[smoke]\nbefore = false\n"] {
        stack.settings(&image_settings().replace("[smoke]\n", smoke).replace("20s", "2s"));
        stack.push("live", &answering(500, "broken"));
        stack.release(&[]).exits(4);
        assert_eq!(stack.state(Some("live")), before);
        assert_eq!(stack.call("/hello").body, "zero");
    }
    stack.proxy.fault(When::NextAfterWrite("UpdateFunctionCode"), Fault::Denied);
    let run = stack.release(&[]).exits(5);
    let command = run.document()["not_put_back"][0]["command"].as_str().unwrap().to_owned();
    assert!(command.contains(&format!("--image-uri {}", stack.image("@sha256:"))), "{command}");
}

#[test]
fn an_image_fits_a_function_of_its_kind_alone() {
    let stack = stack();
    stack.write("lambda/app.py", answering(200, "zip"));
    let image = format!("image = \"{}\"", stack.image(":live"));
    let settings = image_settings().replace("$NAME", &stack.name);
    stack.settings(&settings.replace(&image, "source = \"lambda\""));
    assert_eq!(check_of(&stack, &[]).0, "package-type-image");
    let zip = unreleased(
        &["--alias", "live"],
        &settings.replace(&stack.name, "$NAME").replace(&image, "source = \"lambda\""),
    );
    let flag = format!("--image=hello={}", stack.image(":live"));
    assert_eq!(check_of(&zip, &[&flag]).0, "package-type-zip");
}

#[test]
fn package_packs_no_image() {
    let stack = stack();
    stack.settings(&image_settings().replace("image = \"", "image = \"{env.REGISTRY}"));
    let run = stack.run(&["package", "--output", "json"]).exits(0);
    assert!(run.document()["artifacts"].is_null(), "{run:?}");
}

/// The alias stands on an older version, and `$LATEST` has the image already.
#[test]
fn a_version_is_published_of_the_image_that_is_there() {
    let stack = stack();
    let before = stack.aws.alias(&stack.function("dev"), "live");
    stack.push("live", &answering(200, "two"));
    stack.release(&[]).exits(0);
    stack.aws.move_alias(&stack.function("dev"), "live", &before);
    let log = stack.logged("released");
    assert_eq!(log.calls("PublishVersion").len(), 1);
    assert_eq!(stack.call("/hello").body, "two");
}

#[test]
fn zips_and_images_are_released_together_and_reported() {
    let stack = Stack::build(&["--alias", "live", "--function", "$NAME-dev=/hello", "--function", "$NAME-zip=/zip"]);
    let zip = "[artifacts]\nbucket = \"$NAME-artifacts\"\n[functions.zip]\nsource = \"lambda\"\nname = \"$NAME-zip\"\nalias = \"live\"\n";
    stack.settings(&image_settings().replace("[functions.hello]", &format!("{zip}[functions.hello]")));
    stack.runs_images();
    let before = stack.push("live", &answering(200, "zero"));
    let after = stack.push("live", &answering(200, "image"));
    stack.write("lambda/app.py", answering(200, "zip"));
    let (summary, outputs) = (stack.folder().join("summary.md"), stack.folder().join("outputs"));
    let mut command = stack.command(&["--stage", "dev", "--output", "github"]);
    command.env("GITHUB_STEP_SUMMARY", &summary).env("GITHUB_OUTPUT", outputs).ended().exits(0);
    assert_eq!((stack.call("/hello").body.as_str(), stack.call("/zip").body.as_str()), ("image", "zip"));
    let summary = std::fs::read_to_string(summary).unwrap();
    let short = |digest: &str| digest.chars().take("sha256:".len() + 12).collect::<String>();
    let row = format!("| image {} | was {} |", short(&after), short(&before));
    assert!(summary.contains(&row), "{summary}");
    let run = stack.run(&["--stage", "dev"]).exits(0);
    stack.push("live", &answering(200, "two"));
    let human = stack.run(&["--stage", "dev"]).exits(0);
    assert!(human.stdout.contains("image sha256:"), "{human:?} after {run:?}");
    assert_eq!((stack.call("/hello").body.as_str(), stack.call("/zip").body.as_str()), ("two", "zip"));
}
