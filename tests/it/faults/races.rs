//! People release to the same stage at the same time.

use std::collections::BTreeSet;
use std::process::Child;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::scene::{Kind, Round, Scene};
use super::sweep::clean_release;
use crate::support::stacks::lend;
use crate::support::{Ends, Run, When, answering, sweep};

/// How much later the second one begins: before, while and after the first one writes.
const OFFSETS: [u64; 6] = [0, 100, 200, 400, 600, 1000];

tests! {
    two_releases_by_alias_at_the_same_time => sweep(Kind::Alias, |_| OFFSETS.to_vec(), |scene, offset| one_wins(scene, *offset));
    two_releases_by_latest_at_the_same_time => sweep(Kind::Latest, |_| OFFSETS.to_vec(), |scene, offset| one_wins(scene, *offset));
    #[cfg(feature = "system-tools")]
    two_releases_under_a_fixed_key_at_the_same_time =>
        sweep(Kind::Fixed, |_| OFFSETS.to_vec(), |scene, offset| one_wins(scene, *offset));
    #[cfg(feature = "system-tools")]
    one_release_under_a_fixed_key_within_another => sweep(Kind::Fixed, actions, within);
    #[cfg(feature = "system-tools")]
    many_releases_under_a_fixed_key_at_the_same_time => crowds(Kind::Fixed, 6);
    one_release_by_alias_within_another => sweep(Kind::Alias, actions, within);
    one_release_by_latest_within_another => sweep(Kind::Latest, actions, within);
    many_releases_by_alias_at_the_same_time => crowds(Kind::Alias, 10);
    many_releases_by_latest_at_the_same_time => crowds(Kind::Latest, 10);
}

/// How many runs begin at once, and whether all of them release one commit.
#[derive(Clone, Copy, Debug)]
struct Crowd {
    runs: usize,
    same: bool,
}

/// So many crowds of 2, 4, 8 and 16 runs, each of one commit and of several: one after another, since a crowd leaves other
/// tests no time.
fn crowds(kind: Kind, rounds: usize) {
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let scene = lend::<Scene>(kind);
    for round in 0..rounds {
        let these = nth(round);
        crowd(&scene, &these).unwrap_or_else(|problem| panic!("round {round}, {these:?}: {problem}"));
    }
}

fn nth(round: usize) -> Crowd {
    Crowd { runs: 2 << (round / 2 % 4), same: round.is_multiple_of(2) }
}

fn crowd(scene: &Scene, crowd: &Crowd) -> Result<(), String> {
    let round = scene.prepare();
    let text = |run| if crowd.same || run == 0 { round.text.clone() } else { format!("{} of run {run}", round.text) };
    let texts: Vec<_> = (0..crowd.runs).map(text).collect();
    let children: Vec<_> =
        texts.iter().enumerate().map(|(run, text)| beside(scene, &format!("run-{run}"), text)).collect();
    let runs: Vec<_> = children.into_iter().map(Ends::ended).collect();
    told(scene, &round, &runs, &texts)
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
    let second = beside(scene, "second", &other).ended();
    held.let_go();
    let first = first.ended();
    told(scene, &round, &[first, second], &[round.text.clone(), other])
}

fn one_wins(scene: &Scene, offset: u64) -> Result<(), String> {
    let round = scene.prepare();
    let first = scene.command().spawn().unwrap();
    thread::sleep(Duration::from_millis(offset));
    let other = format!("{} of another", round.text);
    let second = beside(scene, "second", &other);
    let runs = [first, second].map(Ends::ended);
    told(scene, &round, &runs, &[round.text.clone(), other])
}

fn told(scene: &Scene, round: &Round, runs: &[Run], texts: &[String]) -> Result<(), String> {
    let said = runs.iter().map(|run| format!("{:?}\n{}\n{}", run.code, run.stdout, run.stderr));
    verdict(scene, round, runs, texts).map_err(|problem| format!("{problem}\n{}", said.collect::<Vec<_>>().join("\n")))
}

/// Starts a release from a folder of its own, with code that answers `text`.
fn beside(scene: &Scene, folder: &str, text: &str) -> Child {
    let settings = std::fs::read_to_string(scene.stack.folder().join("sls-release.toml")).unwrap();
    scene.stack.write(&format!("{folder}/sls-release.toml"), settings);
    scene.stack.write(&format!("{folder}/lambda/app.py"), answering(200, text));
    scene.command().current_dir(scene.stack.folder().join(folder)).spawn().unwrap()
}

/// What is live is a winner's, or as before where nobody won. Of one commit, and of two runs, the rest is whole as well:
/// among more commits, whose code `$LATEST` is left with is not decided without a lock.
fn verdict(scene: &Scene, round: &Round, runs: &[Run], texts: &[String]) -> Result<(), String> {
    if let Some(run) = runs.iter().find(|run| !matches!(run.code, Some(0 | 3 | 4))) {
        return Err(format!("exit {:?}", run.code));
    }
    let (before, after) = (&round.before, scene.look());
    let live = &after.state.answers["/hello"].1;
    // Of one commit, "nothing to do" may be another run's doing.
    let is_alone = |text: &String| texts.iter().filter(|other| *other == text).count() == 1;
    let is_winner = |run: &Run, text| run.code == Some(0) && (is_alone(text) || run.outcome() == "released");
    let winners: Vec<_> =
        runs.iter().zip(texts).filter(|(run, text)| is_winner(run, text)).map(|(_, text)| text).collect();
    let is_winners =
        winners.contains(&live) && Scene::callers_see(&after, live) && Scene::serves_what_is_new(&after, round);
    let added = after.state.deployments.len() - before.state.deployments.len();
    let is_crowd = runs.len() > 2 && texts.iter().any(|text| *text != texts[0]);
    match winners.len() {
        0 if after == *before || is_crowd && after.state.answers == before.state.answers => Ok(()),
        1.. if is_winners && (is_crowd || scene.is_whole(&after)) && added <= winners.len() => Ok(()),
        _ => Err(format!("{winners:?} won, but {live} is live: {after:#?}")),
    }
}

/// The same again and again: much time.
#[cfg(feature = "system-tools")]
mod system_tools {
    use super::*;

    tests! {
        a_hundred_crowds_by_alias => sweep(Kind::Alias, |_| (0..100).map(nth).collect(), crowd);
        a_hundred_crowds_by_latest => sweep(Kind::Latest, |_| (0..100).map(nth).collect(), crowd);
    }
}
