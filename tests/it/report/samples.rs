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
    let entry =
        |name: &str, bytes, mode| Entry { name: name.into(), bytes, compressed_bytes: bytes / 2, mode, crc32: 7 };
    Artifact {
        function: FunctionKey::new(function),
        path: format!("target/sls-release/{function}.zip").into(),
        sha256: sha256(function),
        md5: Some(Md5::from_bytes([0xd4; 16])),
        checksum_sha256: sha256(function).base64(),
        zipped_bytes: 12_600,
        unzipped_bytes: 5_242_880,
        entries: vec![entry("bin/tool", 5_242_000, 0o755), entry("index.js", 880, 0o644)],
    }
}

pub(super) fn artifacts() -> BTreeMap<FunctionKey, Artifact> {
    ["hello", "world"].map(|key| (FunctionKey::new(key), artifact(key))).into()
}

pub(super) fn empty_plan() -> Plan {
    Plan {
        stage: StageName::new("dev"),
        region: Region::new("eu-central-1"),
        uploads: vec![],
        keeps: vec![],
        code: vec![],
        deployments: vec![],
        new_aliases: vec![],
        permissions: vec![],
        moves: vec![],
        stages: vec![],
        flushes: vec![],
        smoke: None,
        endpoints: vec![endpoint()],
        skipped: vec![
            Skip::CodeUnchanged {
                function: FunctionKey::new("hello"),
                sha256: sha256("hello"),
                version: Version::new("7"),
            },
            Skip::DefinitionUnchanged { api: ApiKey::new("public"), definition: sha256("definition") },
            Skip::SmokeUnneeded,
        ],
        warnings: vec![],
    }
}

fn endpoint() -> Endpoint {
    Endpoint { api: ApiKey::new("public"), id: RestApiId::new("a1b2c3d4e5"), stage: StageName::new("dev") }
}

/// One of every step.
pub(super) fn plan() -> Plan {
    let (function, name) = (FunctionKey::new("hello"), FunctionName::new("hello-dev"));
    let (api, id, stage) = (ApiKey::new("public"), RestApiId::new("a1b2c3d4e5"), StageName::new("dev"));
    let key = ObjectKey::new("hello/code.zip");
    Plan {
        uploads: vec![UploadArtifact { function: function.clone(), key: key.clone(), bytes: 12_600 }],
        keeps: vec![KeepLiveCode {
            function: function.clone(),
            name: name.clone(),
            sha256: sha256("live"),
            key: ObjectKey::new("hello/live.zip"),
        }],
        code: vec![change("hello", GoesLive::WithAlias), change("latest", GoesLive::AtUpdate)],
        deployments: vec![CreateDeployment {
            api: api.clone(),
            id: id.clone(),
            definition: sha256("definition"),
            reason: Reason::DefinitionDiffers,
        }],
        new_aliases: vec![CreateAlias { function: function.clone(), name: name.clone(), alias: AliasName::new("new") }],
        permissions: vec![AddPermission {
            function: function.clone(),
            name: name.clone(),
            qualifier: Qualifier::Named(AliasName::new("new")),
            statement_id: "sls-release-a1b2c3d4e5-dev".into(),
            source_arn: "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/dev/*".into(),
            account: AccountId::new("123456789012"),
        }],
        moves: vec![MoveAlias {
            function,
            name,
            alias: AliasName::new("live"),
            from: Version::new("3"),
            revision: RevisionId::new("r"),
        }],
        stages: vec![PointStage {
            api: api.clone(),
            id: id.clone(),
            stage: stage.clone(),
            from: DeploymentId::new("old123"),
        }],
        flushes: vec![FlushCache { api, id, stage }],
        smoke: Some(smoke_plan()),
        skipped: vec![
            Skip::CodeUnchanged {
                function: FunctionKey::new("world"),
                sha256: sha256("world"),
                version: Version::new("7"),
            },
            Skip::RedeployNever { api: ApiKey::new("internal") },
        ],
        warnings: vec![Warning::LatestIsLive { function: FunctionKey::new("latest") }],
        ..empty_plan()
    }
}

fn change(function: &str, goes_live: GoesLive) -> ChangeCode {
    let at_once = goes_live == GoesLive::AtUpdate;
    ChangeCode {
        function: FunctionKey::new(function),
        name: FunctionName::new(format!("{function}-dev")),
        step: if at_once {
            CodeStep::Publish
        } else {
            CodeStep::Update { key: ObjectKey::new("hello/code.zip"), object_version: None }
        },
        before: sha256("live"),
        after: sha256(function),
        keep_key: ObjectKey::new("hello/live.zip"),
        revision: RevisionId::new("r"),
        architecture: Some("arm64".into()),
        source_kms_key: None,
        storage_mode: None,
        goes_live,
        reason: if at_once { Reason::ConfigurationDiffers { version: Version::new("5") } } else { Reason::CodeDiffers },
    }
}

fn smoke_plan() -> SmokePlan {
    SmokePlan {
        endpoint: Some(endpoint()),
        target: format!("/hello?key={SECRET}"),
        shown: SmokePlan::shown(&format!("/hello?key={SECRET}")),
        hits: 3,
        timeout: Duration::from_secs(90),
        status: 200,
        contains: Some("c0ffee".into()),
        settings: SmokeSettings {
            target: SmokeTarget::Path { api: ApiKey::new("public"), path: "/hello".into() },
            at: None,
            method: "POST".into(),
            headers: [("authorization".to_owned(), SECRET.to_owned())].into(),
            body: Some(SECRET.into()),
            status: 200,
            contains: Some("c0ffee".into()),
            proves_release: true,
            hits: 3,
            timeout: Duration::from_secs(90),
        },
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
        alias: alias.map(AliasName::new),
    };
    let url = "https://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com/dev/hello".to_owned();
    Released {
        functions: vec![function("hello", "4", Some("live")), function("latest", "12", None)],
        deployments: [(ApiKey::new("public"), DeploymentId::new("new456"))].into(),
        endpoints: endpoints(),
        smoke: Some(SmokeResult { url, status: 200, hits: 3, proof }),
        duration: Duration::from_millis(4_270),
    }
}

pub(super) fn planned() -> Outcome {
    Outcome::Planned(plan())
}

pub(super) fn unchanged() -> Outcome {
    Outcome::Unchanged { plan: empty_plan(), endpoints: endpoints() }
}

pub(super) fn released_with_proof() -> Outcome {
    Outcome::Released { plan: plan(), released: released(SmokeProof::ThisRelease) }
}

pub(super) fn released_in_health() -> Outcome {
    Outcome::Released { plan: plan(), released: released(SmokeProof::Health) }
}

pub(super) fn released_without_smoke() -> Outcome {
    Outcome::Released { plan: plan(), released: Released { smoke: None, ..released(SmokeProof::Health) } }
}

fn smoke_failed(kind: Kind) -> Failure {
    Problem::new("the endpoint did not answer well within 90 s")
        .why("/hello answered 502, 3 times in a row")
        .fix("read the log of hello-dev in CloudWatch")
        .into_failure(kind)
}

pub(super) fn put_back() -> Outcome {
    let back = |what: &str| PutBack { what: what.into() };
    Outcome::Failed {
        plan: plan(),
        failure: smoke_failed(Kind::Failed),
        put_back: vec![
            back("stage dev of a1b2c3d4e5 serves deployment old123 again"),
            back("alias live of hello-dev stands on version 3 again"),
        ],
        left_alone: vec![],
        not_put_back: vec![],
    }
}

pub(super) fn not_put_back() -> Outcome {
    Outcome::Failed {
        plan: plan(),
        failure: smoke_failed(Kind::NotPutBack),
        put_back: vec![PutBack { what: "stage dev of a1b2c3d4e5 serves deployment old123 again".into() }],
        left_alone: vec![],
        not_put_back: vec![NotPutBack {
            what: "alias live of hello-dev".into(),
            why: "lambda:UpdateAlias on hello-dev:live: AccessDeniedException: not authorized".into(),
            command: "aws lambda update-alias --function-name hello-dev --name live --function-version 3".into(),
        }],
    }
}

/// Somebody else released in the meantime.
pub(super) fn left_alone() -> Outcome {
    Outcome::Failed {
        plan: plan(),
        failure: smoke_failed(Kind::Failed),
        put_back: vec![PutBack { what: "the deployment of public that this run made is deleted".into() }],
        left_alone: vec![LeftAlone {
            what: "alias live of hello-dev".into(),
            why: "somebody else changed it since: it stands on version 5".into(),
            command: "aws lambda get-alias --function-name hello-dev --name live --region eu-central-1".into(),
        }],
        not_put_back: vec![],
    }
}

/// Failed before the first write.
pub(super) fn nothing_to_put_back() -> Outcome {
    Outcome::Failed {
        plan: plan(),
        failure: Problem::new("cancelled").into_failure(Kind::Failed),
        put_back: vec![],
        left_alone: vec![],
        not_put_back: vec![],
    }
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
