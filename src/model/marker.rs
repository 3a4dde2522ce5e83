//! What tells our comment on a pull request from all others.

/// The characters of a service's name that the marker keeps.
const KEPT: usize = 256;

/// The first line of a service's comment, by which it is found again; nobody sees it. What could end an HTML comment is
/// encoded as in an URL.
pub fn marker(service: &str) -> String {
    format!("<!-- sls-release:{} -->", encoded(service))
}

/// The same of the comment about the releases of a service to a stage: another one, since the closing of a pull request
/// and the release of what it was merged into happen at the same time.
pub fn release_marker(service: &str, stage: &str) -> String {
    format!("<!-- sls-release-to:{}:{} -->", encoded(stage), encoded(service))
}

fn encoded(name: &str) -> String {
    let mut encoded = String::new();
    for character in name.chars().take(KEPT) {
        if character.is_ascii_alphanumeric() || "-._/ ".contains(character) {
            encoded.push(character);
        } else {
            encoded.extend(character.to_string().bytes().map(|byte| format!("%{byte:02X}")));
        }
    }
    encoded
}
