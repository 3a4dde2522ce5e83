//! The URLs of functions and aliases.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html>

use aws_sdk_lambda::types::{FunctionUrlAuthType, InvokeMode};

use super::Lambda;
use crate::aws::call_error::{Answered, CallError};
use crate::model::{FunctionName, FunctionUrl, LambdaUrl, Qualifier, UrlAuth};

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
}
