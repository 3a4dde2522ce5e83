//! Functions of previews.

use std::collections::BTreeMap;

use super::code::{self, ready};
use super::{Context, not_made};
use crate::aws::{CallError, Code};
use crate::engine::{StepError, Write, send};
use crate::model::marks::{self, Marks};
use crate::model::{ConfigureFunction, CreateFunction, FunctionConfiguration, ImageUri, Target};

/// Creates a function, and waits until it can be called. Where another run made the same one at the same time, that is
/// used.
pub async fn create(cx: &Context<'_>, create: &CreateFunction) -> Result<(), StepError> {
    let (lambda, name) = (&cx.run.world.aws.lambda, &create.name);
    let tags = cx.tags_of_part(create.preview.tags(cx.run.id(), name.as_str(), Some(&create.original)));
    let configuration = cx.inputs.configurations.get(&create.function).ok_or_else(|| not_made(name))?;
    let zip;
    let code = if let Some(image) = &create.image {
        Code::Image(image)
    } else if let Some(key) = &create.key {
        Code::Object(cx.code_object(key, create.object_version.as_ref())?)
    } else {
        zip = code::read(&cx.artifact(&create.function)?.path).await?;
        Code::Zip(&zip)
    };
    let look = async || {
        let Some(found) = lambda.tags(&create.arn).await? else { return Ok(None) };
        // After a lost answer, the run's own tag proves that this run created it.
        let is_own = found.get(marks::RUN) == tags.get(marks::RUN);
        Ok((is_own || is_the_same(cx, create, &found).await?).then_some(()))
    };
    let call = async || lambda.create(name, configuration, &code, &tags).await;
    let write = Write::new(format!("failed to create function {name}"), create.undos(cx.run.id()));
    send(&cx.run, write.may_be_anothers(), call, look).await?;
    ready(cx, name).await?;
    cx.run.done(format!("function {name} made{}", create.in_environment()));
    Ok(())
}

/// Whether another run made what this one wants: this preview's function, with this code and configuration.
async fn is_the_same(
    cx: &Context<'_>,
    create: &CreateFunction,
    tags: &BTreeMap<String, String>,
) -> Result<bool, CallError> {
    let CreateFunction { preview, function, name, arn, .. } = create;
    let target = Target::Function { name: name.clone(), arn: arn.clone() };
    let is_part = |marks: Marks| marks.preview == *preview && marks.mismatch(target.carrier()).is_none();
    if !Marks::of_tags(tags).is_some_and(is_part) {
        return Ok(false);
    }
    let found = cx.run.world.aws.lambda.function(name, None).await?;
    let configuration = cx.inputs.configurations.get(function);
    let digest = cx.inputs.artifacts.get(function).map(|artifact| artifact.sha256);
    let digest = create.image.as_ref().map_or(digest, ImageUri::digest);
    Ok(found.is_some_and(|found| {
        let is_code = digest == Some(found.code.sha256);
        is_code && configuration.is_some_and(|wanted| found.configuration == *wanted)
    }))
}

/// Updates the configuration, and waits until that is done.
pub async fn configure(cx: &Context<'_>, configure: &ConfigureFunction) -> Result<(), StepError> {
    let (lambda, name) = (&cx.run.world.aws.lambda, &configure.name);
    let wanted = cx.inputs.configurations.get(&configure.function).ok_or_else(|| not_made(name))?;
    let revision = cx.run.memory.revision(name, &configure.revision);
    let look = async || {
        let now = lambda.function(name, None).await?;
        // The architecture belongs to the code.
        let architecture = wanted.architecture.clone();
        let now = now.map(|now| FunctionConfiguration { architecture, ..now.configuration });
        Ok((now.as_ref() == Some(wanted)).then_some(()))
    };
    let write = Write::new(format!("failed to update the configuration of function {name}"), configure.undos());
    let call = async || lambda.configure(name, wanted, &revision).await;
    send(&cx.run, write.waits_for_conflicts(), call, look).await?;
    ready(cx, name).await?;
    cx.run.done(format!("configuration of function {name} updated{}", configure.in_environment()));
    Ok(())
}
