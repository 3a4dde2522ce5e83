//! Code that cannot run on the function's platform: a warning of the plan, in both formats.

use crate::support::{LATEST, answering, released};

#[test]
fn native_code_for_another_platform_is_a_warning_of_the_plan() {
    let stack = released(&[], LATEST);
    stack.write("lambda/app.py", answering(200, "two"));
    stack.write("lambda/pil/_imaging.cpython-27-darwin.so", b"\xcf\xfa\xed\xfe and more");
    let archive_file = LATEST.replace("source = \"lambda\"\n", "source = \"lambda\"\narchive = \"archive-file\"\n");
    for settings in [LATEST, &archive_file] {
        stack.settings(settings);
        let plan = stack.run(&["plan", "--stage", "dev", "--output", "json"]).exits(0).document();
        let warnings = plan["plan"]["warnings"].as_array().unwrap();
        let found = warnings.iter().find(|warning| warning["warning"] == "built_for_another_platform");
        let examples = &found.unwrap_or_else(|| panic!("{plan}"))["examples"];
        assert_eq!(examples[0], "pil/_imaging.cpython-27-darwin.so (macOS, CPython 2.7)");
    }
}
