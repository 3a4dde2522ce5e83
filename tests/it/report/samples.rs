//! A small stack with one of everything, and the ways in which its release can end.

use std::collections::BTreeMap;
use std::time::Duration;

use sls_release::error::{Failure, Kind, Location, Problem};
use sls_release::model::*;

pub(super) const SECRET: &str = "s3cr3t-header-value";

pub(super) fn sha256(text: &str) -> Sha256 {
    Sha256::of(text.as_bytes())
}

pub(super) fn artifact(function: &str) -> Artifact {
    let entry = |name: &str, bytes, mode| Entry {
        name: name.into(),
        bytes,
        compressed_bytes: bytes / 2,
        mode,
        is_link: false,
        crc32: 7,
    };
    Artifact {
        function: FunctionKey::new(function),
        path: format!("target/sls-release/{function}.zip").into(),
        sha256: sha256(function),
        md5: Some(Md5::from_bytes([0xd4; 16])),
        checksum_sha256: sha256(function).base64(),
        zipped_bytes: 12_600,
        unzipped_bytes: 5_242_880,
        entries: vec![entry("bin/tool", 5_242_000, 0o755), entry("index.js", 880, 0o644)],
        binaries: Vec::new(),
    }
}

pub(super) fn artifacts() -> BTreeMap<FunctionKey, Artifact> {
    ["hello", "world"].map(|key| (FunctionKey::new(key), artifact(key))).into()
}

/// A function that is live in this version already.
pub(super) fn code_unchanged(key: &str, version: &str) -> Skip {
    Skip::CodeUnchanged { function: FunctionKey::new(key), sha256: sha256(key), version: Version::new(version) }
}

pub(super) fn empty_plan() -> Plan {
    let skipped = vec![
        code_unchanged("hello", "7"),
        Skip::DefinitionUnchanged { api: ApiKey::new("public"), definition: sha256("definition") },
        Skip::SmokeUnneeded,
    ];
    let account = Some(AccountId::new("123456789012"));
    Plan {
        account,
        endpoints: vec![endpoint()],
        skipped,
        ..Plan::new(StageName::new("dev"), Region::new("eu-central-1"))
    }
}

fn endpoint() -> Endpoint {
    let id = Ref::Existing(RestApiId::new("a1b2c3d4e5"));
    Endpoint { api: ApiKey::new("public"), id, stage: StageName::new("dev") }
}

/// One of every step of a release.
pub(super) fn plan() -> Plan {
    let (function, name) = (FunctionKey::new("hello"), FunctionName::new("hello-dev"));
    let (api, id, stage) = (ApiKey::new("public"), RestApiId::new("a1b2c3d4e5"), StageName::new("dev"));
    let key = ObjectKey::new("hello/code.zip");
    let live = ObjectKey::new("hello/live.zip");
    let mut plan = empty_plan();
    let upload = Upload { function: function.clone(), key, bytes: 12_600 };
    let keep = KeepCode { function: function.clone(), name: name.clone(), sha256: sha256("live"), key: live };
    plan.add(Act::Upload(upload), Reason::ObjectAbsent);
    plan.add(Act::KeepCode(keep), Reason::PuttingBackNeedsIt);
    let deployment =
        CreateDeployment { api: api.clone(), kind: ApiKind::Rest, id: id.clone(), definition: sha256("definition") };
    for (function, goes_live) in [("hello", GoesLive::WithAlias), ("latest", GoesLive::AtUpdate)] {
        let Step { act, why } = change(function, goes_live);
        plan.add(act, why);
    }
    plan.add(Act::CreateDeployment(deployment), Reason::DefinitionDiffers);
    let create = CreateAlias {
        function: function.clone(),
        name: name.clone(),
        alias: AliasName::new("new"),
        to: Ref::Made(function.clone()),
        caches: vec![],
    };
    plan.add(Act::CreateAlias(create), Reason::Absent);
    let alias = MoveAlias {
        function: function.clone(),
        name: name.clone(),
        alias: AliasName::new("live"),
        from: Version::new("3"),
        to: Ref::Made(function.clone()),
        revision: Some(RevisionId::new("r")),
        wait: None,
        caches: vec![],
    };
    plan.add(Act::MoveAlias(alias), Reason::NewCode);
    let caller = Caller {
        kind: ApiKind::Rest,
        partition: "aws".into(),
        region: Region::new("eu-central-1"),
        account: AccountId::new("123456789012"),
        api: Ref::Existing(id.clone()),
        stage: Some(stage.clone()),
        authorizer: None,
    };
    let qualifier = Qualifier::Named(AliasName::new("new"));
    let permit = Permit { function, name, qualifier, caller, known: Some(KnownStates::default()) };
    plan.add(Act::Permit(permit), Reason::NotPermitted);
    let cache = Cache { api: api.clone(), id: id.clone(), stage: stage.clone() };
    let point = PointStage {
        kind: ApiKind::Rest,
        to: Ref::Made(api.clone()),
        api,
        id,
        stage,
        from: DeploymentId::new("old123"),
        definition: Sha256::of(b"definition"),
        caches: vec![cache.clone()],
    };
    plan.add(Act::PointStage(point), Reason::NewDefinition);
    plan.add(Act::FlushCache(cache), Reason::CacheIsStale);
    plan.add(Act::Smoke(smoke()), Reason::ProvesRelease);
    Plan {
        skipped: vec![code_unchanged("world", "7"), Skip::RedeployNever { api: ApiKey::new("internal") }],
        warnings: vec![Warning::LatestIsLive { function: FunctionKey::new("latest") }],
        ..plan
    }
}

fn change(function: &str, goes_live: GoesLive) -> Step {
    let at_once = goes_live == GoesLive::AtUpdate;
    let live = ObjectKey::new("hello/live.zip");
    let update = CodeCall::Update {
        key: Some(ObjectKey::new("hello/code.zip")),
        object_version: None,
        publish: true,
        restore: Restore::Object { key: live, version: None },
    };
    let change = ChangeCode {
        function: FunctionKey::new(function),
        name: FunctionName::new(format!("{function}-dev")),
        call: if at_once { CodeCall::Publish } else { update },
        before: sha256("live"),
        after: sha256(function),
        is_image: false,
        revision: RevisionId::new("r"),
        architecture: Some("arm64".into()),
        source_kms_key: None,
        storage_mode: None,
        goes_live,
        caches: vec![],
    };
    let differs = Reason::ConfigurationDiffers { version: Version::new("5") };
    Step { act: Act::ChangeCode(change), why: if at_once { differs } else { Reason::CodeDiffers } }
}

fn smoke() -> Smoke {
    Smoke {
        test: 0,
        endpoint: Some(endpoint()),
        function_url: None,
        target: Smoke::shown(&format!("/hello?key={SECRET}")),
        hits: 3,
        timeout: Duration::from_secs(90),
        status: 200,
        contains: Some("c0ffee".into()),
        logs: vec![LogSource { function: FunctionName::new("hello-dev"), group: "/aws/lambda/hello-dev".into() }],
    }
}

pub(super) fn endpoints() -> BTreeMap<ApiKey, String> {
    let url = "https://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com/dev";
    [(ApiKey::new("public"), url.to_owned())].into()
}

fn released(proof: SmokeProof) -> Released {
    let function = |key: &str, version: &str, alias: Option<&str>| ReleasedFunction {
        function: FunctionKey::new(key),
        name: FunctionName::new(format!("{key}-dev")),
        version: Version::new(version),
        sha256: sha256(key),
        image: None,
        alias: alias.map(AliasName::new),
    };
    let url = "https://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com/dev/hello".to_owned();
    Released {
        functions: vec![function("hello", "4", Some("live")), function("latest", "12", None)],
        deployments: [(ApiKey::new("public"), DeploymentId::new("new456"))].into(),
        endpoints: endpoints(),
        function_urls: FunctionUrls::new(),
        smoke: vec![SmokeResult {
            url,
            status: 200,
            hits: 3,
            proof,
            first_answer_ms: Some(812),
            last_answer_ms: Some(45),
            contains: false,
        }],
        invoked: vec![Invoked {
            function: FunctionKey::new("hello"),
            version: Version::new("4"),
            event: "GET /hello".into(),
            goes_live: GoesLive::WithAlias,
        }],
        duration: Duration::from_millis(4_270),
    }
}

pub(super) fn planned() -> Outcome {
    Outcome::Planned(plan())
}

pub(super) fn unchanged() -> Outcome {
    Outcome::Unchanged { plan: empty_plan(), endpoints: endpoints(), function_urls: FunctionUrls::new(), smoke: vec![] }
}

pub(super) fn released_with_proof() -> Outcome {
    Outcome::Released { plan: plan(), released: released(SmokeProof::ThisRelease) }
}

pub(super) fn released_in_health() -> Outcome {
    let released = Released { invoked: vec![], ..released(SmokeProof::Health) };
    Outcome::Released { plan: plan(), released }
}

pub(super) fn released_without_smoke() -> Outcome {
    Outcome::Released {
        plan: plan(),
        released: Released { smoke: vec![], invoked: vec![], ..released(SmokeProof::Health) },
    }
}

fn smoke_failed(kind: Kind) -> Failure {
    Problem::new("the endpoint did not answer well within 90 s")
        .why("/hello answered 502, 3 times in a row")
        .fix("read the log of hello-dev in CloudWatch")
        .into_failure(kind)
}

fn failed(kind: Kind, undone: UndoReport) -> Outcome {
    Outcome::Failed { plan: plan(), failure: smoke_failed(kind), undone }
}

pub(super) fn back(what: &str) -> PutBack {
    PutBack { what: what.into() }
}

const STAGE_IS_BACK: &str = "stage dev of a1b2c3d4e5 serves deployment old123 again";

pub(super) fn put_back() -> Outcome {
    let put_back = vec![back(STAGE_IS_BACK), back("alias live of hello-dev points at version 3 again")];
    failed(Kind::Failed, UndoReport { put_back, ..UndoReport::default() })
}

pub(super) fn not_put_back() -> Outcome {
    let not_put_back = vec![NotPutBack {
        what: "alias live of hello-dev".into(),
        why: "lambda:UpdateAlias on hello-dev:live: AccessDeniedException: not authorized".into(),
        command: "aws lambda update-alias --function-name hello-dev --name live --function-version 3 --routing-config \
                  AdditionalVersionWeights={}"
            .into(),
    }];
    let put_back = vec![back(STAGE_IS_BACK)];
    failed(Kind::NotPutBack, UndoReport { put_back, not_put_back, ..UndoReport::default() })
}

/// Failed before the first write.
pub(super) fn nothing_to_put_back() -> Outcome {
    let failure = Problem::new("cancelled").fix("run it again").into_failure(Kind::Failed);
    Outcome::Failed { plan: plan(), failure, undone: UndoReport::default() }
}

/// Two problems, one of which points into the settings file.
pub(super) fn refused() -> Failure {
    let at = Location { file: "sls-release.toml".into(), line: 12, column: 3 };
    let first = Problem::new("the runtime of hello-dev cannot be updated")
        .why("nodejs12.x is blocked for updates since 2023")
        .fix("set a newer runtime where the function is provisioned");
    let second = Problem::new("bucket acme-artifacts belongs to another account")
        .why("its owner is not 123456789012")
        .fix("set `owner` under [artifacts]")
        .at(Some(at));
    Failure { kind: Kind::Refused, problems: vec![first, second] }
}
