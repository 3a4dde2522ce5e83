//! What tells our comment on a pull request from all others.

/// The characters of a service's name that the marker keeps.
const KEPT: usize = 256;

/// The first line of a service's comment, by which it is found again; nobody sees it. What could end an HTML comment is
/// encoded as in an URL.
pub fn marker(service: &str) -> String {
    let mut marker = "<!-- sls-release:".to_owned();
    for character in service.chars().take(KEPT) {
        if character.is_ascii_alphanumeric() || "-._/ ".contains(character) {
            marker.push(character);
        } else {
            marker.extend(character.to_string().bytes().map(|byte| format!("%{byte:02X}")));
        }
    }
    marker + " -->"
}
