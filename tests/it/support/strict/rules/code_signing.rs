use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;

use super::{Exchange, Message, Rule, lambda_error};

/// `GetCodeSigningConfig`, which ministack does not know, of configurations that warn of unsigned code; ministack is
/// asked all the same, since it knows who may.
///
/// A region without AWS Signer has neither this operation nor `GetFunctionCodeSigningConfig`, and answers 403.
///
/// <https://docs.aws.amazon.com/lambda/latest/api/API_GetCodeSigningConfig.html>,
/// <https://github.com/hashicorp/terraform-provider-aws/issues/27986>
#[derive(Default)]
pub(crate) struct CodeSigning {
    is_unavailable: AtomicBool,
}

impl CodeSigning {
    /// The region has no AWS Signer from now on.
    pub(crate) fn make_unavailable(&self) {
        self.is_unavailable.store(true, Ordering::Relaxed);
    }
}

impl Rule for CodeSigning {
    fn before(&self, exchange: &mut Exchange<'_>) -> Option<Message> {
        let asks = exchange.is_lambda(&["GetFunctionCodeSigningConfig", "GetCodeSigningConfig"]);
        let message = "Unable to determine service/operation name to be authorized";
        let is_refused = asks && self.is_unavailable.load(Ordering::Relaxed);
        is_refused.then(|| lambda_error(403, "AccessDeniedException", message))
    }

    fn after(&self, exchange: &Exchange<'_>, answer: &mut Message) {
        if exchange.is_lambda(&["GetCodeSigningConfig"]) && answer.status() != 403 {
            let arn = exchange.call.name(0);
            let policies = json!({ "UntrustedArtifactOnDeployment": "Warn" });
            let config = json!({ "CodeSigningConfigArn": arn, "CodeSigningPolicies": policies });
            *answer = Message::json(200, &json!({ "CodeSigningConfig": config }));
        }
    }
}
