//! What AWS has of previews: functions, APIs and log groups that carry their marks.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::{ApiKey, Endpoint, ExistingPreview, FunctionName, Mistagged, Moment, PreviewId, Ref, RestApiId, marks};

/// A function that carries the tags of a preview.
#[derive(Clone, Debug, Deserialize)]
pub struct MarkedFunction {
    /// Its name.
    pub name: FunctionName,
    /// Its ARN.
    pub arn: String,
    /// The preview.
    pub preview: PreviewId,
    /// When its code or configuration changed last.
    pub active: Option<Moment>,
}

/// A REST API that carries the tags of a preview.
#[derive(Clone, Debug, Deserialize)]
pub struct MarkedApi {
    /// Its id.
    pub id: RestApiId,
    /// Its name.
    pub name: String,
    /// The key of the API that it is a copy of.
    pub key: ApiKey,
    /// The API and stage that it is a copy of, as [`super::marks::api_original`] writes them.
    pub original: String,
    /// The preview.
    pub preview: PreviewId,
    /// When it was made.
    #[serde(default)]
    pub created: Option<Moment>,
    /// When a run wrote to it last; else when it was made.
    pub active: Option<Moment>,
}

impl MarkedApi {
    /// Where it answers.
    pub fn endpoint(&self) -> Endpoint {
        Endpoint { api: self.key.clone(), id: Ref::Existing(self.id.clone()), stage: self.preview.stage() }
    }
}

/// Returns the API that is kept where several runs made one at the same time: the oldest, and of those of one second the
/// one with the smallest id. Each run decides the same.
pub fn kept(apis: impl IntoIterator<Item = MarkedApi>) -> Option<MarkedApi> {
    apis.into_iter().min_by(|one, other| {
        let order = |api: &MarkedApi| (api.created.is_none(), api.created, api.id.clone());
        order(one).cmp(&order(other))
    })
}

/// A log group that carries the tags of a preview.
#[derive(Clone, Debug, Deserialize)]
pub struct MarkedLogGroup {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// The preview.
    pub preview: PreviewId,
}

/// All that AWS has of some previews.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Marked {
    /// In the order of their names.
    pub functions: Vec<MarkedFunction>,
    /// In the order of their ids.
    pub apis: Vec<MarkedApi>,
    /// Those of functions that may be gone already; only where they were looked for.
    pub log_groups: Vec<MarkedLogGroup>,
    /// What carries their tags and is not a part of them.
    pub mistagged: Vec<Mistagged>,
}

impl Marked {
    /// The parts of one preview.
    #[must_use]
    pub fn of(&self, id: &PreviewId) -> Self {
        Self {
            functions: self.functions.iter().filter(|part| part.preview == *id).cloned().collect(),
            apis: self.apis.iter().filter(|part| part.preview == *id).cloned().collect(),
            log_groups: self.log_groups.iter().filter(|part| part.preview == *id).cloned().collect(),
            mistagged: self.mistagged.iter().filter(|other| other.preview == *id).cloned().collect(),
        }
    }

    /// Adds the log groups of another look. Those of the functions here are looked at when their functions are deleted.
    pub fn add_log_groups(&mut self, found: Self) {
        let group = |function: &MarkedFunction| format!("log group {}", marks::log_group(&function.name));
        let looked_at: BTreeSet<_> = self.functions.iter().map(group).collect();
        self.log_groups.extend(found.log_groups);
        self.mistagged.extend(found.mistagged.into_iter().filter(|other| !looked_at.contains(&other.what)));
    }

    /// Each preview once, in the order of repositories and numbers, with the time of the last change to any part.
    pub fn previews(&self) -> Vec<ExistingPreview> {
        let functions = self.functions.iter().map(|part| (&part.preview, part.active));
        let parts = functions.chain(self.apis.iter().map(|part| (&part.preview, part.active)));
        let mut previews: BTreeMap<&PreviewId, Option<Moment>> = BTreeMap::new();
        for (id, active) in parts {
            let known = previews.entry(id).or_default();
            *known = (*known).max(active);
        }
        previews.into_iter().map(|(id, active)| ExistingPreview { id: id.clone(), active }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn api(id: &str, created: Option<i64>) -> MarkedApi {
        MarkedApi {
            id: RestApiId::new(id),
            name: "hello-api-pr-42".to_owned(),
            key: ApiKey::new("public"),
            original: "a1b2c3d4e5/dev".to_owned(),
            preview: PreviewId { repository: "acme/hello".into(), number: 42, service: "hello".into() },
            created: created.map(Moment::of_unix),
            active: None,
        }
    }

    #[test]
    fn every_run_keeps_the_same_api() {
        let all = [("b", Some(2)), ("c", Some(1)), ("a", Some(2)), ("d", Some(1)), ("0", None)];
        let kept_of = |order: &[usize]| kept(order.iter().map(|at| api(all[*at].0, all[*at].1))).unwrap().id;
        for order in [[0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [2, 4, 0, 3, 1]] {
            assert_eq!(kept_of(&order).as_str(), "c", "{order:?}");
        }
        assert_eq!(kept_of(&[0, 2, 4]).as_str(), "a");
        assert!(kept([]).is_none());
    }
}
