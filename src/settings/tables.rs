//! Reads `[artifacts]`, `[functions.*]` and `[apis.*]`.

use std::collections::BTreeMap;

use super::document::Table;
use super::layers;
use super::names;
use super::reader::Reader;
use crate::error::{Location, Problem};
use crate::model::{
    AccountId, AliasName, ApiKey, ApiKind, ApiName, ApiSettings, ArtifactStore, BucketName, Encryption, EncryptionKind,
    FunctionKey, FunctionName, FunctionSettings, ObjectKey, Redeploy, RestApiId, Source, Sourced, StageName,
};

impl Reader<'_> {
    /// Reads the artifact store. It is `None` without a bucket, which is enough for a verb that uploads nothing.
    pub(super) fn artifacts(&mut self) -> Option<ArtifactStore> {
        let (table, common) = (self.merged.table("artifacts"), self.input.common);
        let flag = ("--bucket", common.overrides.bucket.as_deref());
        let in_file = table.and_then(|table| table.text("bucket"));
        let bucket = layers::first(common, flag, "SLS_RELEASE_BUCKET", in_file);
        if let (None, Some(table), false) = (&bucket, table, self.input.is_bucket_optional) {
            self.missing(table, "bucket", "my-artifacts");
        }
        let prefix = table.and_then(|table| self.prefix(table)).unwrap_or_default();
        let owner = table.and_then(|table| self.plain(table, "owner", &names::OWNER)).map(AccountId::new);
        let encryption = table.and_then(|table| self.encryption(table));
        let bucket = self.name(bucket?, &names::BUCKET)?.map(BucketName::new);
        Some(ArtifactStore { bucket, prefix, owner, encryption })
    }

    /// Reads how S3 is told to encrypt. Only KMS has a key of the user's choice.
    fn encryption(&mut self, table: &Table) -> Option<Encryption> {
        let said = table.text("encryption").map(|said| said.value);
        let kind = said.as_deref().and_then(EncryptionKind::of);
        let kms_key = self.plain(table, "kms_key", &names::KMS_KEY);
        let is_by_kms = said.is_some() && kind != Some(EncryptionKind::Aes256); // the schema reports unknown kinds
        if let (Some(entry), false) = (table.entries.get("kms_key"), is_by_kms) {
            let problem = Problem::new(format!("[{}] has a `kms_key` without encryption by KMS", table.name))
                .why("S3 takes a key only with `encryption = \"aws:kms\"` or `\"aws:kms:dsse\"`")
                .fix("set `encryption` to one of them, or remove `kms_key`");
            self.problems.add(problem.at(Some(entry.key_at.clone())));
        }
        Some(Encryption { kind: kind?, kms_key })
    }

    fn prefix(&mut self, table: &Table) -> Option<String> {
        let said = table.text("prefix")?.map(|prefix| prefix.trim_matches('/').to_owned());
        Some(self.name(said, &names::PREFIX)?.value)
    }

    /// Reads the valid functions. Invalid ones are added to the problems.
    pub(super) fn functions(&mut self) -> BTreeMap<FunctionKey, FunctionSettings> {
        let functions = self.merged.tables("functions");
        functions.filter_map(|(key, at, table)| Some((FunctionKey::new(key), self.function(key, at, table)?))).collect()
    }

    fn function(&mut self, key: &str, key_at: &Location, table: &Table) -> Option<FunctionSettings> {
        let source = self.source_of(key, table);
        let name = self.function_name(key, key_at, table);
        let object_key = match table.text("key") {
            Some(said) => Some(self.name(said, &names::OBJECT_KEY)?.map(ObjectKey::new)),
            None => None,
        };
        let alias = match table.text("alias") {
            Some(said) => Some(self.name(said, &names::ALIAS)?.map(AliasName::new)),
            None => None,
        };
        Some(FunctionSettings {
            source: source?,
            include: table.texts("include").unwrap_or_else(|| vec![Sourced::default_of("**".into())]),
            exclude: table.texts("exclude").unwrap_or_default(),
            follow_links_within: self.path(table, "follow_links_within"),
            archive: self.format(table),
            key: object_key,
            name: name?,
            alias,
            latest_on_purpose: table.flag("alias") == Some(false),
        })
    }

    /// Reads the function's name in Lambda, which defaults to the table's key.
    fn function_name(&mut self, key: &str, key_at: &Location, table: &Table) -> Option<Sourced<FunctionName>> {
        if let Some(said) = table.text("name") {
            return Some(self.name(said, &names::FUNCTION)?.map(FunctionName::new));
        }
        let said = Sourced { value: key.to_owned(), source: Source::File(key_at.clone()) };
        let name = (names::KEY.holds)(key).then(|| self.problems.name(said, &names::FUNCTION))??;
        Some(name.map(FunctionName::new))
    }

    /// Reads the valid APIs. Invalid ones are added to the problems.
    pub(super) fn apis(&mut self) -> BTreeMap<ApiKey, ApiSettings> {
        let apis = self.merged.tables("apis");
        apis.filter_map(|(key, _, table)| Some((ApiKey::new(key), self.api(table)?))).collect()
    }

    fn api(&mut self, table: &Table) -> Option<ApiSettings> {
        let (api, stage) = (self.api_name(table), self.api_stage(table));
        let kind = table.text("type").map(|said| if said.value == "http" { ApiKind::Http } else { ApiKind::Rest });
        Some(ApiSettings { kind, api: api?, stage: stage?, redeploy: redeploy(table) })
    }

    fn api_name(&mut self, table: &Table) -> Option<Sourced<ApiName>> {
        Some(match self.either(table, ("id", "name"), "a1b2c3d4e5")? {
            ("id", said) => self.name(said, &names::API_ID)?.map(|id| ApiName::Id(RestApiId::new(id))),
            (_, said) => self.name(said, &names::API_NAME)?.map(ApiName::Name),
        })
    }

    fn api_stage(&mut self, table: &Table) -> Option<Sourced<StageName>> {
        let Some(said) = table.text("stage") else {
            return Some(Sourced::default_of(StageName::new(self.stage)));
        };
        Some(self.name(said, &names::API_STAGE)?.map(StageName::new))
    }
}

fn redeploy(table: &Table) -> Redeploy {
    match table.text("redeploy").as_ref().map(|said| said.value.as_str()) {
        Some("always") => Redeploy::Always,
        Some("never") => Redeploy::Never,
        _ => Redeploy::Changed,
    }
}
