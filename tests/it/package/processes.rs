//! Two processes in different environments make the same archive.

use std::fs;
use std::path::Path;
use std::process::Command;

use sls_release::model::Sha256;

use super::support::{Numbers, Tree};

const SETTINGS: &str = "\
[functions.hello]
source = \"lambda\"
name = \"hello-{stage}\"
";

struct Surroundings {
    umask: &'static str,
    locale: &'static str,
    time_zone: &'static str,
    threads: &'static str,
}

/// Writes files in this order and environment, and packs them with the program.
fn digest(names: &[&str], around: &Surroundings) -> Sha256 {
    let tree = Tree::new();
    tree.write("sls-release.toml", SETTINGS.as_bytes());
    let contents = Tree::new();
    for name in names {
        let mut numbers = Numbers::new(name.len() as u64);
        contents.write(name, &numbers.text(name.len() * 150_000));
    }
    copy(contents.root(), &tree.path("lambda"), names, around);
    package(&tree, around);
    Sha256::of(&fs::read(tree.path("out/hello.zip")).expect("the program packed hello"))
}

/// Copies files so that the umask decides their modes.
fn copy(from: &Path, to: &Path, names: &[&str], around: &Surroundings) {
    for name in names {
        let script = "umask $1; mkdir -p \"$(dirname \"$3\")\" && cat \"$2\" > \"$3\"";
        let mut command = Command::new("sh");
        command.args(["-c", script, "sh", around.umask]).arg(from.join(name)).arg(to.join(name));
        assert!(command.status().unwrap().success(), "{name}");
    }
}

fn package(tree: &Tree, around: &Surroundings) {
    let mut command = Command::new("sh");
    command.args(["-c", "umask $1; shift; exec \"$@\"", "sh", around.umask, env!("CARGO_BIN_EXE_sls-release")]);
    command.args(["package", "--stage", "dev", "--output", "json", "--config"]).arg(tree.path("sls-release.toml"));
    command.arg("--out-dir").arg(tree.path("out")).env_clear().env("PATH", std::env::var_os("PATH").unwrap());
    command.env("SLS_RELEASE_CACHE_DIR", tree.path("cache"));
    command.env("LC_ALL", around.locale).env("TZ", around.time_zone).env("SLS_RELEASE_THREADS", around.threads);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn order_umask_locale_time_zone_and_threads_do_not_change_a_byte() {
    let names = ["index.js", "lib/grüße.js", "lib/a-longer-name.js", "Z", "a"];
    let here = Surroundings { umask: "022", locale: "C", time_zone: "UTC", threads: "1" };
    let there = Surroundings { umask: "077", locale: "tr_TR.UTF-8", time_zone: "Pacific/Kiritimati", threads: "3" };
    let mut reversed = names;
    reversed.reverse();
    assert_eq!(digest(&names, &here), digest(&reversed, &there));
}
