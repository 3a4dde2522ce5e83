//! A plan's steps in words, under the function or API that they change.

use std::collections::BTreeMap;
use std::fmt;

use super::units;
use crate::model::{
    AddPermission, ApiKey, ChangeCode, CodeStep, CreateAlias, CreateDeployment, FlushCache, FunctionKey, KeepLiveCode,
    MoveAlias, Plan, PointStage, SmokePlan, UploadArtifact,
};

/// What a step changes; functions first, then APIs, then the smoke test.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Subject {
    Function(FunctionKey),
    Api(ApiKey),
    Smoke,
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Subject::Function(key) => write!(f, "function {key}"),
            Subject::Api(key) => write!(f, "API {key}"),
            Subject::Smoke => f.write_str("smoke"),
        }
    }
}

/// A step in words.
pub(super) struct Step {
    /// Steps of one number run at once.
    pub(super) number: usize,
    pub(super) what: String,
    /// What it waits for.
    pub(super) until: Option<String>,
    pub(super) why: String,
}

struct Told {
    subject: Subject,
    what: String,
    until: Option<String>,
    why: String,
}

fn told(subject: Subject, what: String, why: impl Into<String>) -> Told {
    Told { subject, what, until: None, why: why.into() }
}

/// All steps of the plan; within a subject in their order.
pub(super) fn by_subject(plan: &Plan) -> BTreeMap<Subject, Vec<Step>> {
    let mut steps = Steps::default();
    steps.at_once(&plan.uploads, upload);
    steps.at_once(&plan.keeps, keep);
    steps.at_once(&plan.code, change_code);
    steps.at_once(&plan.deployments, create_deployment);
    steps.at_once(&plan.new_aliases, create_alias);
    steps.at_once(&plan.moves, move_alias);
    steps.at_once(&plan.permissions, add_permission);
    steps.at_once(&plan.stages, point_stage);
    steps.at_once(&plan.flushes, flush_cache);
    steps.at_once(plan.smoke.as_slice(), smoke);
    steps.by_subject
}

#[derive(Default)]
struct Steps {
    number: usize,
    by_subject: BTreeMap<Subject, Vec<Step>>,
}

impl Steps {
    fn at_once<T>(&mut self, items: &[T], tell: impl Fn(&T) -> Told) {
        self.number += usize::from(!items.is_empty());
        for Told { subject, what, until, why } in items.iter().map(tell) {
            self.by_subject.entry(subject).or_default().push(Step { number: self.number, what, until, why });
        }
    }
}

fn upload(step: &UploadArtifact) -> Told {
    let what = format!("upload {} ({})", step.key, units::bytes(step.bytes));
    told(Subject::Function(step.function.clone()), what, "it is not in the bucket")
}

fn keep(step: &KeepLiveCode) -> Told {
    let what = format!("keep the live code of {} as {}", step.name, step.key);
    told(Subject::Function(step.function.clone()), what, "the way back needs it")
}

fn change_code(step: &ChangeCode) -> Told {
    let what = match step.step {
        CodeStep::Update { .. } => format!("update the code of {} and publish a version", step.name),
        CodeStep::Publish => format!("publish $LATEST of {} as a version", step.name),
    };
    // Where callers use $LATEST, a warning of the plan says so.
    told(Subject::Function(step.function.clone()), what, step.reason.to_string())
}

fn create_deployment(step: &CreateDeployment) -> Told {
    let what = format!("create a deployment of {}", step.id);
    told(Subject::Api(step.api.clone()), what, step.reason.to_string())
}

fn create_alias(step: &CreateAlias) -> Told {
    let what = format!("create alias {} of {} on the new version", step.alias, step.name);
    told(Subject::Function(step.function.clone()), what, "it does not exist")
}

fn add_permission(step: &AddPermission) -> Told {
    let what = format!("let {} invoke {}:{}", step.source_arn, step.name, step.qualifier);
    told(Subject::Function(step.function.clone()), what, "its policy does not allow it")
}

fn move_alias(step: &MoveAlias) -> Told {
    let what = format!("move alias {} of {} from version {} to the new one", step.alias, step.name, step.from);
    told(Subject::Function(step.function.clone()), what, "its callers are to get the new code")
}

fn point_stage(step: &PointStage) -> Told {
    let what = format!("point stage {} of {} from deployment {} to the new one", step.stage, step.id, step.from);
    told(Subject::Api(step.api.clone()), what, "it is to serve the new definition")
}

fn flush_cache(step: &FlushCache) -> Told {
    let what = format!("flush the cache of stage {} of {}", step.stage, step.id);
    told(Subject::Api(step.api.clone()), what, "it may hold answers of the old code")
}

fn smoke(step: &SmokePlan) -> Told {
    let place = match &step.endpoint {
        Some(endpoint) => format!("{} on stage {} of API {}", step.shown, endpoint.stage, endpoint.api),
        None => step.shown.clone(),
    };
    let what = format!("ask {place}");
    let why = if step.contains.is_some() {
        "it proves that this release answers"
    } else {
        "it proves that the endpoint answers"
    };
    Told { until: Some(good_answers(step)), ..told(Subject::Smoke, what, why) }
}

fn good_answers(step: &SmokePlan) -> String {
    let (answers, have, contain) = if step.hits == 1 {
        ("an answer".to_owned(), "has", "contains")
    } else {
        (format!("{} answers in a row", step.hits), "have", "contain")
    };
    let contains = step.contains.as_ref().map(|text| format!(" and {contain} \"{text}\"")).unwrap_or_default();
    format!("{answers} {have} status {}{contains}, for up to {}", step.status, units::duration(step.timeout))
}
