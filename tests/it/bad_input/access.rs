//! No way to AWS: no credentials, old ones, no network.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use super::{no_calls, says_of};
use crate::support::Stack;
use crate::support::scene::{LATEST, answering};
use crate::support::strict::Credentials;

fn stack() -> Stack {
    let stack = Stack::build(&[]);
    stack.settings(LATEST);
    stack.write("lambda/app.py", answering(200, "one"));
    stack.proxy.take_calls();
    stack
}

#[test]
fn no_credentials() {
    let stack = stack();
    let mut command = stack.command(&["--stage", "dev"]);
    command.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY");
    command.env("AWS_EC2_METADATA_DISABLED", "true");
    let log = says_of("no_credentials", 3, &stack, &command.output().unwrap().into());
    assert_eq!(log.0, []);
}

#[test]
fn credentials_that_aws_does_not_take() {
    let stack = stack();
    for (name, credentials) in
        [("expired_credentials", Credentials::Expired), ("unknown_credentials", Credentials::Unknown)]
    {
        stack.proxy.take_no_credentials(credentials);
        let log = says_of(name, 3, &stack, &stack.run(&["--stage", "dev"]));
        assert_eq!(log.writes(), no_calls());
        assert!(!log.is_empty() && log.iter().all(|call| [400, 403].contains(&call.status)));
    }
}

#[test]
fn no_region() {
    let stack = stack();
    stack.settings(&LATEST.replace("region = \"us-east-1\"", ""));
    let mut command = stack.command(&["--stage", "dev"]);
    command.env_remove("AWS_REGION").env("AWS_EC2_METADATA_DISABLED", "true");
    let log = says_of("no_region", 2, &stack, &command.output().unwrap().into());
    assert_eq!(log.0, []);
}

#[test]
fn a_number_of_attempts_that_is_none() {
    let stack = stack();
    for (name, attempts) in [("max_attempts_in_words", "many"), ("no_attempts", "0")] {
        let mut command = stack.command(&["--stage", "dev"]);
        command.env("AWS_MAX_ATTEMPTS", attempts);
        let log = says_of(name, 2, &stack, &command.output().unwrap().into());
        assert_eq!(log.0, []);
    }
}

#[test]
fn unreachable_endpoint() {
    let stack = stack();
    let closed = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap();
    let mut command = stack.command(&["--stage", "dev"]);
    command.env("AWS_ENDPOINT_URL", format!("http://{closed}"));
    says_of("unreachable_endpoint", 3, &stack, &command.output().unwrap().into());
}

#[test]
fn tls_to_a_port_without_it() {
    let stack = stack();
    let plain = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let mut command = stack.command(&["--stage", "dev"]);
    command.env("AWS_ENDPOINT_URL", format!("https://{}", plain.local_addr().unwrap()));
    thread::spawn(move || plain.incoming().flatten().for_each(answer_in_plain_words));
    says_of("tls_failure", 3, &stack, &command.output().unwrap().into());
}

/// As an HTTP server does that is spoken to in TLS. The client may be gone by then.
fn answer_in_plain_words(mut client: TcpStream) {
    if client.read(&mut [0; 16 * 1024]).is_ok() {
        client.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n").ok();
    }
}
