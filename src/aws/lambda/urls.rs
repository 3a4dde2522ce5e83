//! The URLs of functions and aliases.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html>

use aws_sdk_lambda::types::{FunctionUrlAuthType, InvokeMode};

use super::Lambda;
use crate::aws::call_error::{Answered, CallError};
use crate::model::{FunctionName, FunctionUrl, LambdaUrl, PublicStatement, Qualifier, UrlAuth};

impl Lambda {
    /// `GetFunctionUrlConfig` of a function or an alias; `None` where it has no URL.
    ///
    /// <https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionUrlConfig.html>
    pub async fn url(&self, name: &FunctionName, qualifier: &Qualifier) -> Result<Option<FunctionUrl>, CallError> {
        let call = self.client.get_function_url_config().function_name(name.as_str());
        let answer = call.set_qualifier(qualifier.parameter().map(str::to_owned)).send().await;
        let Some(answer) = answer.or_absent("lambda:GetFunctionUrlConfig", format!("{name}:{qualifier}"))? else {
            return Ok(None);
        };
        let auth = if answer.auth_type == FunctionUrlAuthType::None { UrlAuth::Open } else { UrlAuth::Iam };
        let streams = answer.invoke_mode == Some(InvokeMode::ResponseStream);
        Ok(Some(FunctionUrl { url: LambdaUrl::new(answer.function_url), auth, streams }))
    }

    /// `CreateFunctionUrlConfig`.
    ///
    /// <https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunctionUrlConfig.html>
    pub async fn create_url(
        &self,
        name: &FunctionName,
        qualifier: &Qualifier,
        auth: UrlAuth,
    ) -> Result<LambdaUrl, CallError> {
        let call = self.once.create_function_url_config().function_name(name.as_str()).auth_type(auth_type(auth));
        let answer = call.set_qualifier(qualifier.parameter().map(str::to_owned)).send().await;
        let answer = answer.answered("lambda:CreateFunctionUrlConfig", format!("{name}:{qualifier}"))?;
        Ok(LambdaUrl::new(answer.function_url))
    }

    /// `UpdateFunctionUrlConfig`: whom the URL lets in.
    ///
    /// <https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionUrlConfig.html>
    pub async fn change_url(
        &self,
        name: &FunctionName,
        qualifier: &Qualifier,
        auth: UrlAuth,
    ) -> Result<LambdaUrl, CallError> {
        let call = self.once.update_function_url_config().function_name(name.as_str()).auth_type(auth_type(auth));
        let answer = call.set_qualifier(qualifier.parameter().map(str::to_owned)).send().await;
        let answer = answer.answered("lambda:UpdateFunctionUrlConfig", format!("{name}:{qualifier}"))?;
        Ok(LambdaUrl::new(answer.function_url))
    }

    /// `DeleteFunctionUrlConfig`; one that does not exist is deleted already.
    ///
    /// <https://docs.aws.amazon.com/lambda/latest/api/API_DeleteFunctionUrlConfig.html>
    pub async fn delete_url(&self, name: &FunctionName, qualifier: &Qualifier) -> Result<(), CallError> {
        let call = self.once.delete_function_url_config().function_name(name.as_str());
        let answer = call.set_qualifier(qualifier.parameter().map(str::to_owned)).send().await;
        answer.or_absent("lambda:DeleteFunctionUrlConfig", format!("{name}:{qualifier}")).map(drop)
    }

    /// `AddPermission`: everybody may do this, but only by the URL. Without that condition, `lambda:InvokeFunction` for
    /// everybody would open the function itself.
    ///
    /// <https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html>
    pub async fn open_url(
        &self,
        name: &FunctionName,
        qualifier: &Qualifier,
        statement: PublicStatement,
    ) -> Result<(), CallError> {
        let call = self.once.add_permission().function_name(name.as_str()).principal("*");
        let call = call.set_qualifier(qualifier.parameter().map(str::to_owned)).statement_id(statement.id(qualifier));
        let call = match statement {
            PublicStatement::Url => {
                call.action("lambda:InvokeFunctionUrl").function_url_auth_type(FunctionUrlAuthType::None)
            }
            PublicStatement::Function => call.action("lambda:InvokeFunction").invoked_via_function_url(true),
        };
        call.send().await.done("lambda:AddPermission", format!("{name}:{qualifier}"))
    }
}

fn auth_type(auth: UrlAuth) -> FunctionUrlAuthType {
    match auth {
        UrlAuth::Iam => FunctionUrlAuthType::AwsIam,
        UrlAuth::Open => FunctionUrlAuthType::None,
    }
}
