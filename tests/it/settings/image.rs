//! The image of a function.

use sls_release::model::{FunctionKey, ImageUri, Secret, Source};

use super::{function, refused, settings, stage};

const REPOSITORY: &str = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/hello";

#[test]
fn an_image_is_filled_in_and_a_flag_wins() {
    let text = format!("[functions.a]\nimage = '{REPOSITORY}:{{stage}}-{{commit}}-{{env.BUILD}}'\n");
    let mut given = stage("dev");
    given.common.variables.insert("BUILD".to_owned(), Secret::new("7"));
    let found = settings(&given, &text);
    let image = |tag: &str| ImageUri::parse(&format!("{REPOSITORY}:{tag}"));
    assert_eq!(function(&found, "a").image(), image("dev-c0ffee-7").as_ref());
    assert!(found.secrets.is_empty(), "an image is no secret");
    for uri in ["first", "flag"] {
        given.common.overrides.images.push((FunctionKey::new("a"), format!("{REPOSITORY}:{uri}")));
    }
    for text in [text.as_str(), "[functions.a]\nsource = 'a'\n", "[functions.a]\n"] {
        let found = settings(&given, text);
        assert_eq!(function(&found, "a").image(), image("flag").as_ref(), "the last one counts");
        assert_eq!(function(&found, "a").source.source, Source::Flag("--image".to_owned()));
    }
}

#[test]
fn what_is_no_image_of_ecr_is_refused() {
    for image in ["hello:latest", "public.ecr.aws/acme/hello", "{env.MISSING}", "{nothing}"] {
        let refused = refused(&format!("[functions.a]\nimage = '{image}'\n"));
        let expected = if image.contains("MISSING") { "MISSING is not set" } else { "invalid image `" };
        assert!(refused.contains(expected), "{refused}");
    }
}

#[test]
fn an_image_has_no_source_and_no_archive() {
    let image = format!("[functions.a]\nimage = '{REPOSITORY}:live'\n");
    assert!(refused(&format!("{image}source = 'a'")).contains("has both `source` and `image`"));
    for key in ["exclude = []", "archive = 'compact'", "key = 'a.zip'"] {
        let name = key.split(' ').next().unwrap();
        let refused = refused(&format!("{image}{key}"));
        assert!(refused.contains(&format!("has both `image` and `{name}`")), "{refused}");
    }
}
