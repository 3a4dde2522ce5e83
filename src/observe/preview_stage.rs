//! What AWS has for a preview by the strategy `stage`, and of such previews: reads only.

use std::collections::{BTreeMap, BTreeSet};

use futures::StreamExt;
use futures::future::join_all;

use super::preview::{objects, patiently, present, with};
use super::{ReadError, api_id, refuse, sort};
use crate::aws::{CallError, TaggedApi, time};
use crate::error::Failure;
use crate::model::{
    AccountId, ApiKey, ApiSettings, Artifact, DeploymentId, Endpoint, FunctionKey, FunctionName, Moment, ObservedStage,
    ObservedStagePreview, Passage, PolicyStatement, PreviewAlias, PreviewId, PreviewStage, Qualifier, RestApiId,
    Settings, StagedApi, StagedFunction,
};
use crate::plan::preview::stage::called;
use crate::world::World;

/// How many APIs are asked for their stages at once: API Gateway takes ten calls a second.
///
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html>
const AT_ONCE: usize = 4;

/// A stage of a preview that AWS has.
#[derive(Clone)]
pub struct FoundStage {
    /// The API that it is a stage of.
    pub id: RestApiId,
    /// The key of that API.
    pub key: ApiKey,
    /// As it is.
    pub stage: ObservedStage,
    /// The functions whose alias it calls.
    pub functions: BTreeSet<FunctionName>,
    /// The deployments that carry the preview's description.
    pub deployments: Vec<DeploymentId>,
    /// Whose.
    pub preview: PreviewId,
    /// When a run wrote to it, or to what it calls; else when it was made.
    pub active: Option<Moment>,
}

impl FoundStage {
    /// Where it answers.
    pub fn endpoint(&self) -> Endpoint {
        Endpoint { api: self.key.clone(), id: self.id.clone(), stage: self.stage.name.clone() }
    }
}

/// What `preview up` has to know; where anything cannot be read, everything that could not.
pub async fn up(
    id: &PreviewId,
    settings: &Settings,
    artifacts: &BTreeMap<FunctionKey, Artifact>,
    world: &World,
) -> Result<ObservedStagePreview, Failure> {
    let functions = settings.functions.iter().map(|(key, one)| with(key, function(&one.name.value, id, world)));
    let apis = settings.apis.iter().map(|(key, one)| with(key, api(one, world)));
    let (functions, apis, objects) =
        futures::join!(join_all(functions), join_all(apis), objects(settings, artifacts, world));
    let mut problems = Vec::new();
    let observed = ObservedStagePreview {
        functions: sort(functions, &mut problems),
        apis: sort(apis, &mut problems),
        objects: present(sort(objects, &mut problems)),
    };
    refuse(problems).map(|()| observed)
}

async fn function(name: &FunctionName, id: &PreviewId, world: &World) -> Result<Option<StagedFunction>, ReadError> {
    let (lambda, alias) = (&world.aws.lambda, id.alias());
    let Some(latest) = lambda.function(name, None).await? else { return Ok(None) };
    let of_alias = Qualifier::Named(alias.clone());
    let of_passage = Passage::alias();
    let (found, statements, versions, callers, passage) = futures::join!(
        lambda.alias(name, &alias),
        lambda.policy(name, &of_alias),
        lambda.versions(name),
        callers(name, &latest.arn, world),
        lambda.alias(name, &of_passage),
    );
    let statements = statements?.map(|policy| policy.statements).unwrap_or_default();
    let alias = |found: crate::aws::GotAlias| PreviewAlias {
        version: found.version,
        revision: found.revision,
        description: found.description,
    };
    Ok(Some(StagedFunction {
        name: name.clone(),
        account: AccountId::new(latest.arn.split(':').nth(4).unwrap_or_default()),
        arn: latest.arn,
        latest: latest.code,
        alias: found?.map(alias),
        statements: statements.into_iter().map(|statement| statement.sid).collect(),
        versions: versions?,
        callers: callers?,
        passage: passage?.and_then(|found| Passage::of_description(&found.description)),
    }))
}

/// Who may call `$LATEST`, as far as AWS tells: identities that are allowed to by policies of their own are not seen.
async fn callers(name: &FunctionName, arn: &str, world: &World) -> Result<Vec<String>, CallError> {
    let lambda = &world.aws.lambda;
    let (policy, sources, url, aliases) = futures::join!(
        lambda.policy(name, &Qualifier::Latest),
        lambda.event_sources(name),
        lambda.has_url(name),
        lambda.aliases(name),
    );
    let statements = policy?.map(|policy| policy.statements).unwrap_or_default();
    let allowed = statements.into_iter().filter(|statement| is_of_latest(statement, arn));
    let mut callers: Vec<_> = allowed.map(|one| format!("statement {} of its policy", one.sid)).collect();
    callers.extend(sources?);
    callers.extend(url?.then(|| "its URL".to_owned()));
    let of_latest = aliases?.into_iter().filter(|(alias, versions)| {
        *alias != Passage::alias() && versions.iter().any(|version| version.as_str().starts_with('$'))
    });
    callers.extend(of_latest.map(|(alias, _)| format!("alias {alias}, which stands on $LATEST")));
    Ok(callers)
}

/// Those of a version or an alias name it. In doubt a statement is of `$LATEST`.
fn is_of_latest(statement: &PolicyStatement, arn: &str) -> bool {
    let statement = &statement.statement;
    let is_of_a_qualifier = |resource: &str| {
        let qualifier = resource.strip_prefix(arn).and_then(|rest| rest.strip_prefix(':'));
        qualifier.is_some_and(|qualifier| !qualifier.starts_with('$'))
    };
    statement["Effect"] != "Deny" && !statement["Resource"].as_str().is_some_and(is_of_a_qualifier)
}

async fn api(settings: &ApiSettings, world: &World) -> Result<Option<StagedApi>, ReadError> {
    let Some(id) = api_id(settings, world).await? else { return Ok(None) };
    let apis = &world.aws.rest_apis;
    let (api, stages, deployments) = futures::join!(apis.api(&id), apis.stages(&id), apis.deployments(&id));
    let (Some(api), Some(stages)) = (api?, stages?) else { return Ok(None) };
    Ok(Some(StagedApi {
        id,
        definition: api.definition,
        execute_api_disabled: api.execute_api_disabled,
        stages,
        deployments: deployments?,
    }))
}

/// The stages of these APIs whose tags name a preview that is `wanted`.
pub async fn tagged(
    apis: &[TaggedApi],
    wanted: impl Fn(&PreviewId) -> bool,
    world: &World,
) -> Result<Vec<FoundStage>, CallError> {
    let mut looks = futures::stream::iter(apis.iter().map(|api| stages_of(&api.id, &wanted, world))).buffered(AT_ONCE);
    let mut found = Vec::new();
    while let Some(look) = looks.next().await {
        found.extend(look?);
    }
    Ok(found)
}

async fn stages_of(
    id: &RestApiId,
    wanted: &impl Fn(&PreviewId) -> bool,
    world: &World,
) -> Result<Vec<FoundStage>, CallError> {
    // Somebody may have deleted the API since.
    let stages = patiently("the stages of an API", world, async || world.aws.rest_apis.stages(id).await).await?;
    let stages = stages.unwrap_or_default();
    let mut found = Vec::new();
    for PreviewStage { stage, tags, created } in stages {
        let owner = PreviewId::of_tags(&tags).filter(|owner| wanted(owner) && owner.stage() == stage.name);
        let Some((preview, key)) = owner.zip(tags.get(PreviewId::API)) else { continue };
        let active = tags.get(PreviewId::UPDATED).and_then(|text| time::read(text)).or(created);
        found.push(FoundStage { active, ..whole(id, ApiKey::new(key), stage, preview, world).await? });
    }
    Ok(found)
}

/// With all that it leads to.
async fn whole(
    id: &RestApiId,
    key: ApiKey,
    stage: ObservedStage,
    preview: PreviewId,
    world: &World,
) -> Result<FoundStage, CallError> {
    let apis = &world.aws.rest_apis;
    let (definition, document, deployments) =
        futures::join!(apis.api(id), apis.export(id, &stage.name), apis.deployments(id));
    let (definition, document) = (definition?.map(|api| api.definition), document?);
    let is_its = |description: &str| description.ends_with(&format!(" of {}", preview.description()));
    let deployments = deployments?.into_iter().filter(|deployment| is_its(&deployment.description));
    Ok(FoundStage {
        id: id.clone(),
        key,
        functions: called(definition.as_ref(), document.as_ref(), &stage.variables, &preview.alias()),
        deployments: deployments.map(|deployment| deployment.id).collect(),
        stage,
        preview,
        active: None,
    })
}
