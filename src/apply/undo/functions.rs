//! Aliases, permissions and code as they were.

use std::fmt::Write;

use super::restore::{Seen, Thing};
use super::{Undone, others};
use crate::apply::aliases::is_ours;
use crate::apply::run::Run;
use crate::aws::{CallError, NewCode};
use crate::model::{AddPermission, ChangeCode, CreateAlias, MoveAlias, RevisionId, Version};

pub(super) async fn alias(run: &Run<'_>, alias: &MoveAlias, to: &Version) -> Undone {
    let MoveAlias { name, alias, from, .. } = alias;
    let thing = Thing::new(
        run,
        format!("alias {alias} of {name}"),
        format!("alias {alias} of {name} stands on version {from} again"),
        &format!("lambda update-alias --function-name {name} --name {alias} --function-version {from}"),
        &format!("lambda get-alias --function-name {name} --name {alias}"),
    );
    let lambda = &run.world.aws.lambda;
    let look = async || {
        Ok(match lambda.alias(name, alias).await? {
            None => Seen::SomebodyElses("it is gone".to_owned()),
            Some(now) if now.version == *from => Seen::AsBefore,
            Some(now) if now.version == *to => Seen::Ours(now.revision),
            Some(now) => Seen::SomebodyElses(format!("it stands on version {}", now.version)),
        })
    };
    let write = async |revision: RevisionId| lambda.move_alias(name, alias, from, &revision).await;
    thing.restore(look, write).await
}

pub(super) async fn new_alias(run: &Run<'_>, new: &CreateAlias, version: &Version) -> Undone {
    let CreateAlias { name, alias, .. } = new;
    let thing = Thing::new(
        run,
        format!("alias {alias} of {name}, which did not exist"),
        format!("alias {alias} of {name} deleted"),
        &format!("lambda delete-alias --function-name {name} --name {alias}"),
        &format!("lambda get-alias --function-name {name} --name {alias}"),
    );
    let lambda = &run.world.aws.lambda;
    let look = async || {
        Ok(match lambda.alias(name, alias).await? {
            None => Seen::AsBefore,
            Some(now) if now.version == *version => Seen::Ours(()),
            Some(now) => Seen::SomebodyElses(format!("it stands on version {}", now.version)),
        })
    };
    thing.restore(look, async |()| lambda.delete_alias(name, alias).await).await
}

pub(super) async fn permission(run: &Run<'_>, permission: &AddPermission) -> Undone {
    let AddPermission { name, qualifier, statement_id: id, .. } = permission;
    let parameter = qualifier.parameter().map_or(String::new(), |name| format!(" --qualifier {name}"));
    let thing = Thing::new(
        run,
        format!("permission {id} on {name}:{qualifier}"),
        format!("permission {id} on {name}:{qualifier} removed"),
        &format!("lambda remove-permission --function-name {name} --statement-id {id}{parameter}"),
        &format!("lambda get-policy --function-name {name}{parameter}"),
    );
    let lambda = &run.world.aws.lambda;
    let look = async || {
        let Some(policy) = lambda.policy(name, qualifier).await? else { return Ok(Seen::AsBefore) };
        Ok(match policy.statements.iter().find(|statement| statement.sid == *id) {
            None => Seen::AsBefore,
            Some(statement) if !is_ours(statement, permission) => {
                Seen::SomebodyElses(format!("statement {id} allows something else"))
            }
            Some(_) => match others::released(run, permission).await? {
                Some(how) => Seen::SomebodyElses(format!("{how}, which may need the permission")),
                None => Seen::Ours(policy.revision),
            },
        })
    };
    thing.restore(look, async |revision: RevisionId| lambda.remove_permission(permission, &revision).await).await
}

pub(super) async fn code(run: &Run<'_>, change: &ChangeCode) -> Undone {
    let name = &change.name;
    let thing = Thing::new(
        run,
        format!("$LATEST of {name}"),
        format!("$LATEST of {name} holds its code again"),
        &by_hand(run, change),
        &format!("lambda get-function --function-name {name} --query Configuration"),
    );
    let look = async || {
        Ok(match run.world.aws.lambda.function(name, None).await? {
            None => Seen::SomebodyElses("it is gone".to_owned()),
            Some(now) if now.code.is_busy() => Seen::Busy,
            Some(now) if now.code.sha256 == change.before => Seen::AsBefore,
            Some(now) if now.code.sha256 == change.after => Seen::Ours(now.code.revision),
            Some(now) => Seen::SomebodyElses(format!("its CodeSha256 is {}", now.code.sha256.base64())),
        })
    };
    thing.restore(look, async |revision: RevisionId| put_code(run, change, &revision).await).await
}

async fn put_code(run: &Run<'_>, change: &ChangeCode, revision: &RevisionId) -> Result<(), CallError> {
    let Ok(bucket) = run.bucket() else { return Ok(()) };
    let object_version = run.object_version(&change.keep_key);
    let code = NewCode {
        name: &change.name,
        bucket,
        key: &change.keep_key,
        object_version: object_version.as_deref(),
        revision,
        architecture: change.architecture.as_deref(),
        source_kms_key: change.source_kms_key.as_deref(),
        storage_mode: change.storage_mode.as_deref(),
        publish: false,
    };
    run.world.aws.lambda.update_code(&code).await.map(|_| ())
}

/// Says all that an update reverts where it is left out.
fn by_hand(run: &Run<'_>, change: &ChangeCode) -> String {
    let bucket = run.bucket().map(ToString::to_string).unwrap_or_default();
    let (name, key) = (&change.name, &change.keep_key);
    let mut command = format!("lambda update-function-code --function-name {name} --s3-bucket {bucket} --s3-key {key}");
    let kept = [
        ("s3-object-version", &run.object_version(key)),
        ("architectures", &change.architecture),
        ("source-kms-key-arn", &change.source_kms_key),
        ("s3-object-storage-mode", &change.storage_mode),
    ];
    for (flag, value) in kept {
        if let Some(value) = value {
            write!(command, " --{flag} {value}").ok(); // writing to a string does not fail
        }
    }
    command
}
