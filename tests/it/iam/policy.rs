//! The policies of `docs/`, for one stack, as AWS reads them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::{ACCOUNT, Permission, REGION, Stack, fits};

/// What a release needs. The actions on keys of KMS are told beside it, in the README: only stacks with keys of their own need
/// them, on these keys alone.
pub(crate) const RELEASE: &str = "iam-policy.json";
/// What a plan needs.
pub(crate) const PLAN: &str = "iam-policy-plan.json";

/// What a release of a function with a fixed key needs beside.
pub(crate) const FIXED_KEY: &str = "iam-policy-fixed-key.json";

/// What a release of a function with an image needs beside.
pub(crate) const IMAGE: &str = "iam-policy-image.json";

/// What a release behind an HTTP API needs beside.
pub(crate) const HTTP: &str = "iam-policy-http.json";

/// What previews need.
pub(crate) const PREVIEW: &str = "iam-policy-preview.json";

/// The roles of the account.
pub(crate) const ANY_ROLE: &str = "arn:aws:iam::000000000000:role/*";

/// A policy whose placeholders are filled in.
#[derive(Clone)]
pub(crate) struct Policy(pub(crate) Vec<Statement>);

/// One statement; all of them allow.
#[derive(Clone)]
pub(crate) struct Statement {
    pub(crate) sid: String,
    pub(crate) actions: Vec<String>,
    pub(crate) resources: Vec<String>,
    pub(crate) condition: Value,
}

/// One permission of a policy: the statement's name, an action, and the number of one of its resources.
pub(crate) type Grant = (String, String, usize);

impl Policy {
    /// The text of a file of `docs/`.
    pub(crate) fn text(file: &str) -> String {
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(file)).unwrap()
    }

    /// As it is written, placeholders and all.
    pub(crate) fn template(file: &str) -> Self {
        Self::parse(&Self::text(file))
    }

    /// For the API, the bucket, the stage and this function of a stack.
    pub(crate) fn of(file: &str, stack: &Stack) -> Self {
        Self::filled(file, stack, &stack.repository(), ANY_ROLE)
    }

    /// For what belongs to this repository, and this role.
    pub(crate) fn filled(file: &str, stack: &Stack, repository: &str, role: &str) -> Self {
        let (function, bucket, images) = (stack.function("dev"), stack.bucket(), stack.image_repository());
        let values = [
            ("Region", REGION),
            ("Account", ACCOUNT),
            ("Bucket", bucket),
            ("Prefix", "hello"),
            ("Key", "terraform/function.zip"),
            ("ImageRepository", &images),
            ("Function", &function),
            ("Api", &stack.api),
            ("Stage", "dev"),
            ("Repository", repository),
            ("Role", role),
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

    /// With the statements of another one.
    pub(crate) fn and(mut self, more: Self) -> Self {
        self.0.extend(more.0);
        self
    }

    /// All that it grants.
    pub(crate) fn grants(&self) -> BTreeSet<Grant> {
        self.granting(|_, _| true)
    }

    /// What of it allows this.
    pub(crate) fn allowing(&self, wanted: &Permission) -> BTreeSet<Grant> {
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
    pub(crate) fn without(&self, sid: &str, action: &str) -> Self {
        let mut rest = self.clone();
        for statement in rest.0.iter_mut().filter(|statement| statement.sid == sid) {
            statement.actions.retain(|other| other != action);
        }
        rest.0.retain(|statement| !statement.actions.is_empty());
        rest
    }

    /// The document for ministack, which differs from AWS: it takes each call of one alias for `ListAliases`, and has no
    /// `lambda:Principal`.
    pub(crate) fn for_ministack(&self) -> Value {
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

    /// Ministack takes the deletion and the invocation of a version for its function's.
    fn for_ministack(&self) -> Value {
        let of_versions = ["lambda:DeleteFunction", "lambda:InvokeFunction"];
        let is_of_versions = self.actions.iter().any(|action| of_versions.contains(&action.as_str()));
        let whole =
            |resource: &String| resource.strip_suffix(":*").filter(|_| is_of_versions).unwrap_or(resource).to_owned();
        let resources: Vec<_> = self.resources.iter().map(whole).collect();
        json!({ "Sid": self.sid, "Effect": "Allow", "Action": self.actions, "Resource": resources })
    }
}
