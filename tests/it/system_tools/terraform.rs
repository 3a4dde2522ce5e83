//! Terraform itself, with hashicorp/aws 3.39.0, beside releases. Where it keeps the alias on the function's newest version,
//! a release that failed must leave nothing that the next `terraform apply` would put live.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::{Command, Output};

use zip::CompressionMethod;

use super::run::beside;
use crate::support::local_aws::scrub;
use crate::support::rules::NewVersion;
use crate::support::{Stack, answering, fixtures, output_of, virtual_environment, write, zip_of};

/// The provider in the package from PyPI, and below a folder for `terraform init -plugin-dir`.
///
/// <https://developer.hashicorp.com/terraform/cli/config/config-file#provider-installation>
const PACKED: &str = "cloudrail/terraform_plugins/terraform-provider-aws_3.39.0_linux_amd64.zip";
const PLUGIN: &str = "plugins/registry.terraform.io/hashicorp/aws/terraform-provider-aws_3.39.0_linux_amd64.zip";

/// The function, the alias and the API that Terraform made.
const SETTINGS: &str = r#"
region = "us-east-1"
[artifacts]
bucket = "$NAME-artifacts"
[functions.hello]
source = "lambda"
name = "$NAME-terraform"
alias = "dev"
[apis.public]
name = "$NAME-terraform"
[smoke]
path = "/hello"
timeout = "2s"
"#;

/// A plan with `-detailed-exitcode`: no change, or changes.
///
/// <https://developer.hashicorp.com/terraform/cli/commands/plan#detailed-exitcode>
const NO_CHANGE: i32 = 0;
const CHANGES: i32 = 2;

/// A stack whose second function, alias and API are Terraform's.
struct Terraform {
    stack: Stack,
    python: PathBuf,
}

impl Terraform {
    /// Applies `terraform.tf`, after which nothing is left to do.
    fn applied() -> Self {
        let terraform = Self::installed();
        terraform.succeeds(&["init", "-plugin-dir=plugins"]);
        terraform.succeeds(&["apply", "-auto-approve"]);
        terraform.plans_nothing();
        terraform
    }

    fn installed() -> Self {
        let stack = Stack::build(&[]);
        let python = virtual_environment(&fixtures().join("emulators/terraform.txt")).unwrap();
        let script = "import sysconfig; print(sysconfig.get_path('purelib'))";
        let packages = output_of(Command::new(&python).args(["-c", script])).unwrap();
        let packages = PathBuf::from(String::from_utf8(packages).unwrap().trim());
        let folder = stack.folder().join("infra");
        let plugin = folder.join(PLUGIN);
        fs::create_dir_all(plugin.parent().unwrap()).unwrap();
        assert!(packages.join(PACKED).exists(), "{PACKED} is not in {}", packages.display());
        symlink(packages.join(PACKED), plugin).unwrap();
        fs::copy(beside("terraform.tf"), folder.join("main.tf")).unwrap();
        let source = answering(200, "placeholder");
        let zip = zip_of(CompressionMethod::Deflated, [("app.py", source.as_bytes(), 0o644)]);
        write(&folder.join("placeholder.zip"), zip);
        stack.settings(SETTINGS);
        Self { stack, python }
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let (verb, options) = arguments.split_first().unwrap();
        let mut command = Command::new(&self.python);
        command.arg(beside("terraform.py")).arg(verb).args(["-no-color", "-input=false"]).args(options);
        command.current_dir(self.stack.folder().join("infra")).env("HOME", self.stack.folder());
        command.env("TF_VAR_endpoint", &self.stack.proxy.endpoint).env("TF_VAR_name", &self.stack.name);
        command.env("CHECKPOINT_DISABLE", "1");
        scrub(&mut command).output().unwrap()
    }

    #[track_caller]
    fn succeeds(&self, arguments: &[&str]) {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {output:?}");
    }

    /// Returns what a plan says.
    #[track_caller]
    fn plan(&self, code: i32) -> String {
        let output = self.run(&["plan", "-detailed-exitcode"]);
        let text = String::from_utf8(output.stdout).unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{text}\n{errors}");
        text
    }

    #[track_caller]
    fn plans_nothing(&self) {
        let text = self.plan(NO_CHANGE);
        assert!(text.contains("No changes."), "{text}");
    }

    /// Releases code that gives this answer.
    #[track_caller]
    fn release(&self, status: u16, text: &str, code: i32) {
        self.stack.write("lambda/app.py", answering(status, text));
        self.stack.release(&[]).exits(code);
    }

    #[track_caller]
    fn releases(&self, text: &str) {
        self.release(200, text, 0);
        assert_eq!(self.answer(), text);
    }

    /// The new version cannot start.
    #[track_caller]
    fn fails_before_the_alias_moves(&self, text: &str) {
        let function = self.stack.function("terraform");
        self.stack.proxy.rule::<NewVersion>().fails(&function, "the subnet has no addresses left");
        self.release(200, text, 4);
    }

    /// `CodeSha256` of a version.
    fn code(&self, version: &str) -> String {
        self.stack.aws.code(&self.stack.function("terraform"), version).0
    }

    /// What the endpoint answers.
    fn answer(&self) -> String {
        let api = self.stack.aws.apis(&self.stack.function("terraform")).into_keys().next().unwrap();
        self.stack.call_of(&api, "dev", "/hello").body
    }

    /// The version that the alias points at, and the newest one.
    fn versions(&self) -> (String, String) {
        let (aws, name) = (self.stack.aws, self.stack.function("terraform"));
        let alias = aws.block_on(aws.lambda.get_alias().function_name(&name).name("dev").send()).unwrap();
        let found = aws.block_on(aws.lambda.list_versions_by_function().function_name(&name).send()).unwrap();
        let numbers = found.versions.unwrap().into_iter().filter_map(|version| version.version?.parse::<u32>().ok());
        (alias.function_version.unwrap(), numbers.max().unwrap().to_string())
    }
}

/// The version that failed is deleted.
#[test]
fn after_a_release_that_failed_before_its_alias_moved_terraform_plans_no_change() {
    let terraform = Terraform::applied();
    let placeholder = terraform.versions();
    terraform.fails_before_the_alias_moves("broken");
    assert_eq!(terraform.versions(), placeholder);
    terraform.plans_nothing();

    terraform.releases("one");
    let good = terraform.versions();
    assert_eq!(good.0, good.1);
    assert_ne!(good, placeholder);
    terraform.plans_nothing();

    terraform.fails_before_the_alias_moves("broken again");
    assert_eq!(terraform.versions(), good);
    terraform.release(500, "answers badly when it is invoked", 4);
    assert_eq!(terraform.versions(), good);
    terraform.plans_nothing();
    terraform.succeeds(&["apply", "-auto-approve"]);
    assert_eq!(terraform.answer(), "one");
}

/// An alias pointed at the version that failed, so it stays, and the code from before is published after it.
#[test]
fn after_a_release_that_failed_behind_its_alias_terraform_plans_the_code_from_before() {
    let terraform = Terraform::applied();
    terraform.releases("one");
    let (alias, newest) = terraform.versions();
    assert_eq!(alias, newest);
    let code = terraform.code(&alias);

    terraform.stack.settings(&SETTINGS.replace("[smoke]", "[smoke]\nbefore = false"));
    terraform.release(500, "broken", 4);
    let (now, newest) = terraform.versions();
    assert_eq!(now, alias);
    assert_eq!(terraform.code(&newest), code);
    let plan = terraform.plan(CHANGES);
    assert!(plan.contains("aws_lambda_alias.dev will be updated in-place"), "{plan}");
    assert!(plan.contains("0 to add, 1 to change, 0 to destroy"), "{plan}");
    terraform.succeeds(&["apply", "-auto-approve"]);
    assert_eq!((terraform.versions(), terraform.answer().as_str()), ((newest.clone(), newest), "one"));
    terraform.plans_nothing();
}
