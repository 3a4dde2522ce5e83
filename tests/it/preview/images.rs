//! Previews of functions that run container images.

use serde_json::json;

use super::scene::{SETTINGS, call, down, functions, up};
use crate::support::{Ends, Stack, answering};

fn scene() -> Stack {
    let stack = Stack::build(&[]);
    let bucket = "[artifacts]\nbucket = \"$NAME-artifacts\"\nprefix = \"hello\"\n";
    let settings = SETTINGS.replace(bucket, "").replace("source = \"lambda\"", "image = \"{env.IMAGE}\"");
    stack.settings(&settings);
    stack.runs_images();
    stack
}

#[test]
fn a_preview_runs_an_image_of_its_own() {
    let stack = scene();
    let config = json!({ "ImageConfig": { "Command": ["app.other"], "WorkingDirectory": "/srv" } });
    stack.proxy.show("GetFunction", move |answer| answer["Configuration"]["ImageConfigResponse"] = config.clone());
    let up = |image: &str| {
        let mut command = stack.preview_command("up", &["--pr", "42", "--stage", "dev"]);
        command.env("IMAGE", stack.image(image)).ended()
    };
    stack.push("pr", &answering(200, "pull request"));
    let first = up(":pr").exits(0);
    assert_eq!(call(&first), (200, "pull request".to_owned()));
    assert_eq!(stack.call("/hello").body, "zero", "the stage keeps its own");
    let log = stack.proxy.take_calls();
    assert!(log.iter().all(|call| call.service != "s3"), "an image needs no bucket");
    let create = log.calls("CreateFunction")[0].document();
    assert_eq!(
        create["ImageConfig"],
        json!({ "Command": ["app.other"], "WorkingDirectory": "/srv", "EntryPoint": [] })
    );
    let next = stack.push("pr", &answering(200, "next commit"));
    assert_eq!(up(":pr").exits(0).outcome(), "released");
    assert_eq!(call(&first), (200, "next commit".to_owned()));
    assert_eq!(up(&format!("@{next}")).exits(0).outcome(), "unchanged");
    stack.push_index("index", "amd64", &next);
    let run = up(":index").exits(3);
    assert_eq!(run.document()["failure"]["problems"][0]["check"], "image-unusable");
    down(&stack).exits(0);
    assert!(functions(&stack).is_empty());
}

#[test]
fn a_preview_that_fails_leaves_nothing() {
    let stack = scene();
    stack.push("pr", "def handler(event, context):\n    raise ValueError\n");
    let settings = std::fs::read_to_string(stack.folder().join("sls-release.toml")).unwrap();
    stack.write("sls-release.toml", settings.replace("{env.IMAGE}", &stack.image(":pr")).replace("20s", "2s"));
    up(&stack).exits(4);
    assert!(functions(&stack).is_empty());
}
