//! The way out of this machine, the same for every client: AWS, endpoints, live code, GitHub.
//!
//! Proxies are those of `HTTPS_PROXY`, `HTTP_PROXY` and `ALL_PROXY`, but for the hosts in `NO_PROXY`. Trusted are the
//! machine's own certificates and those of `AWS_CA_BUNDLE`, or else of `ca_bundle` in the profile.
//!
//! <https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-proxy.html>,
//! <https://docs.aws.amazon.com/sdkref/latest/guide/feature-gen-config.html>

use std::env;
use std::fs;

use aws_config::profile::{self, ProfileSet};
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use http::Uri;
use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, ClientBuilder, Url};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tokio::sync::OnceCell;

use crate::error::{Failure, Kind, Problem};

/// The variables that name a proxy: for https, for http, and where neither of them does.
pub(crate) const PROXIES: [[&str; 2]; 3] =
    [["HTTPS_PROXY", "https_proxy"], ["HTTP_PROXY", "http_proxy"], ["ALL_PROXY", "all_proxy"]];

/// How this process reaches the network. A process has one environment, and reads it once.
static NETWORK: OnceCell<Network> = OnceCell::const_new();

/// What every client of this process is made from.
pub(crate) struct Network {
    /// A file of certificates in PEM, each of which can be used; empty where none is named.
    bundle: Vec<u8>,
}

impl Network {
    /// Reads the environment and the profile, the first time.
    ///
    /// # Errors
    /// [`Kind::Usage`] where a proxy or the file of certificates cannot be used.
    pub(crate) async fn get() -> Result<&'static Self, Failure> {
        NETWORK.get_or_try_init(Self::read).await
    }

    async fn read() -> Result<Self, Failure> {
        check_proxies()?;
        let bundle = match bundle().await {
            Some((setting, path)) => certificates(&setting, &path)?,
            None => Vec::new(),
        };
        Ok(Self { bundle })
    }

    /// The HTTP client of the AWS SDKs.
    ///
    /// # Errors
    /// [`Kind::Internal`] where TLS cannot be set up.
    pub(crate) fn aws(&self) -> Result<SharedHttpClient, Failure> {
        let mut trusted = TrustStore::default();
        if !self.bundle.is_empty() {
            trusted.add_pem_certificate(self.bundle.as_slice());
        }
        let context =
            TlsContext::builder().with_trust_store(trusted).build().map_err(|error| unusable(&error.to_string()))?;
        let proxies = ProxyConfig::from_env();
        Ok(Builder::new().build_with_connector_fn(move |settings, components| {
            let mut connector = Connector::builder();
            connector.set_connector_settings(settings.cloned());
            if let Some(components) = components {
                connector.set_sleep_impl(components.sleep_impl());
            }
            let connector = connector.proxy_config(proxies.clone()).tls_provider(Provider::Rustls(CryptoMode::Ring));
            connector.tls_context(context.clone()).build()
        }))
    }

    /// Any other HTTP client. It follows no redirect.
    ///
    /// # Errors
    /// [`Kind::Internal`] where it cannot be set up.
    pub(crate) fn client(&self, options: ClientBuilder) -> Result<Client, Failure> {
        // If the provider is installed already, that installation is used.
        rustls::crypto::ring::default_provider().install_default().ok();
        let trusted = Certificate::from_pem_bundle(&self.bundle).map_err(|error| unusable(&error.to_string()))?;
        let client = options.redirect(Policy::none()).tls_certs_merge(trusted).build();
        client.map_err(|error| unusable(&error.to_string()))
    }
}

/// Refuses a proxy that the clients would pass by without a word.
fn check_proxies() -> Result<(), Failure> {
    let [https, http, all] = PROXIES;
    let named = |names: [&'static str; 2]| names.into_iter().find_map(|name| Some((name, env::var_os(name)?)));
    let used = |names| named(names).filter(|(_, url)| !url.is_empty()).or_else(|| named(all));
    let named = [used(https), used(http)].into_iter().flatten();
    named.filter(|(_, url)| !url.is_empty()).try_for_each(|(name, url)| check_proxy(name, &url.to_string_lossy()))
}

/// A URL without a scheme is one of http.
fn check_proxy(name: &str, url: &str) -> Result<(), Failure> {
    let whole = if url.contains("://") { url.to_owned() } else { format!("http://{url}") };
    let why = match Url::parse(&whole) {
        Ok(parsed) if !matches!(parsed.scheme(), "http" | "https") => {
            format!("proxies of {} are not supported", parsed.scheme())
        }
        // The clients read it as this type.
        Ok(_) if url.parse::<Uri>().is_ok() => return Ok(()),
        _ => "it is no URL, or its host or port is none".to_owned(),
    };
    // A password may precede the host.
    let shown = url.rsplit_once('@').map_or(url, |(_, host)| host);
    Err(Problem::new(format!("the proxy of {name} cannot be used: `{shown}`"))
        .why(why)
        .fix(format!("set {name} to a URL such as http://proxy.example.com:3128, or unset it"))
        .into_failure(Kind::Usage))
}

fn unusable(why: &str) -> Failure {
    let problem = Problem::new("failed to set up the HTTP client").why(why);
    problem.fix("check the certificates of this machine").into_failure(Kind::Internal)
}

/// The file of certificates, and which setting names it.
async fn bundle() -> Option<(String, String)> {
    if let Some(path) = env::var("AWS_CA_BUNDLE").ok().filter(|path| !path.is_empty()) {
        return Some(("AWS_CA_BUNDLE".to_owned(), path));
    }
    let profiles = profiles().await?;
    let path = profiles.get("ca_bundle").filter(|path| !path.is_empty())?;
    Some((format!("ca_bundle of the profile {}", profiles.selected_profile()), path.to_owned()))
}

/// Reads the profiles of AWS's configuration files. `None` where they cannot be read: the SDK tells why.
pub(crate) async fn profiles() -> Option<ProfileSet> {
    let (files, environment, paths) = Default::default();
    profile::load(&files, &environment, &paths, None).await.ok()
}

/// Reads a file of certificates.
fn certificates(setting: &str, path: &str) -> Result<Vec<u8>, Failure> {
    let refused = |why: String| {
        Problem::new(format!("the certificates of {setting} cannot be used: {path}"))
            .why(why)
            .fix("name a file with certificates in PEM, which begin with -----BEGIN CERTIFICATE-----, or unset it")
            .into_failure(Kind::Usage)
    };
    let bundle = fs::read(path).map_err(|error| refused(error.to_string()))?;
    let mut usable = RootCertStore::empty();
    for (index, certificate) in CertificateDer::pem_slice_iter(&bundle).enumerate() {
        let nth = |error: String| refused(format!("certificate {}: {error}", index + 1));
        let certificate = certificate.map_err(|error| nth(error.to_string()))?;
        usable.add(certificate).map_err(|error| nth(error.to_string()))?;
    }
    if usable.is_empty() {
        return Err(refused("it holds no certificate".to_owned()));
    }
    Ok(bundle)
}

/// What to do about a certificate that [`is_untrusted`].
pub(crate) const TRUST: &str =
    "if a proxy of your network looks into TLS, set AWS_CA_BUNDLE to a file with its certificate, in PEM";

/// Returns whether a call has no answer because no trusted certificate stands behind the other side's. The signature is bad
/// where one of the same name does.
pub(crate) fn is_untrusted(message: &str) -> bool {
    ["UnknownIssuer", "BadSignature"].iter().any(|error| message.contains(error))
}

/// Returns the variable that names a proxy, if there is one.
pub(crate) fn proxy() -> Option<&'static str> {
    PROXIES.into_iter().flatten().find(|name| env::var_os(name).is_some_and(|url| !url.is_empty()))
}
