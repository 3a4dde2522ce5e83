//! Resource policies: who may invoke a function, a version or an alias.

use super::Lambda;
use crate::aws::call_error::{Answered, CallError};
use crate::model::{FunctionName, PolicyStatement, Qualifier, RevisionId};

/// A resource policy.
pub struct GotPolicy {
    /// For the next write.
    pub revision: RevisionId,
    /// Its statements.
    pub statements: Vec<PolicyStatement>,
}

impl Lambda {
    /// `GetPolicy` of one qualifier; `None` where it has no policy.
    ///
    /// <https://docs.aws.amazon.com/lambda/latest/api/API_GetPolicy.html>
    pub async fn policy(&self, name: &FunctionName, qualifier: &Qualifier) -> Result<Option<GotPolicy>, CallError> {
        let (action, call) = ("lambda:GetPolicy", self.client.get_policy().function_name(name.as_str()));
        let answer = call.set_qualifier(qualifier.parameter().map(str::to_owned)).send().await;
        let Some(answer) = answer.or_absent(action, name.as_str())? else { return Ok(None) };
        let document = serde_json::from_str(&answer.policy.unwrap_or_default());
        let document: serde_json::Value = document.map_err(|_| CallError::malformed(action, name.as_str()))?;
        let statements = document["Statement"].as_array().cloned().unwrap_or_default();
        let statement = |statement: serde_json::Value| PolicyStatement {
            sid: statement["Sid"].as_str().unwrap_or_default().to_owned(),
            statement,
        };
        Ok(Some(GotPolicy {
            revision: RevisionId::new(answer.revision_id.unwrap_or_default()),
            statements: statements.into_iter().map(statement).collect(),
        }))
    }

    /// Calls `AddPermission` for API Gateway; `source_arn` selects the calls.
    ///
    /// <https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html>
    pub async fn add_permission(
        &self,
        name: &FunctionName,
        qualifier: &Qualifier,
        id: &str,
        source_arn: &str,
    ) -> Result<(), CallError> {
        let call = self.once.add_permission().function_name(name.as_str());
        let call = call.set_qualifier(qualifier.parameter().map(str::to_owned)).statement_id(id);
        let call = call.action("lambda:InvokeFunction").principal("apigateway.amazonaws.com").source_arn(source_arn);
        call.send().await.done("lambda:AddPermission", name.as_str())
    }

    /// `RemovePermission`.
    ///
    /// <https://docs.aws.amazon.com/lambda/latest/api/API_RemovePermission.html>
    pub async fn remove_permission(
        &self,
        name: &FunctionName,
        qualifier: &Qualifier,
        id: &str,
        revision: &RevisionId,
    ) -> Result<(), CallError> {
        let call = self.once.remove_permission().function_name(name.as_str());
        let call = call.set_qualifier(qualifier.parameter().map(str::to_owned)).statement_id(id);
        call.revision_id(revision.as_str()).send().await.done("lambda:RemovePermission", name.as_str())
    }
}
