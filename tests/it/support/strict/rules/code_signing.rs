use serde_json::json;

use super::{Exchange, Message, Rule};

/// `GetCodeSigningConfig`, which ministack does not know, of configurations that warn of unsigned code; ministack is
/// asked all the same, since it knows who may.
///
/// <https://docs.aws.amazon.com/lambda/latest/api/API_GetCodeSigningConfig.html>
pub(crate) struct CodeSigning;

impl Rule for CodeSigning {
    fn after(&self, exchange: &Exchange<'_>, answer: &mut Message) {
        if exchange.is_lambda(&["GetCodeSigningConfig"]) && answer.status() != 403 {
            let arn = exchange.call.name(0);
            let policies = json!({ "UntrustedArtifactOnDeployment": "Warn" });
            let config = json!({ "CodeSigningConfigArn": arn, "CodeSigningPolicies": policies });
            *answer = Message::json(200, &json!({ "CodeSigningConfig": config }));
        }
    }
}
