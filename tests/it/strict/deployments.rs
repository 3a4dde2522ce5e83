//! Deployments and stages as the control plane has them.

use std::thread::sleep;
use std::time::Duration;

use futures::future::join_all;
use serde_json::Value;

use super::{behind, refusal, refused};
use crate::support::rules::{ApiReads, CompressionSize, Deployable, DeploymentRate, FlushCache};
use crate::support::{Strict, Upstream, shared_aws};

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
    refused(Err::<(), _>(error), 429, "TooManyRequestsException");
    assert_eq!(aws.deployments(&stack.api).len(), 2, "the stack's and one more");
    sleep(INTERVAL);
    aws.block_on(create()).unwrap();
}

#[test]
fn so_many_reads_come_at_once() {
    let (stack, aws, _) = behind(Strict::new().with(ApiReads::default()), &[]);
    let reads = |_| aws.gateway.get_resources().rest_api_id(&stack.api).send();
    sleep(Duration::from_secs(2)); // what the stack was built by
    let answers = aws.block_on(join_all((0..8).map(reads)));
    let refused = answers.iter().filter(|answer| answer.is_err()).count();
    assert!((2..=3).contains(&refused), "{refused} of 8");
    let one = || aws.gateway.get_rest_api().rest_api_id(&stack.api).send();
    let refused = aws.block_on(join_all((0..60).map(|_| one()))).iter().filter(|answer| answer.is_err()).count();
    assert!((15..=30).contains(&refused), "{refused} of 60");
}

#[test]
fn what_is_not_there_or_empty_cannot_be_deployed() {
    let (_stack, aws, _) = behind(Strict::new().with(Deployable), &[]);
    let create = |api: &str| aws.block_on(aws.gateway.create_deployment().rest_api_id(api).send());
    refused(create("missing"), 404, "NotFoundException");

    let api = aws.create_api("empty");
    let message = refused(create(&api), 400, "BadRequestException");
    assert_eq!(message, "The REST API doesn't contain any methods");

    aws.add_method(&api, aws.resources(&api)[0].id().unwrap(), "GET");
    assert_eq!(refusal(create(&api)).2, "No integration defined for method");
}

#[test]
fn what_a_stage_serves_cannot_be_deleted() {
    let (stack, aws, _) = behind(Strict::new().with(Deployable), &[]);
    let served = aws.stage_deployment(&stack.api, "dev");
    let made = aws.deploy(&stack.api);
    let delete = |id: &str| aws.gateway.delete_deployment().rest_api_id(&stack.api).deployment_id(id).send();
    let message = refused(aws.block_on(delete(&served)), 400, "BadRequestException");
    assert_eq!(message, "Active stages pointing to this deployment must be moved or deleted");
    aws.block_on(delete(&made)).unwrap();
    assert_eq!(aws.deployments(&stack.api), [served].into());
}

#[test]
fn a_cache_is_flushed() {
    let (stack, aws, _) = behind(Strict::new().with(FlushCache), &[]);
    aws.block_on(aws.gateway.flush_stage_cache().rest_api_id(&stack.api).stage_name("dev").send()).unwrap();
    assert_eq!(stack.proxy.calls().calls("FlushStageCache")[0].status, 202);
}

#[test]
fn a_size_that_is_not_set_is_absent() {
    let proxy = Strict::new().with(CompressionSize).start(&shared_aws().endpoint);
    // Past the SDKs, which take an empty text as absent, or end at it.
    let upstream = Upstream::new(&proxy.endpoint);
    let say = |method, path: &str, body: &str| upstream.call("apigateway", method, path, body.into()).document();
    for (size, shown) in [("\"\"", None), ("null", None), ("7", Some(&Value::from(7)))] {
        let made = say("POST", "/restapis", &format!("{{\"name\": \"sizes\", \"minimumCompressionSize\": {size}}}"));
        assert_eq!(made.get("minimumCompressionSize"), shown);
        let found = say("GET", &format!("/restapis/{}", made["id"].as_str().unwrap()), "");
        assert_eq!(found["name"], "sizes");
        assert_eq!(found.get("minimumCompressionSize"), shown);
    }
}
