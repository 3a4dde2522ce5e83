//! What has the names of this preview's functions and APIs belongs to the preview.

use crate::error::Problem;
use crate::model::marks::Marks;
use crate::model::{
    ApiKey, ExistingFunction, FunctionName, Mistagged, ObservedPreview, PreviewId, Ref, SourceApi, Target, UntaggedApi,
};

pub(super) fn function(name: &FunctionName, existing: &ExistingFunction, id: &PreviewId) -> Option<Problem> {
    let target = Target::Function { name: name.clone(), arn: existing.arn.clone() };
    let (why, fix) = match Marks::of_tags(&existing.tags) {
        None => (NO_TAGS.to_owned(), "delete it, or change `name` of the function"),
        Some(marks) if marks.preview == *id => (marks.mismatch(target.carrier())?, Mistagged::FIX),
        Some(Marks { preview: PreviewId { repository, number, service }, .. }) => (
            format!("its tags say that it belongs to pull request {number} of {repository}, service {service}"),
            "change `name` of the function, or end the other preview first",
        ),
    };
    Some(taken(&target, &why, fix, id))
}

/// API Gateway takes several APIs of one name, so those of other previews are no problem.
pub(super) fn api(key: &ApiKey, source: &SourceApi, id: &PreviewId, observed: &ObservedPreview) -> Vec<Problem> {
    if observed.apis.contains_key(key) {
        return Vec::new();
    }
    let name = id.api_name(&source.name);
    let same = observed.untagged.iter().filter(|found| found.name == name);
    let problem = |found: &UntaggedApi| {
        let target = Target::Api { id: Ref::Existing(found.id.clone()), name: name.clone() };
        taken(&target, NO_TAGS, "delete it, or give it another name", id)
    };
    same.map(problem).collect()
}

const NO_TAGS: &str = "it carries no tags of a preview";

fn taken(target: &Target, why: &str, fix: &str, id: &PreviewId) -> Problem {
    let PreviewId { repository, number, service } = id;
    Problem::new(format!("{target} exists, and does not belong to this preview"))
        .why(format!("{why}; this run is about pull request {number} of {repository}, service {service}"))
        .fix(fix)
}
