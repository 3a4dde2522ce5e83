//! A smoke test that is to be sent to the new version before its alias moves can be sent there.

use crate::error::Problem;
use crate::model::{Plan, SmokeSettings};
use crate::plan::invocation;
use crate::plan::stack::Stack;

pub(super) fn check(smoke: &SmokeSettings, stack: &Stack<'_>, plan: &Plan) -> Option<Problem> {
    let is_wanted = smoke.before == Some(true) && plan.code().next().is_some();
    let why = invocation::sent(stack, smoke).err().filter(|_| is_wanted)?;
    Some(
        Problem::new("the smoke test cannot be sent to the new version before its alias moves")
            .why(why)
            .fix("remove `before = true`, or send an event of your own: `invoke = \"event.json\"` with `function`")
            .at(smoke.at.clone()),
    )
}
