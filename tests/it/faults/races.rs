//! Two people release to the same stage at the same time.

use std::collections::BTreeSet;
use std::process::Child;
use std::thread;
use std::time::Duration;

use super::scene::{Kind, NO_BOTOCORE, Round, Scene};
use super::sweep::{clean_release, sweep};
use crate::support::Run;
use crate::support::scene::answering;
use crate::support::strict::When;

/// How much later the second one begins: before, while and after the first one writes.
const OFFSETS: [u64; 6] = [0, 100, 200, 400, 600, 1000];

#[test]
fn two_releases_by_alias_at_the_same_time() {
    sweep(Kind::Alias, |_| OFFSETS.to_vec(), |scene, offset| one_wins(scene, Duration::from_millis(*offset)));
}

#[test]
fn two_releases_by_latest_at_the_same_time() {
    sweep(Kind::Latest, |_| OFFSETS.to_vec(), |scene, offset| one_wins(scene, Duration::from_millis(*offset)));
}

#[test]
fn one_release_by_alias_within_another() {
    sweep(Kind::Alias, actions, within);
}

#[test]
fn one_release_by_latest_within_another() {
    sweep(Kind::Latest, actions, within);
}

/// What a release does, each kind of call once.
fn actions(scene: &Scene) -> Vec<&'static str> {
    let actions: BTreeSet<_> = clean_release(scene).iter().map(|call| call.action).collect();
    actions.into_iter().collect()
}

/// When the first one has done this, the other one begins, and ends before the first one goes on.
fn within(scene: &Scene, action: &&'static str) -> Result<(), String> {
    let round = scene.prepare();
    let held = scene.stack.proxy.hold(When::Next(action));
    let first = scene.command().spawn().unwrap();
    held.wait_until_reached();
    let other = format!("{} of another", round.text);
    let second = Run::from(second(scene, &other).wait_with_output().unwrap());
    held.let_go();
    let first = Run::from(first.wait_with_output().unwrap());
    told(scene, &round, &[first, second], [&round.text, &other])
}

fn one_wins(scene: &Scene, offset: Duration) -> Result<(), String> {
    let round = scene.prepare();
    let first = scene.command().spawn().unwrap();
    thread::sleep(offset);
    let other = format!("{} of another", round.text);
    let second = second(scene, &other);
    let runs = [first, second].map(|child| Run::from(child.wait_with_output().unwrap()));
    told(scene, &round, &runs, [&round.text, &other])
}

fn told(scene: &Scene, round: &Round, runs: &[Run; 2], texts: [&String; 2]) -> Result<(), String> {
    let said = runs.iter().map(|run| format!("{:?}\n{}\n{}", run.code, run.stdout, run.stderr));
    verdict(scene, round, runs, texts).map_err(|problem| format!("{problem}\n{}", said.collect::<Vec<_>>().join("\n")))
}

/// From a folder of its own, with code of its own.
fn second(scene: &Scene, text: &str) -> Child {
    let settings = std::fs::read_to_string(scene.stack.folder().join("sls-release.toml")).unwrap();
    scene.stack.write("second/sls-release.toml", settings);
    scene.stack.write("second/lambda/botocore.py", NO_BOTOCORE);
    scene.stack.write("second/lambda/app.py", answering(200, text));
    scene.command().current_dir(scene.stack.folder().join("second")).spawn().unwrap()
}

/// The loser has not half won, and what is live is the whole of a winner's release.
fn verdict(scene: &Scene, round: &Round, runs: &[Run; 2], texts: [&String; 2]) -> Result<(), String> {
    if let Some(run) = runs.iter().find(|run| !matches!(run.code, Some(0 | 3 | 4))) {
        return Err(format!("exit {:?}", run.code));
    }
    let after = scene.look();
    let live = &after.state.answers["/hello"].1;
    let (winners, losers): (Vec<_>, Vec<_>) = runs.iter().zip(texts).partition(|(run, _)| run.code == Some(0));
    let is_winners = winners.iter().any(|(_, text)| *text == live && Scene::callers_see(&after, text));
    let is_whole = scene.is_whole(&after);
    let added = after.state.deployments.len() - round.before.state.deployments.len();
    match (winners.len(), losers.len()) {
        (0, _) if after == round.before => Ok(()),
        (1.., _) if is_winners && is_whole && added <= winners.len() => Ok(()),
        _ => Err(format!("{winners:?} won, but {live} is live: {after:#?}")),
    }
}
