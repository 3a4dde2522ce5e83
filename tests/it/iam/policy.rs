//! The policies of `docs/`, for one stack, as AWS reads them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::Stack;
use crate::support::strict::{ACCOUNT, Permission, REGION, fits};

/// What a release needs.
pub(super) const RELEASE: &str = "iam-policy.json";
/// What a plan needs.
pub(super) const PLAN: &str = "iam-policy-plan.json";

/// What previews need.
pub(super) const PREVIEW: &str = "iam-policy-preview.json";

/// A policy whose placeholders are filled in.
#[derive(Clone)]
pub(super) struct Policy(pub(super) Vec<Statement>);

/// One statement; all of them allow.
#[derive(Clone)]
pub(super) struct Statement {
    pub(super) sid: String,
    pub(super) actions: Vec<String>,
    pub(super) resources: Vec<String>,
    pub(super) condition: Value,
}

/// One permission of a policy: the statement's name, an action, and the number of one of its resources.
pub(super) type Grant = (String, String, usize);

impl Policy {
    /// The text of a file of `docs/`.
    pub(super) fn text(file: &str) -> String {
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(file)).unwrap()
    }

    /// As it is written, placeholders and all.
    pub(super) fn template(file: &str) -> Self {
        Self::parse(&Self::text(file))
    }

    /// For the API, the bucket, the stage and this function of a stack.
    pub(super) fn of(file: &str, stack: &Stack) -> Self {
        Self::filled(file, stack, &stack.repository())
    }

    /// For previews of this repository, by any role.
    pub(super) fn for_previews_of(repository: &str, stack: &Stack) -> Self {
        Self::filled(PREVIEW, stack, repository)
    }

    fn filled(file: &str, stack: &Stack, repository: &str) -> Self {
        let (function, bucket) = (stack.function("dev"), stack.bucket());
        let values = [
            ("Region", REGION),
            ("Account", ACCOUNT),
            ("Bucket", bucket),
            ("Prefix", "hello"),
            ("Function", &function),
            ("Api", &stack.api),
            ("Stage", "dev"),
            ("Repository", repository),
            ("Role", "arn:aws:iam::000000000000:role/*"),
        ];
        let filled = |text: String, (name, value): (&str, &str)| text.replace(&format!("${{{name}}}"), value);
        let text = values.into_iter().fold(Self::text(file), filled);
        assert!(!text.contains("${"), "a placeholder is not known: {text}");
        Self::parse(&text)
    }

    fn parse(text: &str) -> Self {
        let document: Value = serde_json::from_str(text).unwrap();
        assert_eq!(document["Version"], "2012-10-17");
        Self(document["Statement"].as_array().unwrap().iter().map(Statement::parse).collect())
    }

    /// All that it grants.
    pub(super) fn grants(&self) -> BTreeSet<Grant> {
        self.granting(|_, _| true)
    }

    /// What of it allows this.
    pub(super) fn allowing(&self, wanted: &Permission) -> BTreeSet<Grant> {
        self.granting(|action, pattern| action == wanted.action && fits(pattern, &wanted.resource))
    }

    fn granting(&self, is_it: impl Fn(&str, &str) -> bool) -> BTreeSet<Grant> {
        let mut grants = BTreeSet::new();
        for Statement { sid, actions, resources, .. } in &self.0 {
            for action in actions {
                let numbers = (0..resources.len()).filter(|number| is_it(action, &resources[*number]));
                grants.extend(numbers.map(|number| (sid.clone(), action.clone(), number)));
            }
        }
        grants
    }

    /// Without one action of one statement.
    pub(super) fn without(&self, sid: &str, action: &str) -> Self {
        let mut rest = self.clone();
        for statement in rest.0.iter_mut().filter(|statement| statement.sid == sid) {
            statement.actions.retain(|other| other != action);
        }
        rest.0.retain(|statement| !statement.actions.is_empty());
        rest
    }

    /// The document for ministack, which differs from AWS: it takes each call of one alias for `ListAliases`, and has no
    /// `lambda:Principal`.
    pub(super) fn for_ministack(&self) -> Value {
        let mut statements: Vec<Value> = self.0.iter().map(Statement::for_ministack).collect();
        let aliases = ["lambda:GetAlias", "lambda:CreateAlias", "lambda:UpdateAlias", "lambda:DeleteAlias"];
        let of_aliases = self.0.iter().filter(|one| one.actions.iter().any(|action| aliases.contains(&&**action)));
        for statement in of_aliases {
            statements.push(json!({
                "Effect": "Allow", "Action": "lambda:ListAliases", "Resource": statement.resources
            }));
        }
        json!({ "Version": "2012-10-17", "Statement": statements })
    }
}

impl Statement {
    fn parse(statement: &Value) -> Self {
        assert_eq!(statement["Effect"], "Allow", "{statement}");
        let texts = |name: &str| {
            let texts = statement[name].as_array().unwrap_or_else(|| panic!("{name} is a list: {statement}"));
            texts.iter().map(|text| text.as_str().unwrap().to_owned()).collect()
        };
        Self {
            sid: statement["Sid"].as_str().unwrap().to_owned(),
            actions: texts("Action"),
            resources: texts("Resource"),
            condition: statement["Condition"].clone(),
        }
    }

    fn for_ministack(&self) -> Value {
        json!({ "Sid": self.sid, "Effect": "Allow", "Action": self.actions, "Resource": self.resources })
    }
}
