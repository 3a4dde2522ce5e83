//! What the files expect that are shared with the tests.

#[expect(dead_code, reason = "no AWS is needed here, only what installs programs")]
#[path = "../../fixtures/try/local_aws.rs"]
pub(crate) mod local_aws;
