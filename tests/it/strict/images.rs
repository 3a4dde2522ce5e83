//! Container images, as Lambda takes them.

use super::refused;
use crate::support::rules::Images;
use crate::support::{Aws, Stack, Strict, answering};

/// A stack whose function runs an image, and clients that meet this rule alone.
fn of_image() -> (Stack, Aws) {
    let (stack, aws, _) = super::behind(Strict::new().with(Images::default()), &["--alias", "live"]);
    stack.runs_images();
    (stack, aws)
}

#[test]
fn an_index_is_no_image() {
    let (stack, aws) = of_image();
    let digest = stack.push("one", &answering(200, "one"));
    stack.push_index("index", "amd64", &digest);
    let update = |image: String| {
        let call = aws.lambda.update_function_code().function_name(stack.function("dev")).image_uri(image);
        aws.block_on(call.send())
    };
    for image in [":index", ":absent"] {
        refused(update(stack.image(image)), 400, "InvalidParameterValueException");
    }
    assert_eq!(update(stack.image(":one")).unwrap().code_sha256, digest.strip_prefix("sha256:").map(str::to_owned));
    let found = aws.block_on(aws.lambda.get_function().function_name(stack.function("dev")).send()).unwrap();
    let code = found.code.unwrap();
    assert_eq!(code.resolved_image_uri, Some(stack.image(&format!("@{digest}"))));
}

#[test]
fn a_package_type_stays() {
    let (stack, aws) = of_image();
    let zip = super::archive("zip");
    let call = aws.lambda.update_function_code().function_name(stack.function("dev")).zip_file(zip);
    refused(aws.block_on(call.send()), 400, "InvalidParameterValueException");
    let (zip, aws, _) = super::behind(Strict::new().with(Images::default()), &[]);
    let call = aws.lambda.update_function_code().function_name(zip.function("dev")).image_uri(stack.image(":live"));
    refused(aws.block_on(call.send()), 400, "InvalidParameterValueException");
}
