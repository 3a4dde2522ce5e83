//! No way to AWS: no credentials, old ones, no network.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;

use super::says_of;
use crate::support::{Credentials, Ends, LATEST, Stack, listen, unreleased};

fn stack() -> Stack {
    let stack = unreleased(&[], LATEST);
    stack.proxy.take_calls();
    stack
}

/// AWS is not asked.
#[track_caller]
fn says_without_a_call(name: &str, code: i32, stack: &Stack, command: &mut Command) {
    assert_eq!(says_of(name, code, stack, &command.ended()).0, []);
}

#[test]
fn no_credentials() {
    let stack = stack();
    let mut command = stack.command(&["--stage", "dev"]);
    command.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY");
    command.env("AWS_EC2_METADATA_DISABLED", "true");
    says_without_a_call("no_credentials", 3, &stack, &mut command);
}

#[test]
fn credentials_that_aws_does_not_take() {
    let stack = stack();
    for (name, credentials) in
        [("expired_credentials", Credentials::Expired), ("unknown_credentials", Credentials::Unknown)]
    {
        stack.proxy.take_no_credentials(credentials);
        let log = says_of(name, 3, &stack, &stack.run(&["--stage", "dev"]));
        log.writes_nothing();
        let mut of_aws = log.iter().filter(|call| !call.is_to_endpoint()).peekable();
        assert!(of_aws.peek().is_some() && of_aws.all(|call| [400, 403].contains(&call.status)));
    }
}

#[test]
fn no_region() {
    let stack = stack();
    stack.settings(&LATEST.replace("region = \"us-east-1\"", ""));
    let mut command = stack.command(&["--stage", "dev"]);
    command.env_remove("AWS_REGION").env("AWS_EC2_METADATA_DISABLED", "true");
    says_without_a_call("no_region", 2, &stack, &mut command);
}

#[test]
fn a_region_of_the_machine_that_is_none() {
    let stack = stack();
    stack.settings(&LATEST.replace("region = \"us-east-1\"", ""));
    says_without_a_call("no_such_region", 2, &stack, stack.command(&["--stage", "dev"]).env("AWS_REGION", "us_east_1"));
}

/// Nothing is packed before.
#[test]
fn variables_of_aws_and_of_the_network_that_cannot_be_used() {
    let stack = stack();
    for (name, variable, value) in [
        ("max_attempts_in_words", "AWS_MAX_ATTEMPTS", "many"),
        ("no_attempts", "AWS_MAX_ATTEMPTS", "0"),
        ("no_certificates", "AWS_CA_BUNDLE", "missing.pem"),
        ("proxy_of_nothing", "HTTPS_PROXY", "nonsense://"),
        ("proxy_of_socks", "ALL_PROXY", "socks5://proxy.example.com:1080"),
        ("proxy_without_a_port", "HTTP_PROXY", "http://someone:the-password@proxy.example.com:x"),
        ("endpoint_without_a_scheme", "AWS_ENDPOINT_URL", "localhost"),
        ("empty_endpoint", "AWS_ENDPOINT_URL_S3", ""),
    ] {
        says_without_a_call(name, 2, &stack, stack.command(&["--stage", "dev"]).env(variable, value));
    }
}

#[test]
fn a_profile_that_does_not_exist() {
    let stack = stack();
    let mut command = stack.command(&["--stage", "dev"]);
    command.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY");
    command.env("AWS_EC2_METADATA_DISABLED", "true").env("AWS_PROFILE", "acme-prd");
    says_without_a_call("no_profile", 2, &stack, &mut command);
}

#[test]
fn unreachable_endpoint() {
    let stack = stack();
    let closed = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap();
    let mut command = stack.command(&["--stage", "dev"]);
    let run = command.env("AWS_ENDPOINT_URL", format!("http://{closed}")).ended();
    says_of("unreachable_endpoint", 3, &stack, &run);
}

#[test]
fn tls_to_a_port_without_it() {
    let stack = stack();
    let url = listen(answer_in_plain_words).replace("http://", "https://");
    says_of("tls_failure", 3, &stack, &stack.command(&["--stage", "dev"]).env("AWS_ENDPOINT_URL", url).ended());
}

#[test]
fn answers_that_are_not_those_of_aws() {
    let stack = stack();
    let url = listen(answer_with_a_page);
    let run = stack.command(&["--stage", "dev"]).env("AWS_ENDPOINT_URL", url).ended();
    says_of("unreadable_answers", 3, &stack, &run);
}

/// As a proxy does that wants to be signed in to.
fn answer_with_a_page(mut client: &TcpStream) -> std::io::Result<()> {
    let _: usize = client.read(&mut [0; 16 * 1024])?;
    client.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>")
}

/// As an HTTP server does that is spoken to in TLS. The client may be gone by then.
fn answer_in_plain_words(mut client: &TcpStream) -> std::io::Result<()> {
    let _: usize = client.read(&mut [0; 16 * 1024])?;
    client.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
}
