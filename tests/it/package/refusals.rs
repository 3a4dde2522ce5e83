//! Every refusal names the path and the fix.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use sls_release::error::{Failure, Kind, Problem};
use sls_release::model::{Artifact, Event, FunctionKey, Listener, Silent};
use sls_release::package::{Options, build};

use super::support::{Numbers, Packer, Tree, all_of, line, settings};

fn refused(source: &Path) -> Problem {
    only_problem(Packer::new().pack(all_of(source)))
}

fn only_problem<T: std::fmt::Debug>(result: Result<T, Failure>) -> Problem {
    let mut failure = result.unwrap_err();
    assert_eq!(failure.kind, Kind::Usage, "{failure}");
    assert_eq!(failure.problems.len(), 1, "{failure}");
    failure.problems.remove(0)
}

/// Checks that the problem names `path` and `why`, has a fix, and has the location of the source.
fn check(problem: &Problem, path: &str, why: &str) {
    assert!(problem.what.contains(path), "{problem}");
    assert!(problem.why.contains(why), "{problem}");
    assert!(!problem.fix.is_empty(), "{problem}");
    assert_eq!(problem.at.as_deref(), Some(&line(1)), "{problem}");
}

#[test]
fn a_source_that_does_not_exist() {
    check(&refused(Path::new("/does/not/exist")), "/does/not/exist", "");
}

#[test]
fn a_source_without_files_to_pack() {
    let tree = Tree::of(&[".env"]);
    let name = tree.root().file_name().unwrap().to_str().unwrap();
    check(&refused(tree.root()), name, "no file");
}

#[test]
fn a_bad_pattern_at_its_own_line() {
    let tree = Tree::of(&["a"]);
    let failure = Packer::new().pack(settings(tree.root(), &["**", "a["], &["../b"])).unwrap_err();
    let places: Vec<_> = failure.problems.iter().map(|problem| problem.at.as_deref()).collect();
    assert_eq!(places, [Some(&line(11)), Some(&line(20))], "{failure}");
}

#[test]
fn the_source_as_its_own_out_dir() {
    let tree = Tree::of(&["a"]);
    let result = Packer::new().pack_to(all_of(tree.root()), tree.root());
    check(&only_problem(result), "itself", "the next run would pack them");
}

#[test]
fn a_file_that_a_zip_cannot_describe() {
    let tree = Tree::new();
    File::create(tree.path("huge")).unwrap().set_len(u64::from(u32::MAX)).unwrap();
    check(&refused(tree.root()), "huge", "4 GiB");
}

#[test]
fn links_that_cannot_be_packed() {
    let tree = Tree::of(&["lib/a.js"]);
    let other = Tree::of(&["secret"]);
    let refused_link = |name: &str, target: &Path, why: &str| {
        tree.link(name, target);
        check(&refused(tree.root()), name, why);
        fs::remove_file(tree.path(name)).unwrap();
    };
    let secret = other.path("secret").canonicalize().unwrap();
    refused_link("out", &secret, secret.to_str().unwrap());
    refused_link("out", other.root(), "outside the source");
    refused_link("broken", Path::new("nowhere"), "nowhere");
    refused_link("itself", Path::new("itself"), "cannot be followed");
}

#[test]
fn links_that_are_excluded_may_lead_anywhere() {
    let tree = Tree::of(&["a"]);
    let other = Tree::of(&["secret"]);
    tree.link("out", other.root());
    tree.link("broken", "nowhere");
    for exclude in [["out/**", "broken"], ["out", "broken/**"], ["out/", "broken/"]] {
        let packed = Packer::new().pack(settings(tree.root(), &["**"], &exclude));
        assert_eq!(packed.unwrap().entries.len(), 1, "{exclude:?}");
    }
}

/// Links to folders that are not packed themselves are followed, and must end.
#[test]
fn cycles_of_two_links() {
    let tree = Tree::linked(&["one/a", "two/b", "start/c"], &[("one/two", "../two"), ("two/one", "../one")]);
    tree.link("start/one", "../one");
    let problem = only_problem(Packer::new().pack(settings(tree.root(), &["start/**"], &[])));
    check(&problem, "two/one", "cycle");
}

#[test]
fn pipes_sockets_and_devices() {
    let tree = Tree::new();
    let pipe = tree.path("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    check(&refused(tree.root()), "pipe", "a named pipe");
    fs::remove_file(pipe).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(tree.path("socket")).unwrap();
    check(&refused(tree.root()), "socket", "a socket");
    check(&refused(Path::new("/dev/null")), "/dev/null", "neither a folder nor a file");
}

#[test]
#[cfg(target_os = "linux")]
fn names_that_other_systems_cannot_read() {
    use std::os::unix::ffi::OsStrExt;
    let refused_name = |name: &[u8], shown: &str, why: &str| {
        let tree = Tree::new();
        fs::write(tree.root().join(std::ffi::OsStr::from_bytes(name)), b"x").unwrap();
        check(&refused(tree.root()), shown, why);
    };
    refused_name(b"caf\xe9.js", "caf", "not UTF-8");
    refused_name(b"a\\b.js", "a\\\\b.js", "backslash");
    refused_name(b"a\nb.js", "a\\nb.js", "control character");
}

/// Calls a function when packing starts: after the files were selected, before they are read.
struct AtStart<F: Fn() + Send + Sync>(F);

impl<F: Fn() + Send + Sync> Listener for AtStart<F> {
    fn hear(&self, event: Event) {
        if matches!(event, Event::Started(_)) {
            self.0();
        }
    }
}

fn refused_at_start(tree: &Tree, at_start: impl Fn() + Send + Sync) -> Failure {
    let packer = Packer::new();
    let out = packer.out.path();
    let failure = packer.pack_with(all_of(tree.root()), out, &|| false, &AtStart(at_start)).unwrap_err();
    assert_eq!(fs::read_dir(packer.out.path()).unwrap().count(), 0, "something was left behind");
    failure
}

#[test]
fn files_that_change_or_disappear_while_they_are_packed() {
    let tree = Tree::of(&["a.js", "b.js", "c.js"]);
    tree.write("large", &Numbers::new(1).text(2_500_000));
    let failure = refused_at_start(&tree, || {
        tree.write("a.js", b"longer than before");
        fs::remove_file(tree.path("b.js")).unwrap();
        tree.write("large", b"shorter than before");
    });
    assert_eq!(failure.kind, Kind::Usage);
    let [a, b, large] = failure.problems.as_slice() else { panic!("{failure}") };
    check_read(a, "a.js", "changed");
    check_read(b, "b.js", "failed to read");
    check_read(large, "large", "changed");
}

fn check_read(problem: &Problem, path: &str, what: &str) {
    assert!(problem.what.contains(path) && problem.what.contains(what), "{problem}");
    assert!(!problem.fix.is_empty() && problem.at.is_some(), "{problem:?}");
}

#[test]
fn a_file_that_is_replaced_by_one_of_the_same_size_and_time() {
    let tree = Tree::of(&["a.js"]);
    let time = tree.path("a.js").metadata().unwrap().modified().unwrap();
    let failure = refused_at_start(&tree, || {
        tree.write("new", b"x.js");
        File::options().append(true).open(tree.path("new")).unwrap().set_modified(time).unwrap();
        fs::rename(tree.path("new"), tree.path("a.js")).unwrap();
    });
    check_read(&failure.problems[0], "a.js", "changed");
}

#[test]
fn all_problems_of_all_functions_are_reported_at_once() {
    let (tree, out) = (Tree::of(&["a"]), tempfile::tempdir().unwrap());
    let source = |path: &str| all_of(&tree.path(path));
    let functions = BTreeMap::from([
        (FunctionKey::new("bad/key"), source("")),
        (FunctionKey::new("good"), source("")),
        (FunctionKey::new("one"), source("one")),
        (FunctionKey::new("two"), source("two")),
    ]);
    let options = Options { out_dir: out.path(), verify: false, threads: 1, cache: None, keep_out: &[] };
    let failure = build(&functions, &options, &|| false, &Silent).unwrap_err();
    assert_eq!(failure.problems.len(), 3, "{failure}");
    assert_eq!(fs::read_dir(out.path()).unwrap().count(), 0, "nothing is packed if there is a problem");
}

#[test]
fn cancelling_leaves_nothing_behind() {
    let tree = Tree::new();
    tree.write("large", &Numbers::new(1).text(3_000_000));
    for allowed in 0..4 {
        let (packer, checks) = (Packer::new(), AtomicUsize::new(0));
        let cancelled = || checks.fetch_add(1, Ordering::SeqCst) >= allowed;
        let failure = packer.pack_with(all_of(tree.root()), packer.out.path(), &cancelled, &Silent).unwrap_err();
        assert_eq!((failure.kind, failure.problems[0].what.as_str()), (Kind::Failed, "cancelled while packing"));
        assert_eq!(fs::read_dir(packer.out.path()).unwrap().count(), 0, "after {allowed} checks");
    }
}

/// Checks the problem of an archive that cannot be written. It has no location, since the source is not the cause.
fn check_unwritten(result: Result<Artifact, Failure>) {
    let problem = only_problem(result);
    assert!(problem.what.contains("hello.zip") && !problem.why.is_empty(), "{problem}");
    assert!(problem.fix.contains("--out-dir"), "{problem}");
    assert_eq!(problem.at, None);
}

#[test]
fn a_folder_at_the_path_of_the_archive() {
    let (tree, packer) = (Tree::of(&["a"]), Packer::new());
    fs::create_dir(packer.out.path().join("hello.zip")).unwrap();
    check_unwritten(packer.pack(all_of(tree.root())));
    assert_eq!(fs::read_dir(packer.out.path()).unwrap().count(), 1, "something was left behind");
}

#[test]
#[cfg(target_os = "linux")]
fn an_out_dir_that_cannot_be_written() {
    let tree = Tree::of(&["a"]);
    let result = Packer::new().pack_to(all_of(tree.root()), Path::new("/proc"));
    check_unwritten(result);
}
