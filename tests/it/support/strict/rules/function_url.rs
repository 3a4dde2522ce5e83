use std::collections::BTreeMap;
use std::sync::Mutex;

use serde_json::{Value, json};

use super::{Exchange, Message, REGION, Rule, Upstream, function_arn};

/// Whom the URL of a function lets in. One with the auth type `NONE` needs two statements in the policy of exactly this
/// function or alias: `lambda:InvokeFunctionUrl` for that type, and `lambda:InvokeFunction`. One with `AWS_IAM` takes only requests
/// that are signed for the service `lambda`. Ministack asks for no statement, and takes any signature.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html>
///
/// The event has the path as it was sent; ministack decodes it, so that it is sent encoded twice.
///
/// <https://github.com/middleapi/standard-server/pull/93>
///
/// With a function its URLs go; ministack keeps them for the next function of the name. A URL that was made past the proxy
/// is known once the proxy has seen a read of it.
#[derive(Default)]
pub(crate) struct FunctionUrls {
    /// Function and alias, by the id of the URL.
    known: Mutex<BTreeMap<String, (String, Option<String>)>>,
}

const FORBIDDEN: &str = "Forbidden. For troubleshooting Function URL authorization issues, see: \
                         https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html";

impl Rule for FunctionUrls {
    fn before(&self, exchange: &mut Exchange<'_>) -> Option<Message> {
        if exchange.call.service != "lambda-url" {
            return None;
        }
        let found = self.known.lock().unwrap().get(exchange.call.name(0)).cloned();
        let is_let_in = found.is_some_and(|(function, alias)| lets_in(&function, alias.as_deref(), exchange));
        if !is_let_in {
            return Some(Message::json(403, &json!({ "Message": FORBIDDEN })));
        }
        let (path, query) = exchange.call.target.split_once('?').unwrap_or((&exchange.call.target, ""));
        let target = format!("{}?{query}", path.replace('%', "%25"));
        exchange.request.first_line = format!("{} {target} HTTP/1.1", exchange.call.method);
        None
    }

    fn after(&self, exchange: &Exchange<'_>, answer: &mut Message) {
        if !answer.is_success() {
            return;
        }
        let (function, alias) = (exchange.call.function(), exchange.call.query("Qualifier"));
        if exchange.is_lambda(&["CreateFunctionUrlConfig", "GetFunctionUrlConfig"]) {
            let document = answer.document();
            let host = document["FunctionUrl"].as_str().and_then(|url| url.strip_prefix("https://"));
            if let Some(id) = host.and_then(|host| host.split('.').next()) {
                self.known.lock().unwrap().insert(id.to_owned(), (function.to_owned(), alias));
            }
        } else if exchange.is_lambda(&["DeleteFunction"]) && alias.is_none() {
            self.known.lock().unwrap().retain(|_, (of, alias)| {
                if of == function {
                    exchange.upstream.call("lambda", "DELETE", &target(of, alias.as_deref(), "url"), Vec::new());
                }
                of != function
            });
        }
    }
}

fn target(function: &str, alias: Option<&str>, below: &str) -> String {
    let qualifier = alias.map(|alias| format!("?Qualifier={alias}")).unwrap_or_default();
    format!("/2021-10-31/functions/{function}/{below}{qualifier}")
}

fn lets_in(function: &str, alias: Option<&str>, exchange: &Exchange<'_>) -> bool {
    let config = exchange.upstream.read("lambda", &target(function, alias, "url"));
    match config.as_ref().and_then(|config| config["AuthType"].as_str()) {
        Some("NONE") => is_public(function, alias, exchange.upstream),
        Some(_) => {
            let scope = format!("/{REGION}/lambda/aws4_request");
            exchange.request.header("authorization").is_some_and(|signature| signature.contains(&scope))
        }
        None => false,
    }
}

fn is_public(function: &str, alias: Option<&str>, upstream: &Upstream) -> bool {
    let answer = upstream.read("lambda", &target(function, alias, "policy"));
    let policy = answer.and_then(|answer| serde_json::from_str::<Value>(answer["Policy"].as_str()?).ok());
    let arn = alias.map_or_else(|| function_arn(function), |alias| format!("{}:{alias}", function_arn(function)));
    let allowed = |action: &str, condition: Value| {
        let statements = policy.iter().flat_map(|policy| policy["Statement"].as_array().into_iter().flatten());
        // Ministack answers with the statements of all qualifiers where none is named.
        let mut of_all = statements.filter(|statement| {
            statement["Effect"] == "Allow"
                && statement["Resource"] == arn.as_str()
                && (statement["Principal"] == "*" || statement["Principal"]["AWS"] == "*")
        });
        of_all.any(|statement| {
            let own = &statement["Condition"];
            statement["Action"] == action && (own.is_null() || *own == condition)
        })
    };
    allowed("lambda:InvokeFunctionUrl", json!({ "StringEquals": { "lambda:FunctionUrlAuthType": "NONE" } }))
        && allowed("lambda:InvokeFunction", json!({ "Bool": { "lambda:InvokedViaFunctionUrl": "true" } }))
}
