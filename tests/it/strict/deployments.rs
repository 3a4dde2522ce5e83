//! Deployments and stages as the control plane has them.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread::sleep;
use std::time::Duration;

use serde_json::Value;

use super::{behind, refusal};
use crate::support::strict::rules::{CompressionSize, Deployable, DeploymentRate, FlushCache, Stages};
use crate::support::{Aws, Stack, Strict, shared_aws};

const INTERVAL: Duration = Duration::from_millis(1500);

#[test]
fn there_is_one_deployment_in_an_interval() {
    let (stack, aws, _) = behind(Strict::new().with(DeploymentRate::one_per(INTERVAL)), &[]);
    sleep(INTERVAL);
    let create = || aws.gateway.create_deployment().rest_api_id(&stack.api).send();
    aws.block_on(create()).unwrap();
    let error = aws.block_on(create()).unwrap_err();
    let seconds: u64 = error.raw_response().unwrap().headers().get("retry-after").unwrap().parse().unwrap();
    assert!((1..=2).contains(&seconds), "{seconds}");
    let (status, code, _) = refusal(Err::<(), _>(error));
    assert_eq!((status, code.as_str()), (429, "TooManyRequestsException"));
    assert_eq!(aws.deployments(&stack.api).len(), 2, "the stack's and one more");
    sleep(INTERVAL);
    aws.block_on(create()).unwrap();
}

#[test]
fn what_is_not_there_or_empty_cannot_be_deployed() {
    let (_stack, aws, _) = behind(Strict::new().with(Deployable), &[]);
    let create = |api: &str| aws.block_on(aws.gateway.create_deployment().rest_api_id(api).send());
    let (status, code, _) = refusal(create("missing"));
    assert_eq!((status, code.as_str()), (404, "NotFoundException"));

    let made = aws.block_on(aws.gateway.create_rest_api().name("empty").send()).unwrap();
    let api = made.id.unwrap();
    let (status, code, message) = refusal(create(&api));
    assert_eq!((status, code.as_str()), (400, "BadRequestException"));
    assert_eq!(message, "The REST API doesn't contain any methods");

    let root = aws.block_on(aws.gateway.get_resources().rest_api_id(&api).send()).unwrap().items()[0].id.clone();
    let method = aws.gateway.put_method().rest_api_id(&api).set_resource_id(root).http_method("GET");
    aws.block_on(method.authorization_type("NONE").send()).unwrap();
    assert_eq!(refusal(create(&api)).2, "No integration defined for method");
}

#[test]
fn what_a_stage_serves_cannot_be_deleted() {
    let (stack, aws, _) = behind(Strict::new().with(Deployable), &[]);
    let served = aws.stage_deployment(&stack.api, "dev");
    let made = aws.block_on(aws.gateway.create_deployment().rest_api_id(&stack.api).send()).unwrap().id.unwrap();
    let delete = |id: &str| aws.gateway.delete_deployment().rest_api_id(&stack.api).deployment_id(id).send();
    let (status, code, message) = refusal(aws.block_on(delete(&served)));
    assert_eq!((status, code.as_str()), (400, "BadRequestException"));
    assert_eq!(message, "Active stages pointing to this deployment must be moved or deleted");
    aws.block_on(delete(&made)).unwrap();
    assert_eq!(aws.deployments(&stack.api), [served].into());
}

#[test]
fn a_cache_is_flushed() {
    let flush = |aws: &Aws, stack: &Stack| {
        let call = aws.gateway.flush_stage_cache().rest_api_id(&stack.api).stage_name("dev");
        aws.block_on(call.send()).is_ok()
    };
    let (stack, aws, _) = behind(Strict::new().with(FlushCache), &[]);
    assert!(flush(&aws, &stack));
    assert_eq!(stack.proxy.calls().calls("FlushStageCache")[0].status, 202);
}

#[test]
fn a_size_that_is_not_set_is_absent() {
    let proxy = Strict::new().with(CompressionSize).start(&shared_aws().endpoint);
    // Past the SDKs, which take an empty text as absent, or end at it.
    let say = |method: &str, path: &str, body: &str| {
        let mut connection = TcpStream::connect(proxy.endpoint.strip_prefix("http://").unwrap()).unwrap();
        let signature = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/apigateway/aws4_request";
        let head = format!("{method} {path} HTTP/1.0\r\nAuthorization: {signature}\r\nContent-Length: {}", body.len());
        write!(connection, "{head}\r\n\r\n{body}").unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        serde_json::from_str::<Value>(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
    };
    for (size, shown) in [("\"\"", None), ("null", None), ("7", Some(&Value::from(7)))] {
        let made = say("POST", "/restapis", &format!("{{\"name\": \"sizes\", \"minimumCompressionSize\": {size}}}"));
        assert_eq!(made.get("minimumCompressionSize"), shown);
        let found = say("GET", &format!("/restapis/{}", made["id"].as_str().unwrap()), "");
        assert_eq!(found["name"], "sizes");
        assert_eq!(found.get("minimumCompressionSize"), shown);
    }
}

#[test]
fn a_stage_is_created_once_and_an_api_has_ten() {
    let (stack, aws, _) = behind(Strict::new().with(Stages), &[]);
    let deployment = aws.stage_deployment(&stack.api, "dev");
    let create = |name: &str| {
        let call = aws.gateway.create_stage().rest_api_id(&stack.api).stage_name(name).deployment_id(&deployment);
        aws.block_on(call.send())
    };
    let (status, code, _) = refusal(create("dev"));
    assert_eq!((status, code.as_str()), (409, "ConflictException"));
    for number in 1..10 {
        create(&format!("pr-{number}")).unwrap();
    }
    let (status, code, _) = refusal(create("pr-10"));
    assert_eq!((status, code.as_str()), (429, "LimitExceededException"));
}
