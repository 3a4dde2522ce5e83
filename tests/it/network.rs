//! Proxies and certificates: every client of the real binary goes by way of a proxy that looks into TLS, as those of
//! companies do, with certificates that only a file of the test's own makes good.

use std::collections::BTreeMap;
use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

use crate::github::HEAD;
use crate::github::reporting::{command, opened};
use crate::hard::show_downloads_at;
use crate::strict::change_code;
use crate::support::github::GitHubDouble;
use crate::support::{ALIAS, Ends, Stack, answering, released};

/// The names that only the proxy knows.
const AWS: &str = "aws.test";
const CODE: &str = "code.test";
const GITHUB: &str = "github.test";
/// Asks its clients for a certificate.
const MUTUAL: &str = "mutual.test";

/// A proxy on a loopback port of its own, and a CA that signs a certificate for each host that is asked for.
struct LookingProxy {
    /// With a user and a password.
    url: String,
    /// The certificate of its CA, in PEM.
    ca: String,
    seen: Arc<Mutex<Vec<String>>>,
}

impl LookingProxy {
    /// Starts one that leads these hosts to these addresses.
    fn start(hosts: BTreeMap<&'static str, String>) -> Self {
        let mut params = CertificateParams::new([]).unwrap();
        params.distinguished_name.push(rcgen::DnType::CommonName, "the CA of the proxy");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let ca = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let (pem, seen) = (ca.pem(), Arc::default());
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let url = format!("http://someone:the-proxys-password@{}", listener.local_addr().unwrap());
        let tls = hosts.keys().map(|host| (*host, acceptor(&ca, host))).collect();
        let shared = Arc::new(Shared { hosts, tls, seen: Arc::clone(&seen) });
        thread::spawn(move || tokio::runtime::Runtime::new().unwrap().block_on(serve(listener, shared)));
        Self { url, ca: pem, seen }
    }

    /// In front of the AWS of a stack, and of a GitHub.
    fn before(stack: &Stack, github: Option<&GitHubDouble>) -> Self {
        let address = |url: &str| url.trim_start_matches("http://").to_owned();
        let aws = address(&stack.proxy.endpoint);
        let hosts = [(AWS, aws.clone()), (CODE, aws.clone()), (MUTUAL, aws)].into_iter();
        Self::start(hosts.chain(github.map(|github| (GITHUB, address(github.url())))).collect())
    }

    /// Leads a run to AWS by way of this one.
    fn lead(&self, command: &mut Command) {
        command.env("AWS_ENDPOINT_URL", format!("https://{AWS}"));
        command.env("HTTPS_PROXY", &self.url).env("HTTP_PROXY", &self.url);
    }

    /// Writes the file of certificates.
    fn write_ca(&self, folder: &Path) -> String {
        let path = folder.join("ca.pem");
        fs::write(&path, &self.ca).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// How often it was asked to connect to this host.
    fn connected(&self, host: &str) -> usize {
        self.seen.lock().unwrap().iter().filter(|seen| **seen == format!("CONNECT {host}:443")).count()
    }
}

struct Shared {
    hosts: BTreeMap<&'static str, String>,
    tls: BTreeMap<&'static str, TlsAcceptor>,
    seen: Arc<Mutex<Vec<String>>>,
}

fn acceptor(ca: &CertifiedIssuer<'_, KeyPair>, host: &str) -> TlsAcceptor {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new([host.to_owned()]).unwrap().signed_by(&key, ca).unwrap();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(Arc::clone(&provider));
    let config = config.with_safe_default_protocol_versions().unwrap();
    let config = if host == MUTUAL {
        let mut roots = RootCertStore::empty();
        roots.add(ca.der().clone()).unwrap();
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
        config.with_client_cert_verifier(verifier)
    } else {
        config.with_no_client_auth()
    };
    let config = config.with_single_cert(vec![certificate.der().clone()], key).unwrap();
    TlsAcceptor::from(Arc::new(config))
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    loop {
        let Ok((client, _)) = listener.accept().await else { return };
        let shared = Arc::clone(&shared);
        // A client that goes away, or does not trust the certificate, is the test's to see.
        tokio::spawn(async move { tunnel(client, &shared).await.ok() });
    }
}

/// Answers `CONNECT`, and passes on what comes through the tunnel.
///
/// <https://www.rfc-editor.org/rfc/rfc9110#name-connect>
async fn tunnel(mut client: TcpStream, shared: &Shared) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(client.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let (method, rest) = head.split_once(' ').unwrap_or_default();
    let target = rest.split(' ').next().unwrap_or_default();
    shared.seen.lock().unwrap().push(format!("{method} {target}"));
    let host = target.split(':').next().unwrap_or_default();
    if !head.to_ascii_lowercase().contains("proxy-authorization: basic ") {
        return client.write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n").await;
    }
    let (Some(address), Some(tls)) = (shared.hosts.get(host), shared.tls.get(host)) else {
        return client.write_all(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n").await;
    };
    client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await?;
    let mut inside = tls.accept(client).await?;
    copy_bidirectional(&mut inside, &mut TcpStream::connect(address).await?).await.map(drop)
}

/// AWS, the endpoint and GitHub.
#[test]
fn a_preview_and_its_comment_go_through_the_proxy() {
    let (stack, github) = opened();
    let proxy = LookingProxy::before(&stack, Some(&github));
    let mut opening = command(&stack, &github, "opened", HEAD);
    proxy.lead(&mut opening);
    opening.env("AWS_CA_BUNDLE", proxy.write_ca(stack.folder()));
    opening.env("GITHUB_API_URL", format!("https://{GITHUB}"));
    opening.env("GITHUB_GRAPHQL_URL", format!("https://{GITHUB}/graphql"));
    opening.ended().exits(0);
    github.says_once(42, "hello");
    assert!(proxy.connected(AWS) > 0 && proxy.connected(GITHUB) > 0);
}

/// The live code is kept first, by the link that Lambda gives.
#[test]
fn the_live_code_comes_through_the_proxy() {
    let stack = released(&["--alias", "live"], ALIAS);
    change_code(&stack.function("dev"), &answering(200, "by hand"));
    stack.write("lambda/app.py", answering(200, "two"));
    show_downloads_at(&stack, &format!("https://{CODE}"));
    let proxy = LookingProxy::before(&stack, None);
    let mut release = stack.command(&["--stage", "dev", "--output", "json"]);
    proxy.lead(&mut release);
    // The profile names the certificates.
    let config = format!("[default]\nca_bundle = {}\n", proxy.write_ca(stack.folder()));
    stack.write(".aws/config", config);
    assert_eq!(release.ended().exits(0).outcome(), "released");
    assert_eq!(stack.call("/hello").body, "two");
    assert!(proxy.connected(AWS) > 0 && proxy.connected(CODE) > 0);
}

/// No smoke test sends a certificate.
#[test]
fn a_domain_with_mutual_tls_is_told_as_that() {
    let stack = released(&["--alias", "live"], ALIAS);
    let proxy = LookingProxy::before(&stack, None);
    stack
        .settings(&ALIAS.replace("path = \"/hello\"", &format!("url = \"https://{MUTUAL}/\"")).replace("20s", "500ms"));
    stack.write("lambda/app.py", answering(200, "two"));
    let mut release = stack.command(&["--stage", "dev", "--output", "json"]);
    proxy.lead(&mut release);
    release.env("AWS_CA_BUNDLE", proxy.write_ca(stack.folder()));
    let run = release.ended().exits(4);
    assert!(run.stdout.contains("it asks for a certificate of the client (mutual TLS)"), "{run:?}");
    assert_eq!(stack.call("/hello").body, "one");
}

#[test]
fn a_certificate_that_nobody_trusts_is_told_with_the_variable_that_helps() {
    let stack = released(&["--alias", "live"], ALIAS);
    let proxy = LookingProxy::before(&stack, None);
    let mut release = stack.command(&["--stage", "dev"]);
    proxy.lead(&mut release);
    let run = release.ended().exits(3);
    assert!(run.stderr.contains("UnknownIssuer") && run.stderr.contains("AWS_CA_BUNDLE"), "{run:?}");
    assert!(!run.stderr.contains("the-proxys-password"), "{run:?}");
}

/// GitHub, and the live code by the link that Lambda gives: AWS itself is asked past the proxy.
#[test]
fn other_certificates_that_nobody_trusts_are_told_by_the_same_words() {
    let (stack, github) = opened();
    let proxy = LookingProxy::before(&stack, Some(&github));
    let mut opening = command(&stack, &github, "opened", HEAD);
    opening.env("HTTPS_PROXY", &proxy.url).env("GITHUB_API_URL", format!("https://{GITHUB}"));
    let run = opening.env("GITHUB_GRAPHQL_URL", format!("https://{GITHUB}/graphql")).ended().exits(3);
    let all = run.stdout.clone() + &run.stderr;
    assert!(all.contains("UnknownIssuer") && all.contains("AWS_CA_BUNDLE"), "{run:?}");
    show_downloads_at(&stack, &format!("https://{CODE}"));
    let run = stack.command(&["package", "--stage", "dev", "--diff"]).env("HTTPS_PROXY", &proxy.url).ended().exits(3);
    assert!(run.stderr.contains("UnknownIssuer") && run.stderr.contains("AWS_CA_BUNDLE"), "{run:?}");
}

#[test]
fn a_proxy_that_does_not_answer_is_named_and_its_password_is_not() {
    let stack = released(&["--alias", "live"], ALIAS);
    let closed = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap();
    let with_proxy = |no_proxy: &str| {
        let mut release = stack.command(&["--stage", "dev"]);
        release.env("HTTP_PROXY", format!("http://someone:the-proxys-password@{closed}")).env("NO_PROXY", no_proxy);
        release.ended()
    };
    let run = with_proxy("").exits(3);
    assert!(run.stderr.contains("HTTP_PROXY"), "{run:?}");
    assert!(!run.stderr.contains("the-proxys-password"), "{run:?}");
    with_proxy("localhost,127.0.0.1").exits(0);
}

#[test]
fn a_file_of_certificates_that_cannot_be_used_is_refused_before_any_call() {
    let stack = released(&["--alias", "live"], ALIAS);
    stack.write("empty.pem", "");
    stack.write("broken.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    stack.proxy.take_calls();
    for (file, why) in
        [("missing.pem", "No such file"), ("empty.pem", "it holds no certificate"), ("broken.pem", "certificate 1: ")]
    {
        let mut release = stack.command(&["--stage", "dev"]);
        let run = release.env("AWS_CA_BUNDLE", stack.folder().join(file)).ended().exits(2);
        for expected in ["AWS_CA_BUNDLE", file, why, "PEM"] {
            assert!(run.stderr.contains(expected), "{expected}: {run:?}");
        }
    }
    assert!(stack.proxy.take_calls().is_empty());
}
