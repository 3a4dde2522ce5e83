//! Each rule of the strict proxy by itself, driven by plain calls: it enforces what AWS enforces.

#![expect(clippy::result_large_err, reason = "the errors of the SDKs are large, and tests are few")]

mod code;
mod deployments;
pub(crate) mod endpoints;
mod images;
mod imports;
mod log;
mod objects;
mod orders;
mod releases;
mod versions;

use std::fmt::Debug;

use aws_sdk_lambda::config::http::HttpResponse;
use aws_sdk_lambda::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_lambda::primitives::Blob;

use crate::support::{Aws, Stack, Strict, answering, archive_of};

/// A stack behind these rules, clients of the recorded side of its proxy, and its function.
fn behind(rules: Strict, options: &[&str]) -> (Stack, Aws, String) {
    let stack = Stack::build_behind(rules, options);
    let (aws, function) = (Aws::at(&stack.proxy.endpoint), stack.function("dev"));
    (stack, aws, function)
}

/// Status, error code and message of a call that failed.
#[track_caller]
fn refusal<T: Debug, E>(result: Result<T, SdkError<E, HttpResponse>>) -> (u16, String, String)
where
    E: ProvideErrorMetadata + Debug,
{
    let error = result.expect_err("AWS refuses this");
    let status = error.raw_response().expect("there was an answer").status().as_u16();
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    (status, text(error.code()), text(error.message()))
}

/// The message of a call that was refused with this status and error code.
#[track_caller]
fn refused<T: Debug, E>(result: Result<T, SdkError<E, HttpResponse>>, status: u16, code: &str) -> String
where
    E: ProvideErrorMetadata + Debug,
{
    let (said, told, message) = refusal(result);
    assert_eq!((said, told.as_str()), (status, code));
    message
}

/// An archive of a function that answers with this text.
pub(crate) fn archive(text: &str) -> Blob {
    archive_of(&answering(200, text))
}

/// Changes the code past all rules, and waits until it is done.
pub(crate) fn change_code(function: &str, source: &str) {
    Aws::shared().change_code(function, archive_of(source), false);
}
