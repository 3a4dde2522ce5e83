//! Ministack behind the proxy, and what the rules ask it.

use serde_json::Value;

use super::http::{Message, send};

/// The region of everything in the tests.
pub(crate) const REGION: &str = "us-east-1";
/// The account that ministack gives to the key `test`.
pub(crate) const ACCOUNT: &str = "000000000000";

/// Ministack.
pub(crate) struct Upstream {
    address: String,
}

impl Upstream {
    /// From a URL of the form `http://address`.
    pub(crate) fn new(url: &str) -> Self {
        Self { address: url.strip_prefix("http://").unwrap().to_owned() }
    }

    /// Passes a request on; 502 where ministack does not answer.
    pub(crate) fn pass(&self, request: &Message) -> Message {
        let broken = |problem: std::io::Error| Message::answer(502, problem.to_string().into_bytes());
        send(&self.address, request).unwrap_or_else(broken)
    }

    /// A call of the proxy's own.
    pub(crate) fn call(&self, service: &str, method: &str, target: &str, body: Vec<u8>) -> Message {
        let request = Message::request(method, target, body).with_header("Host", &self.address);
        self.pass(&request.with_header("Content-Type", "application/json").signed(service))
    }

    /// A call of a service whose header names the action.
    pub(crate) fn target(&self, service: &str, target: &str, body: &Value) -> Message {
        let request = Message::request("POST", "/", body.to_string().into_bytes())
            .with_header("Host", &format!("{service}.amazonaws.com"))
            .with_header("Content-Type", "application/x-amz-json-1.1")
            .with_header("X-Amz-Target", target);
        self.pass(&request.signed(service))
    }

    /// What a read says; `None` for any answer but 200.
    pub(crate) fn read(&self, service: &str, target: &str) -> Option<Value> {
        let answer = self.call(service, "GET", target, Vec::new());
        (answer.status() == 200).then(|| answer.document())
    }

    /// `GetFunctionConfiguration`.
    pub(crate) fn configuration(&self, function: &str, qualifier: &str) -> Option<Value> {
        self.read("lambda", &format!("/2015-03-31/functions/{function}/configuration?Qualifier={qualifier}"))
    }

    /// All items of a list of API Gateway.
    pub(crate) fn items(&self, target: &str) -> Option<Vec<Value>> {
        let page = self.read("apigateway", target)?;
        // The SDKs' name of the list is not the one on the wire: a list of one is not a list.
        Some(match page.get("item").or_else(|| page.get("items")).or_else(|| page.pointer("/_embedded/item")) {
            Some(Value::Array(items)) => items.clone(),
            Some(item) => vec![item.clone()],
            None => Vec::new(),
        })
    }
}

/// The ARN of a function, without a qualifier.
pub(crate) fn function_arn(function: &str) -> String {
    format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{function}")
}
