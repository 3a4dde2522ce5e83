//! No statement of our id is about something else.

use super::refused;
use crate::error::Problem;
use crate::model::{Permit, Ref};
use crate::plan::stack::Stack;

/// Lambda would answer 409: a statement of our id that is not about this stage was edited by hand.
pub(super) fn check(permit: &Permit, stack: &Stack<'_>) -> Option<Problem> {
    let function = stack.functions.iter().find(|function| *function.key == permit.function)?;
    let Permit { name, qualifier, caller, .. } = permit;
    let Ref::Existing(api) = &caller.api else { return None };
    let (id, source_arn) = (caller.statement_id(api), caller.source_arn(api));
    let found = function.observed.policies.get(qualifier)?.iter().find(|statement| statement.sid == id)?;
    if found.statement.to_string().contains(&format!("\"{source_arn}\"")) {
        return None; // it is ours as it is, and adding it again changes nothing
    }
    let target = qualifier.parameter().map(|alias| format!(" --qualifier {alias}")).unwrap_or_default();
    Some(refused(
        function,
        &format!("statement {id} in the policy of {name}:{qualifier} is not about {source_arn}"),
        &format!("remove it: `aws lambda remove-permission --function-name {name} --statement-id {id}{target}`"),
    ))
}
