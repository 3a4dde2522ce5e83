//! Nobody can put anything back who was killed; the next release goes on from there.

use super::scene::{Kind, Scene};
use super::sweep::clean_release;
use crate::support::{Ends, When, sweep};

#[test]
fn a_release_goes_on_where_another_one_was_killed() {
    for kind in [Kind::Alias, Kind::Latest] {
        sweep(kind, writes, |scene, action| is_completed(scene, action));
    }
}

fn writes(scene: &Scene) -> Vec<&'static str> {
    clean_release(scene).writes().into_iter().map(|call| call.action).collect()
}

/// Kills a release when this write has been done, and releases the same again.
fn is_completed(scene: &Scene, action: &'static str) -> Result<(), String> {
    let round = scene.prepare();
    let held = scene.stack.proxy.hold(When::Next(action));
    let mut child = scene.command().spawn().unwrap();
    held.wait_until_reached();
    child.kill().unwrap();
    child.wait().unwrap();
    held.let_go();
    let deployments = scene.look().state.deployments.difference(&round.before.state.deployments).count();
    scene.command().ended().ended_with(0)?;
    scene.is_released(&scene.look(), &round, deployments)
}
