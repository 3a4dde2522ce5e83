use super::{Exchange, Rule};
use crate::support::strict::http::Message;

/// `FlushStageCache`, which ministack does not know.
///
/// <https://docs.aws.amazon.com/apigateway/latest/api/API_FlushStageCache.html>
pub(crate) struct FlushCache;

impl Rule for FlushCache {
    fn before(&self, exchange: &mut Exchange<'_>) -> Option<Message> {
        exchange.is("apigateway", "FlushStageCache").then(|| Message::answer(202, Vec::new()))
    }
}
