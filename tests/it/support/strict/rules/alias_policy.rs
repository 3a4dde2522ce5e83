use serde_json::Value;

use super::{Exchange, Message, Rule, function_arn};

/// With an alias its policy goes. Ministack keeps the statements, and shows them again once an alias of that name is made.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html>: a statement belongs to a function, a
/// version or an alias.
pub(crate) struct AliasPolicy;

impl Rule for AliasPolicy {
    fn after(&self, exchange: &Exchange<'_>, answer: &mut Message) {
        if !exchange.is_lambda(&["DeleteAlias"]) || !answer.is_success() {
            return;
        }
        let path = exchange.call.path();
        let (function, alias) = path.rsplit_once("/aliases/").expect("it names an alias");
        let policy = exchange.upstream.read("lambda", &format!("{function}/policy"));
        let policy = policy.and_then(|found| serde_json::from_str::<Value>(found["Policy"].as_str()?).ok());
        let arn = format!("{}:{alias}", function_arn(exchange.call.function()));
        let statements = policy.iter().flat_map(|policy| policy["Statement"].as_array().into_iter().flatten());
        for statement in statements.filter(|statement| statement["Resource"] == arn.as_str()) {
            let target = format!("{function}/policy/{}", statement["Sid"].as_str().unwrap());
            exchange.upstream.call("lambda", "DELETE", &target, Vec::new());
        }
    }
}
