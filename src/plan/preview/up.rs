//! The plan of `preview up`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Preview;
use super::document::{self, Copied, Copy};
use super::environment::{CopiedFunction, configured, copied};
use super::function::Function;
use super::{urls, wanted};
use crate::error::{Failure, Kind};
use crate::model::{
    Act, ApiDocument, ApiKey, ApiKind, Caller, ChangeCode, CodeCall, CommitId, ConfigureFunction, CreateApi,
    CreateFunction, CreateLogGroup, DeployStage, Endpoint, ExistingFunction, FunctionConfiguration, FunctionKey,
    FunctionName, GoesLive, Inputs, KnownStates, ObservedPreview, Permit, Plan, Planned, PreviewId, Qualifier, Reason,
    Ref, RestApiId, Restore, Settings, Sha256, Skip, SourceApi, TagApi, Upload, Warning, WriteApi, marks,
};
use crate::plan::checks::code_needs_bucket;
use crate::plan::platform::{self, Platform};
use crate::plan::stack::Code;
use crate::plan::{Desired, checks, invocation, smoke};

/// The plan, or every reason why there can be none.
///
/// # Errors
/// [`Kind::Usage`] without `[preview]`; [`Kind::Refused`] with all problems.
pub fn up(
    id: &PreviewId,
    desired: Desired<'_>,
    settings: &Settings,
    commit: Option<&CommitId>,
    observed: &ObservedPreview,
) -> Result<Planned, Failure> {
    let scene = Preview { id, settings, wanted: wanted(settings)?, observed };
    let mut problems = checks::preview(id, settings, observed);
    let mut plan = Plan::new(id.stage(), observed.region.clone());
    let copied = copied(id, settings, observed);
    let archives = desired.functions.iter().map(|(key, artifact)| (key, Code::Archive(artifact)));
    let images = observed.images.iter().map(|(key, image)| (key, Code::Image(image)));
    let codes: BTreeMap<_, _> = archives.chain(images).collect();
    let functions = codes.into_iter().filter_map(|(key, code)| scene.function(key, code, &copied));
    let functions: Vec<_> = functions.collect();
    plan.account = functions.first().map(|function| function.source.account.clone());
    for function in &functions {
        scene.decide_function(function, &mut plan);
        urls::decide(&scene, function, commit, &mut plan);
        let of_settings = &settings.functions[function.key];
        let packed = function.artifact();
        problems.extend(packed.and_then(|artifact| code_needs_bucket::of_preview(of_settings, artifact, settings)));
    }
    let mut documents = BTreeMap::new();
    for (key, source) in &observed.source_apis {
        let Some(source) = source else { continue };
        let copy = scene.decide_api(key, source, &functions, &mut plan);
        problems.extend(copy.refused);
        let document = ApiDocument { document: copy.document, variables: source.variables.clone() };
        documents.insert(key.clone(), document);
    }
    if !problems.is_empty() {
        return Err(Failure { kind: Kind::Refused, problems });
    }
    let names: Vec<_> = functions.iter().map(|function| function.name.clone()).collect();
    smoke::of_preview(settings, &names, &mut plan);
    let invoked = functions.iter().map(|one| (one.key, (&one.name, one.configuration.timeout_seconds)));
    let events = invocation::of_preview(settings, &invoked.collect(), &mut plan);
    let account = functions.first().map(|function| &function.source.account);
    let inputs = Inputs {
        events,
        configurations: functions.iter().map(|one| (one.key.clone(), one.configuration.clone())).collect(),
        documents,
        tags: scene.wanted.tags.clone(),
        copied: Some(settings.stage.clone()),
        ..Inputs::new(settings, desired.functions, account)
    };
    Ok(Planned { plan, inputs })
}

impl<'a> Preview<'a> {
    fn function(
        &self,
        key: &'a FunctionKey,
        code: Code<'a>,
        copied: &BTreeMap<&'a FunctionKey, CopiedFunction<'a>>,
    ) -> Option<Function<'a>> {
        let of_copy = copied.get(key)?;
        let configured = configured(key, of_copy.source, self.wanted, copied);
        let store = self.settings.artifacts.as_ref();
        Some(Function::of(key, code, of_copy, configured, self.observed.functions.get(key), store))
    }

    fn decide_function(&self, function: &Function<'a>, plan: &mut Plan) {
        plan.warnings.extend(function.warnings.clone());
        let Some(existing) = function.existing else {
            self.create(function, plan);
            return;
        };
        let code = code_reason(function, existing);
        // The architecture belongs to the code.
        let architecture = function.configuration.architecture.clone();
        let now = FunctionConfiguration { architecture, ..existing.configuration.clone() };
        if now != function.configuration {
            let (preview, key, name) = (self.id.clone(), function.key.clone(), function.name.clone());
            let (revision, rewritten) = (existing.code.revision.clone(), function.rewritten.clone());
            let act = Act::ConfigureFunction(ConfigureFunction { preview, function: key, name, revision, rewritten });
            plan.add(act, Reason::PreviewConfigurationDiffers);
        } else if code.is_none() {
            let (key, version) = (function.key.clone(), existing.code.version.clone());
            plan.skipped.push(Skip::CodeUnchanged { function: key, sha256: function.sha256(), version });
        }
        if let Some(why) = code {
            self.upload(function, plan);
            plan.add(Act::ChangeCode(self.change(function, existing)), why);
        }
    }

    fn create(&self, function: &Function<'a>, plan: &mut Plan) {
        self.upload(function, plan);
        let group = CreateLogGroup {
            preview: self.id.clone(),
            function: function.name.clone(),
            arn: marks::log_group_arn(&function.arn, &function.name),
            retention_days: self.wanted.limits.log_retention_days,
        };
        plan.add(Act::CreateLogGroup(group), Reason::LogsAreKept);
        let create = CreateFunction {
            preview: self.id.clone(),
            function: function.key.clone(),
            original: function.source.arn.clone(),
            name: function.name.clone(),
            arn: function.arn.clone(),
            image: function.image(),
            key: function.object.clone(),
            object_version: self.object_version(function),
            rewritten: function.rewritten.clone(),
        };
        plan.add(Act::CreateFunction(create), Reason::Absent);
    }

    fn upload(&self, function: &Function<'a>, plan: &mut Plan) {
        let FunctionConfiguration { runtime, architecture, .. } = &function.configuration;
        let on = Platform { runtime: runtime.as_deref(), architecture: architecture.as_deref() };
        let Some(artifact) = function.artifact() else { return };
        platform::warn(function.key, artifact, on, plan);
        let absent = function.object.as_ref().filter(|key| !self.observed.objects.contains_key(key));
        let Some(key) = absent.cloned() else { return };
        let (function, bytes) = (function.key.clone(), artifact.zipped_bytes);
        plan.add(Act::Upload(Upload { function, key, bytes }), Reason::ObjectAbsent);
    }

    fn object_version(&self, function: &Function<'a>) -> Option<String> {
        self.observed.objects.get(function.object.as_ref()?).cloned().flatten()
    }

    fn change(&self, function: &Function<'a>, existing: &ExistingFunction) -> ChangeCode {
        ChangeCode {
            function: function.key.clone(),
            name: function.name.clone(),
            call: self.call(function),
            before: existing.code.sha256,
            after: function.sha256(),
            is_image: function.artifact().is_none(),
            revision: existing.code.revision.clone(),
            architecture: function.configuration.architecture.clone(),
            source_kms_key: None,
            storage_mode: None,
            goes_live: GoesLive::AtUpdate,
            caches: Vec::new(),
        }
    }

    fn call(&self, function: &Function<'a>) -> CodeCall {
        let restore = Restore::NextRun(self.id.clone());
        match function.image() {
            Some(uri) => CodeCall::Image { uri, publish: false, restore },
            None => CodeCall::Update {
                key: function.object.clone(),
                object_version: self.object_version(function),
                publish: false,
                restore,
            },
        }
    }

    /// Adds the API's steps, and returns its document.
    fn decide_api(&self, key: &ApiKey, source: &SourceApi, functions: &[Function<'a>], plan: &mut Plan) -> Copy {
        let existing = self.observed.apis.get(key).and_then(|found| found.first());
        // One that exists keeps its name, which stands in its tags.
        let name = existing.map_or_else(|| self.id.api_name(&source.name), |existing| existing.name.clone());
        let copied = functions.iter().map(|Function { key, source, arn, .. }| Copied { key, source, arn });
        let copy = document::copy(key, source, &name, &copied.collect::<Vec<_>>(), &self.absent());
        let definition = Sha256::of_json(json!([copy.document, source.variables]));
        let id = existing.map_or_else(|| Ref::Made(key.clone()), |existing| Ref::Existing(existing.id.clone()));
        if existing.is_none() {
            let (preview, api, name) = (self.id.clone(), key.clone(), name.clone());
            let create = CreateApi { preview, api, original: self.original(key, source), name };
            plan.add(Act::CreateApi(create), Reason::Absent);
        }
        if existing.is_some_and(|existing| existing.definition == Some(definition)) {
            plan.skipped.push(Skip::DefinitionUnchanged { api: key.clone(), definition });
        } else {
            let why = if existing.is_some() { Reason::DefinitionDiffers } else { Reason::Absent };
            self.deploy(key, &name, &id, definition, why, plan);
        }
        for function in functions.iter().filter(|function| copy.calls.contains(function.key)) {
            self.permit(function, &id, plan);
        }
        if asks_for_keys(&copy.document) {
            plan.warnings.push(Warning::KeysNotCopied { api: key.clone() });
        }
        plan.endpoints.push(Endpoint { api: key.clone(), id, stage: self.id.stage() });
        copy
    }

    fn original(&self, key: &ApiKey, source: &SourceApi) -> String {
        let stage = self.settings.apis.get(key).map_or(&self.settings.stage, |api| &api.stage.value);
        marks::api_original(&source.id, stage)
    }

    /// The functions of the settings that AWS does not have.
    fn absent(&self) -> Vec<&'a FunctionName> {
        let absent = self.observed.sources.iter().filter(|(_, source)| source.is_none());
        absent.filter_map(|(key, _)| Some(&self.settings.functions.get(key)?.name.value)).collect()
    }

    fn deploy(
        &self,
        key: &ApiKey,
        name: &str,
        id: &Ref<ApiKey, RestApiId>,
        definition: Sha256,
        why: Reason,
        plan: &mut Plan,
    ) {
        let (preview, api, name, id) = (self.id.clone(), key.clone(), name.to_owned(), id.clone());
        if let Ref::Existing(id) = &id {
            let (name, id, partition) = (name.clone(), id.clone(), self.partition());
            plan.add(Act::TagApi(TagApi { preview: preview.clone(), name, id, partition }), Reason::PruneReadsIt);
        }
        let write = WriteApi { preview: preview.clone(), api: api.clone(), name: name.clone(), id: id.clone() };
        plan.add(Act::WriteApi(write), why.clone());
        plan.add(Act::DeployStage(DeployStage { preview, api, name, id, definition }), why);
    }

    /// Lets all of the API call a function, unless the function's policy has the statement.
    fn permit(&self, function: &Function<'a>, id: &Ref<ApiKey, RestApiId>, plan: &mut Plan) {
        if let (Ref::Existing(id), Some(existing)) = (id, function.existing)
            && existing.statements.contains(&marks::statement_id(id, None))
        {
            return;
        }
        let caller = Caller {
            kind: ApiKind::Rest,
            partition: self.partition(),
            region: self.observed.region.clone(),
            account: function.source.account.clone(),
            api: id.clone(),
            stage: None,
            authorizer: None,
        };
        let (key, name) = (function.key.clone(), function.name.clone());
        // The statement goes with a function that this run makes.
        let known = function.existing.map(|existing| KnownStates {
            code: [existing.code.sha256, function.sha256()].into(),
            ..KnownStates::default()
        });
        let permit = Permit { function: key, name, qualifier: Qualifier::Latest, caller, known };
        plan.add(Act::Permit(permit), Reason::NotPermitted);
    }

    fn partition(&self) -> String {
        let mut sources = self.observed.sources.values().flatten();
        sources.find_map(|source| source.arn.split(':').nth(1)).unwrap_or("aws").to_owned()
    }
}

/// Why an existing function needs its code again. An update that failed is tried once more.
fn code_reason(function: &Function<'_>, existing: &ExistingFunction) -> Option<Reason> {
    let (now, wanted) = (&existing.configuration.architecture, &function.configuration.architecture);
    if existing.code.state == "Failed" || existing.code.last_update_status == "Failed" {
        return Some(Reason::LastUpdateFailed);
    }
    if existing.code.sha256 != function.sha256() {
        return Some(Reason::CodeDiffers);
    }
    (now != wanted).then_some(Reason::PreviewConfigurationDiffers)
}

fn asks_for_keys(document: &Value) -> bool {
    let schemes = document.pointer("/components/securitySchemes").and_then(Value::as_object);
    schemes.into_iter().flatten().any(|(_, scheme)| scheme["name"] == "x-api-key")
}
