//! Hosts in the partitions of AWS.

use aws_sdk_lambda::config::endpoint::{DefaultResolver, Params, ResolveEndpoint};
use sls_release::model::{Region, RestApiId};

/// The host suffix of each partition, as the SDK's own table has it.
#[test]
fn hosts_of_apis_end_as_the_sdk_knows_the_partition() {
    let resolver = DefaultResolver::new();
    for region in [
        "eu-central-1",
        "eu-central-2",
        "cn-north-1",
        "cn-northwest-1",
        "us-gov-west-1",
        "eusc-de-east-1",
        "us-iso-east-1",
        "us-isob-east-1",
        "eu-isoe-west-1",
        "us-isof-south-1",
    ] {
        let params = Params::builder().region(region.to_owned()).build().unwrap();
        let endpoint = crate::support::Aws::shared().block_on(resolver.resolve_endpoint(&params)).unwrap();
        let suffix = endpoint.url().trim_start_matches(&format!("https://lambda.{region}.")).to_owned();
        let host = Region::new(region).host_of_api(&RestApiId::new("a1b2c3d4e5"));
        assert_eq!(host, format!("a1b2c3d4e5.execute-api.{region}.{suffix}"));
    }
}
