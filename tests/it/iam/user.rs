//! A ministack that asks for permissions, and users in it.

use std::sync::OnceLock;

use serde_json::Value;

use super::policy::Policy;
use crate::support::rules::Publish;
use crate::support::{Message, OtherAws, Stack, Strict, ministack, send};

/// With signatures and IAM enforced, except for the key `test`.
pub(super) fn guarded_aws() -> &'static OtherAws {
    static GUARDED: OnceLock<OtherAws> = OnceLock::new();
    GUARDED.get_or_init(|| {
        let mut program = ministack();
        program.environment.push(("AUTH", "true"));
        OtherAws::start(&program)
    })
}

/// A stack of `guarded_aws`, whose program runs as a user of its own. Without `Publish`, which changes a request on its
/// way: ministack would find its signature wrong.
pub(super) fn guarded_stack(policy: &str, options: &[&str]) -> Stack {
    let mut stack = Stack::build_in(guarded_aws(), Strict::all().without::<Publish>(), options);
    call(&[("Action", "CreateUser"), ("UserName", &stack.name)]);
    let key = call(&[("Action", "CreateAccessKey"), ("UserName", &stack.name)]);
    stack.key = (element(&key, "AccessKeyId"), element(&key, "SecretAccessKey"));
    allow(&stack, &Policy::of(policy, &stack).for_ministack());
    stack
}

/// The stack's user may do this, and nothing else.
pub(super) fn allow(stack: &Stack, policy: &Value) {
    let document = policy.to_string();
    let user = [("UserName", stack.name.as_str()), ("PolicyName", "release"), ("PolicyDocument", &document)];
    call(&[&[("Action", "PutUserPolicy")][..], &user].concat());
}

/// A call of IAM; there is no SDK for it among the dependencies, and it takes few.
fn call(parameters: &[(&str, &str)]) -> String {
    let pairs = parameters.iter().map(|(name, value)| format!("{name}={}", encoded(value)));
    let body = pairs.chain(["Version=2010-05-08".to_owned()]).collect::<Vec<_>>().join("&");
    let request = Message::request("POST", "/", body.into_bytes()).with_header("Host", "iam.amazonaws.com");
    let request = request.with_header("Content-Type", "application/x-www-form-urlencoded");
    let address = guarded_aws().local.endpoint.strip_prefix("http://").unwrap();
    let answer = send(address, &request.signed("iam")).unwrap();
    let text = String::from_utf8(answer.body.clone()).unwrap();
    assert_eq!(answer.status(), 200, "{parameters:?}: {text}");
    text
}

fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let one = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(one).collect()
}

fn element(document: &str, name: &str) -> String {
    let rest = document.split_once(&format!("<{name}>")).unwrap_or_else(|| panic!("no {name}: {document}")).1;
    rest.split('<').next().unwrap().to_owned()
}
