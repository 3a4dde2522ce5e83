use std::time::Duration;

use super::deployment_rate::Turn;
use super::{Exchange, Rule};
use crate::support::strict::http::Message;

/// An account imports one REST API in three seconds, or an edge-optimized one in thirty, and deletes one in thirty;
/// more are 429.
///
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html>
pub(crate) struct ApiRate {
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
        Self { import: one_per(3), import_for_edge: one_per(30), delete: one_per(30) }
    }
}

impl Rule for ApiRate {
    fn before(&self, exchange: &mut Exchange<'_>) -> Option<Message> {
        let is_for_edge = || exchange.call.query("endpointConfigurationTypes").is_none_or(|types| types == "EDGE");
        match exchange.call.action {
            "ImportRestApi" if is_for_edge() => self.import_for_edge.refusal(),
            "ImportRestApi" => self.import.refusal(),
            "DeleteRestApi" => self.delete.refusal(),
            _ => None,
        }
    }
}
