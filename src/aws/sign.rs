//! Signs requests to endpoints that IAM guards.

use std::time::SystemTime;

use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;

use crate::model::Region;

/// The service that a signature is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignedService {
    /// `execute-api`: a stage of an API.
    ExecuteApi,
    /// `lambda`: the URL of a function.
    Lambda,
}

impl SignedService {
    /// Returns the service that a URL is of; a name behind the host means nothing.
    pub fn of(url: &str) -> Self {
        let (_, rest) = url.split_once("://").unwrap_or(("", url));
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        if host.contains(".lambda-url.") { Self::Lambda } else { Self::ExecuteApi }
    }

    fn name(self) -> &'static str {
        match self {
            Self::ExecuteApi => "execute-api",
            Self::Lambda => "lambda",
        }
    }
}

/// Signs with the credentials of this run.
pub struct Signer {
    credentials: Option<SharedCredentialsProvider>,
    region: Region,
}

impl Signer {
    pub(super) fn new(credentials: Option<SharedCredentialsProvider>, region: Region) -> Self {
        Self { credentials, region }
    }

    /// Returns the headers that sign this request, or why it cannot be signed.
    ///
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html>
    pub async fn headers(
        &self,
        service: SignedService,
        method: &str,
        url: &str,
        body: &str,
    ) -> Result<Vec<(String, String)>, String> {
        let provider = self.credentials.as_ref().ok_or("there are no AWS credentials to sign with")?;
        let identity = provider.provide_credentials().await.map_err(|error| error.to_string())?.into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(self.region.as_str())
            .name(service.name())
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()
            .map_err(|error| error.to_string())?
            .into();
        let request = SignableRequest::new(method, url, std::iter::empty(), SignableBody::Bytes(body.as_bytes()));
        let request = request.map_err(|error| error.to_string())?;
        let (instructions, _) = sign(request, &parameters).map_err(|error| error.to_string())?.into_parts();
        let headers = instructions.headers().map(|(name, value)| (name.to_owned(), value.to_owned()));
        Ok(headers.collect())
    }
}

#[cfg(test)]
mod tests {
    use aws_credential_types::Credentials;

    use super::*;

    #[tokio::test]
    async fn the_scope_names_the_service_of_the_host() {
        let credentials = Credentials::new("AKIDEXAMPLE", "secret", None, None, "test");
        let signer = Signer::new(Some(SharedCredentialsProvider::new(credentials)), Region::new("eu-central-1"));
        for (url, service) in [
            ("https://abc.lambda-url.eu-central-1.on.aws/hello", "lambda"),
            ("https://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com/dev/hello", "execute-api"),
            ("https://api.acme.example/hello?from=x.lambda-url.y", "execute-api"),
        ] {
            let headers = signer.headers(SignedService::of(url), "GET", url, "").await.unwrap();
            let (_, scope) = headers.iter().find(|(name, _)| name == "authorization").unwrap();
            assert!(scope.contains(&format!("/eu-central-1/{service}/aws4_request")), "{url}: {scope}");
        }
    }
}
