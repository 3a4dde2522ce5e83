//! A function's configuration in our words.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_lambda::types::{Architecture, FunctionCodeLocation, FunctionConfiguration, Layer, VpcConfigResponse};
use serde_json::{Value, json};

use crate::aws::word;
use crate::model::{
    self, ImageConfiguration, ImageUri, ObservedCode, ObservedLayer, RevisionId, Secret, Sha256, Version,
};

/// `None` where the answer lacks the code's hash, the version or the revision.
pub(super) fn observed_code(
    found: &FunctionConfiguration,
    code: Option<&FunctionCodeLocation>,
) -> Option<ObservedCode> {
    let text = |value: Option<&str>, default: &str| value.unwrap_or(default).to_owned();
    let failed = |status: &str| status == "Failed";
    let state = text(word(found.state.as_ref()), "Active");
    let last_update_status = text(word(found.last_update_status.as_ref()), "Successful");
    let reason = match (failed(&state), failed(&last_update_status)) {
        (true, _) => found.state_reason(),
        (_, true) => found.last_update_status_reason(),
        _ => None,
    };
    let image = code.and_then(|code| code.resolved_image_uri()).and_then(ImageUri::parse);
    let digest = image.as_ref().and_then(ImageUri::digest);
    let sha256 = found.code_sha256()?;
    // That of an image is in hex.
    let sha256 = digest.or_else(|| Sha256::from_base64(sha256)).or_else(|| Sha256::from_hex(sha256));
    Some(ObservedCode {
        version: Version::new(found.version()?),
        sha256: sha256.unwrap_or_else(|| Sha256::from_bytes([0; 32])),
        image,
        zipped_bytes: u64::try_from(found.code_size).ok().filter(|bytes| *bytes > 0),
        configuration: configuration_digest(found),
        revision: RevisionId::new(found.revision_id()?),
        state,
        last_update_status,
        status_reason: text(reason, ""),
        package_type: text(word(found.package_type.as_ref()), "Zip"),
        runtime: word(found.runtime.as_ref()).map(str::to_owned),
        handler: found.handler.clone(),
        architecture: word(found.architectures().first()).map(str::to_owned),
        timeout_seconds: found.timeout.and_then(|seconds| seconds.try_into().ok()),
        log_group: found.logging_config.as_ref().and_then(|logging| logging.log_group.clone()),
        has_tenants: found.tenancy_config.is_some(),
        layers: found.layers().iter().map(layer).collect(),
        source_kms_key: code.and_then(|code| code.source_kms_key_arn.clone()),
        // GetFunction names the object only where the function refers to it in place:
        // <https://docs.aws.amazon.com/lambda/latest/api/API_FunctionCodeLocation.html>
        storage_mode: code.and_then(|code| code.resolved_s3_object()).map(|_| "REFERENCE".to_owned()),
        on_capacity_provider: found.capacity_provider_config.is_some(),
        durable: found.durable_config.is_some(),
    })
}

fn layer(layer: &Layer) -> ObservedLayer {
    ObservedLayer { zipped_bytes: u64::try_from(layer.code_size).unwrap_or(0) }
}

/// A digest of everything that a version freezes beside its code. Environment values go into the
/// digest and nowhere else.
fn configuration_digest(found: &FunctionConfiguration) -> Sha256 {
    let document = json!([runs(found), reaches(found), observes(found)]);
    Sha256::of(document.to_string().as_bytes())
}

fn runs(found: &FunctionConfiguration) -> Value {
    let snap_start = found.snap_start.as_ref().and_then(|snap_start| snap_start.apply_on.as_ref());
    json!([
        word(found.runtime.as_ref()),
        found.handler,
        found.role,
        found.timeout,
        found.memory_size,
        found.architectures().iter().map(Architecture::as_str).collect::<Vec<_>>(),
        found.layers().iter().map(|layer| layer.arn()).collect::<Vec<_>>(),
        found.ephemeral_storage.as_ref().map(|storage| storage.size),
        word(snap_start).filter(|apply_on| *apply_on != "None"),
        found.durable_config.as_ref().map(|durable| (durable.retention_period_in_days, durable.execution_timeout)),
    ])
}

fn reaches(found: &FunctionConfiguration) -> Value {
    let variables = found.environment.as_ref().and_then(|environment| environment.variables.as_ref());
    let variables: Option<BTreeMap<_, _>> = variables.map(|variables| variables.iter().collect());
    let vpc = found.vpc_config.as_ref().filter(|vpc| !vpc.subnet_ids().is_empty());
    let sorted = |ids: &[String]| ids.iter().cloned().collect::<BTreeSet<_>>();
    let files = found.file_system_configs().iter().map(|files| (&files.arn, &files.local_mount_path));
    json!([
        variables.filter(|variables| !variables.is_empty()),
        vpc.map(|vpc| (sorted(vpc.subnet_ids()), sorted(vpc.security_group_ids()), vpc.ipv6_allowed_for_dual_stack)),
        found.kms_key_arn,
        found.dead_letter_config.as_ref().and_then(|letters| letters.target_arn.as_ref()),
        files.collect::<Vec<_>>(),
    ])
}

fn observes(found: &FunctionConfiguration) -> Value {
    let logging = found.logging_config.as_ref();
    json!([
        word(found.tracing_config.as_ref().and_then(|tracing| tracing.mode.as_ref())),
        word(logging.and_then(|logging| logging.log_format.as_ref())),
        word(logging.and_then(|logging| logging.application_log_level.as_ref())),
        word(logging.and_then(|logging| logging.system_log_level.as_ref())),
        logging.and_then(|logging| logging.log_group.as_ref()),
    ])
}

/// The part of the configuration that a preview copies.
pub(super) fn copied(found: &FunctionConfiguration) -> model::FunctionConfiguration {
    let variables = found.environment.as_ref().and_then(|environment| environment.variables.as_ref());
    let variables = variables.into_iter().flatten().map(|(name, value)| (name.clone(), Secret::new(value)));
    let vpc = found.vpc_config.as_ref();
    model::FunctionConfiguration {
        runtime: word(found.runtime.as_ref()).map(str::to_owned),
        handler: found.handler.clone(),
        architecture: word(found.architectures().first()).map(str::to_owned),
        role: found.role.clone().unwrap_or_default(),
        memory_mib: found.memory_size,
        timeout_seconds: found.timeout,
        ephemeral_mib: found.ephemeral_storage.as_ref().map(|storage| storage.size),
        tracing: word(found.tracing_config.as_ref().and_then(|tracing| tracing.mode.as_ref()))
            .filter(|mode| *mode != "PassThrough")
            .map(str::to_owned),
        logging: logging(found),
        layers: found.layers().iter().filter_map(|layer| layer.arn.clone()).collect(),
        subnets: vpc.into_iter().flat_map(VpcConfigResponse::subnet_ids).cloned().collect(),
        security_groups: vpc.into_iter().flat_map(VpcConfigResponse::security_group_ids).cloned().collect(),
        ipv6_allowed: vpc.and_then(|vpc| vpc.ipv6_allowed_for_dual_stack).unwrap_or(false),
        environment: variables.collect(),
        kms_key: found.kms_key_arn.clone().filter(|key| !key.is_empty()),
        image: (word(found.package_type.as_ref()) == Some("Image")).then(|| image(found)),
    }
}

fn image(found: &FunctionConfiguration) -> ImageConfiguration {
    let said = found.image_config_response().and_then(|response| response.image_config());
    ImageConfiguration {
        entry_point: said.map(|said| said.entry_point().to_vec()).unwrap_or_default(),
        command: said.map(|said| said.command().to_vec()).unwrap_or_default(),
        working_directory: said.and_then(|said| said.working_directory.clone()).filter(|folder| !folder.is_empty()),
    }
}

fn logging(found: &FunctionConfiguration) -> model::Logging {
    let found = found.logging_config.as_ref();
    let format = word(found.and_then(|logging| logging.log_format.as_ref())).filter(|format| *format != "Text");
    let Some(format) = format else { return model::Logging::default() };
    let level = |level: Option<&str>| level.map(str::to_owned);
    model::Logging {
        format: Some(format.to_owned()),
        application_level: level(word(found.and_then(|logging| logging.application_log_level.as_ref()))),
        system_level: level(word(found.and_then(|logging| logging.system_log_level.as_ref()))),
    }
}

/// Why Lambda does not show the environment: most often a KMS key that this role may not use.
///
/// <https://docs.aws.amazon.com/lambda/latest/api/API_EnvironmentError.html>
pub(super) fn environment_error(found: &FunctionConfiguration) -> Option<String> {
    let error = found.environment()?.error()?;
    let parts = [error.error_code(), error.message()].into_iter().flatten();
    Some(parts.collect::<Vec<_>>().join(": "))
}
