use std::collections::BTreeMap;
use std::time::Duration;

use super::deployment_rate::Turn;
use super::{Exchange, Message, Rule};

/// An account creates, and imports, one REST API in three seconds, or an edge-optimized one in thirty, overwrites one in
/// one, and deletes one in thirty; more are 429.
///
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html>
pub(crate) struct ApiRate(BTreeMap<&'static str, Turn>);

/// AWS's times in seconds.
const TIMES: [(&str, u64); 6] = [
    ("CreateRestApi", 3),
    ("CreateRestApi for edge", 30),
    ("PutRestApi", 1),
    ("ImportRestApi", 3),
    ("ImportRestApi for edge", 30),
    ("DeleteRestApi", 30),
];

impl ApiRate {
    /// AWS's times, times this.
    pub(crate) fn scaled_by(factor: f64) -> Self {
        let turn = |seconds| Turn::every(Duration::from_secs(seconds).mul_f64(factor));
        Self(TIMES.into_iter().map(|(call, seconds)| (call, turn(seconds))).collect())
    }
}

impl Rule for ApiRate {
    fn before(&self, exchange: &mut Exchange<'_>) -> Option<Message> {
        let imports_for_edge = || exchange.call.query("endpointConfigurationTypes").is_none_or(|types| types == "EDGE");
        let call = match exchange.call.action {
            "CreateRestApi" if creates_for_edge(exchange) => "CreateRestApi for edge",
            "ImportRestApi" if imports_for_edge() => "ImportRestApi for edge",
            action => action,
        };
        self.0.get(call)?.refusal()
    }
}

/// Where nothing else is said.
fn creates_for_edge(exchange: &Exchange<'_>) -> bool {
    let types = &exchange.document()["endpointConfiguration"]["types"];
    types[0].as_str().is_none_or(|kind| kind == "EDGE")
}
