//! The plan of deleting what belongs to previews. Each part is read again before it is deleted.

use crate::model::{
    Act, Delete, Marked, MarkedApi, MarkedFunction, MarkedLogGroup, Owner, Plan, PreviewId, Reason, Ref, Region,
    StageName, Target, marks,
};

/// Plans to delete everything that was found. Log groups come last, since a function that runs creates its own again.
pub fn down(marked: &Marked, region: &Region) -> Plan {
    let mut plan = Plan::new(StageName::new(""), region.clone());
    let mut delete = |target: Target, preview: &PreviewId| {
        let owner = Owner { preview: preview.clone(), run: None };
        plan.add(Act::Delete(Delete { target, owner }), Reason::PreviewEnds);
    };
    for MarkedApi { id, name, preview, .. } in &marked.apis {
        delete(Target::Api { id: Ref::Existing(id.clone()), name: name.clone() }, preview);
    }
    for MarkedFunction { name, arn, preview, .. } in &marked.functions {
        delete(Target::Function { name: name.clone(), arn: arn.clone() }, preview);
        let (group, arn) = (marks::log_group(name), marks::log_group_arn(arn, name));
        delete(Target::LogGroup { name: group, arn, function: Some(name.clone()) }, preview);
    }
    for MarkedLogGroup { name, arn, preview } in &marked.log_groups {
        let is_its =
            |function: &MarkedFunction| marks::log_group(&function.name) == *name && function.preview == *preview;
        if !marked.functions.iter().any(is_its) {
            delete(Target::LogGroup { name: name.clone(), arn: arn.clone(), function: None }, preview);
        }
    }
    plan
}
