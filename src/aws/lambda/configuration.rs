//! A function's configuration in our words.

use aws_sdk_lambda::types::{FunctionCodeLocation, FunctionConfiguration};
use serde_json::{Value, json};

use crate::model::{ObservedCode, ObservedLayer, RevisionId, Sha256, Version};

/// `None` where the answer lacks the code's hash, the version or the revision.
pub(super) fn observed_code(
    found: &FunctionConfiguration,
    code: Option<&FunctionCodeLocation>,
) -> Option<ObservedCode> {
    let text = |value: Option<&str>, default: &str| value.unwrap_or(default).to_owned();
    let failed = |status: &str| status == "Failed";
    let state = text(found.state.as_ref().map(aws_sdk_lambda::types::State::as_str), "Active");
    let last_update_status =
        text(found.last_update_status.as_ref().map(aws_sdk_lambda::types::LastUpdateStatus::as_str), "Successful");
    let reason = match (failed(&state), failed(&last_update_status)) {
        (true, _) => found.state_reason(),
        (_, true) => found.last_update_status_reason(),
        _ => None,
    };
    Some(ObservedCode {
        version: Version::new(found.version()?),
        sha256: Sha256::from_base64(found.code_sha256()?).unwrap_or_else(|| Sha256::from_bytes([0; 32])),
        zipped_bytes: u64::try_from(found.code_size).ok().filter(|bytes| *bytes > 0),
        configuration: configuration_digest(found),
        revision: RevisionId::new(found.revision_id()?),
        state,
        last_update_status,
        status_reason: text(reason, ""),
        package_type: text(found.package_type.as_ref().map(aws_sdk_lambda::types::PackageType::as_str), "Zip"),
        runtime: found.runtime.as_ref().map(|runtime| runtime.as_str().to_owned()),
        handler: found.handler.clone(),
        architecture: found.architectures().first().map(|architecture| architecture.as_str().to_owned()),
        layers: found.layers().iter().map(layer).collect(),
        source_kms_key: code.and_then(|code| code.source_kms_key_arn.clone()),
        // GetFunction names the object only where the function refers to it in place:
        // <https://docs.aws.amazon.com/lambda/latest/api/API_FunctionCodeLocation.html>
        storage_mode: code.and_then(|code| code.resolved_s3_object()).map(|_| "REFERENCE".to_owned()),
        on_capacity_provider: found.capacity_provider_config.is_some(),
        durable: found.durable_config.is_some(),
    })
}

fn layer(layer: &aws_sdk_lambda::types::Layer) -> ObservedLayer {
    ObservedLayer {
        arn: layer.arn().unwrap_or_default().to_owned(),
        zipped_bytes: u64::try_from(layer.code_size).unwrap_or(0),
    }
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
        found.runtime.as_ref().map(aws_sdk_lambda::types::Runtime::as_str),
        found.handler,
        found.role,
        found.timeout,
        found.memory_size,
        found.architectures().iter().map(aws_sdk_lambda::types::Architecture::as_str).collect::<Vec<_>>(),
        found.layers().iter().map(|layer| layer.arn()).collect::<Vec<_>>(),
        found.ephemeral_storage.as_ref().map(|storage| storage.size),
        snap_start.map(aws_sdk_lambda::types::SnapStartApplyOn::as_str).filter(|apply_on| *apply_on != "None"),
        found.durable_config.as_ref().map(|durable| (durable.retention_period_in_days, durable.execution_timeout)),
    ])
}

fn reaches(found: &FunctionConfiguration) -> Value {
    let variables = found.environment.as_ref().and_then(|environment| environment.variables.as_ref());
    let variables: Option<std::collections::BTreeMap<_, _>> = variables.map(|variables| variables.iter().collect());
    let vpc = found.vpc_config.as_ref().filter(|vpc| !vpc.subnet_ids().is_empty());
    let sorted =
        |ids: &[String]| ids.iter().collect::<std::collections::BTreeSet<_>>().into_iter().cloned().collect::<Vec<_>>();
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
        found
            .tracing_config
            .as_ref()
            .and_then(|tracing| tracing.mode.as_ref())
            .map(aws_sdk_lambda::types::TracingMode::as_str),
        logging.and_then(|logging| logging.log_format.as_ref()).map(aws_sdk_lambda::types::LogFormat::as_str),
        logging
            .and_then(|logging| logging.application_log_level.as_ref())
            .map(aws_sdk_lambda::types::ApplicationLogLevel::as_str),
        logging
            .and_then(|logging| logging.system_log_level.as_ref())
            .map(aws_sdk_lambda::types::SystemLogLevel::as_str),
        logging.and_then(|logging| logging.log_group.as_ref()),
    ])
}
