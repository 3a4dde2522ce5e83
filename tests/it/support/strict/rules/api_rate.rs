use std::time::Duration;

use super::deployment_rate::Turn;
use super::{Exchange, Rule};
use crate::support::strict::http::Message;

/// An account creates, and imports, one REST API in three seconds, or an edge-optimized one in thirty, overwrites one in
/// one, and deletes one in thirty; more are 429.
///
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html>
pub(crate) struct ApiRate {
    create: Turn,
    create_for_edge: Turn,
    put: Turn,
    import: Turn,
    import_for_edge: Turn,
    delete: Turn,
}

impl Default for ApiRate {
    /// A tenth of AWS's times.
    fn default() -> Self {
        Self::scaled_by(0.1)
    }
}

impl ApiRate {
    /// AWS's times, times this.
    pub(crate) fn scaled_by(factor: f64) -> Self {
        let one_per = |seconds| Turn::every(Duration::from_secs(seconds).mul_f64(factor));
        Self {
            create: one_per(3),
            create_for_edge: one_per(30),
            put: one_per(1),
            import: one_per(3),
            import_for_edge: one_per(30),
            delete: one_per(30),
        }
    }
}

impl Rule for ApiRate {
    fn before(&self, exchange: &mut Exchange<'_>) -> Option<Message> {
        let is_for_edge = || exchange.call.query("endpointConfigurationTypes").is_none_or(|types| types == "EDGE");
        match exchange.call.action {
            "CreateRestApi" if creates_for_edge(exchange) => self.create_for_edge.refusal(),
            "CreateRestApi" => self.create.refusal(),
            "PutRestApi" => self.put.refusal(),
            "ImportRestApi" if is_for_edge() => self.import_for_edge.refusal(),
            "ImportRestApi" => self.import.refusal(),
            "DeleteRestApi" => self.delete.refusal(),
            _ => None,
        }
    }
}

/// Where nothing else is said.
fn creates_for_edge(exchange: &Exchange<'_>) -> bool {
    let types = &exchange.document()["endpointConfiguration"]["types"];
    types[0].as_str().is_none_or(|kind| kind == "EDGE")
}
