use super::{Exchange, Message, Rule};

/// `FlushStageCache`, which ministack does not know; it is asked all the same, since it knows who may.
///
/// <https://docs.aws.amazon.com/apigateway/latest/api/API_FlushStageCache.html>
pub(crate) struct FlushCache;

impl Rule for FlushCache {
    fn after(&self, exchange: &Exchange<'_>, answer: &mut Message) {
        if exchange.is_api_gateway(&["FlushStageCache"]) && answer.status() == 404 {
            *answer = Message::answer(202, Vec::new());
        }
    }
}
