//! The objects of functions whose code changes, and the bucket.
//!
//! An object that is found shows that the bucket is there, in this region and of this owner. Only where none is, or where S3
//! answers 403, the bucket itself is looked at: an answer to `HEAD` has no body that would tell. That look goes beside the
//! download of the live code, which is needed then.
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html>

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;

use super::{ReadError, Reads, refuse, sort};
use crate::aws::{Answer, CallError};
use crate::error::Failure;
use crate::model::{
    AccountId, Artifact, ArtifactStore, FunctionKey, ObjectKey, ObservedBucket, ObservedFunction, ObservedObject,
    Settings, marks,
};
use crate::world::World;

/// A smaller artifact is put without a look before: the put says whether it was there.
const LOOKED_FOR: u64 = 1024 * 1024;

/// What the bucket has.
#[derive(Default)]
pub(super) struct Stored {
    /// By key; `None` where there is none. Without those that were not looked for.
    pub(super) objects: BTreeMap<ObjectKey, Option<ObservedObject>>,
    /// Asked where there is a fixed key.
    pub(super) keeps_versions: bool,
    /// `None` where an object shows that the bucket is there.
    pub(super) doubt: Option<Doubt>,
}

/// No object showed that the bucket is there.
pub(super) struct Doubt {
    /// Who should own it.
    owner: AccountId,
    /// Why objects may not be seen.
    hidden: Vec<CallError>,
}

/// Looks for the objects of these functions, whose code changes. What is not packed needs none.
pub(super) async fn of(
    changing: &BTreeMap<&FunctionKey, &ObservedFunction>,
    settings: &Settings,
    artifacts: &BTreeMap<FunctionKey, Artifact>,
    reads: Reads,
    world: &World,
) -> Result<Stored, Vec<ReadError>> {
    let packed = || changing.iter().filter_map(|(key, found)| Some((*key, *found, artifacts.get(*key)?)));
    let (Some(store), Some((_, first, _))) = (&settings.artifacts, packed().next()) else {
        return Ok(Stored::default());
    };
    let fixed = |function: &FunctionKey| Some(settings.functions.get(function)?.key.as_ref()?.value.clone());
    let key = |function: &FunctionKey, sha256| marks::object_key(settings.artifact_prefix(), function, sha256);
    let fixed_keys: BTreeSet<_> = packed().filter_map(|(function, ..)| fixed(function)).collect();
    let is_looked_for = |function: &FunctionKey, artifact: &Artifact| {
        fixed(function).is_none() && (reads == Reads::All || artifact.zipped_bytes >= LOOKED_FOR)
    };
    let own = packed().filter(|(function, _, artifact)| is_looked_for(function, artifact));
    let own = own.map(|(function, _, artifact)| key(function, &artifact.sha256));
    let live = packed().map(|(function, found, _)| key(function, &found.latest.sha256));
    let keys: BTreeSet<_> = own.chain(live).chain(fixed_keys.iter().cloned()).collect();
    let owner = store.owner.as_ref().unwrap_or(&first.account);
    let (looks, fixed) = futures::join!(looks(keys, store, owner, world), fixed_objects(&fixed_keys, store, world));
    let (mut problems, mut hidden) = (Vec::new(), Vec::new());
    let mut objects = sort(shown(looks, &mut hidden), &mut problems);
    let (keeps_versions, tags) = fixed.map_err(|error| problems.push(error.into())).unwrap_or_default();
    for (key, tags) in tags {
        objects.get_mut(&key).into_iter().flatten().for_each(|object| object.fields.tags.clone_from(&tags));
    }
    let is_seen = hidden.is_empty() && objects.values().any(Option::is_some);
    let doubt = (!is_seen).then(|| Doubt { owner: owner.clone(), hidden });
    if problems.is_empty() { Ok(Stored { objects, keeps_versions, doubt }) } else { Err(problems) }
}

/// Looks at the bucket itself, where no object showed that it is there.
pub(super) async fn bucket(
    doubt: Option<Doubt>,
    store: Option<&ArtifactStore>,
    world: &World,
) -> Result<ObservedBucket, Failure> {
    let (Some(Doubt { owner, hidden }), Some(store)) = (doubt, store) else { return Ok(ObservedBucket::Present) };
    match world.aws.s3.bucket(&store.bucket.value, Some(&owner)).await {
        // Who may list the bucket and yet does not see an object may not read it.
        Ok(ObservedBucket::Present) => refuse(hidden.into_iter().map(ReadError::Call).collect()),
        Ok(bucket) => return Ok(bucket),
        Err(error) => refuse(vec![error.into()]),
    }
    .map(|()| ObservedBucket::Present)
}

type Look = (ObjectKey, Result<Option<ObservedObject>, CallError>);

async fn looks(keys: BTreeSet<ObjectKey>, store: &ArtifactStore, owner: &AccountId, world: &World) -> Vec<Look> {
    let look = async |key: ObjectKey| {
        let found = world.aws.s3.object(&store.bucket.value, &key, Some(owner)).await;
        (key, found)
    };
    join_all(keys.into_iter().map(look)).await
}

/// What was found. Those that S3 hides count as absent for now; why they are hidden is added.
fn shown(looks: Vec<Look>, hidden: &mut Vec<CallError>) -> Vec<Result<(ObjectKey, Option<ObservedObject>), ReadError>> {
    let shown = looks.into_iter().map(|(key, look)| match look {
        Err(error) if error.answer == Answer::Denied => {
            hidden.push(error);
            Ok((key, None))
        }
        look => Ok((key, look?)),
    });
    shown.collect()
}

type Tags = BTreeMap<String, String>;

/// Whether the bucket keeps versions, and the tags of the objects under fixed keys. Without such keys nothing is asked.
async fn fixed_objects(
    keys: &BTreeSet<ObjectKey>,
    store: &ArtifactStore,
    world: &World,
) -> Result<(bool, BTreeMap<ObjectKey, Tags>), CallError> {
    if keys.is_empty() {
        return Ok((false, BTreeMap::new()));
    }
    let (s3, bucket) = (&world.aws.s3, &store.bucket.value);
    let tags = join_all(keys.iter().map(async |key| Ok((key.clone(), s3.tags(bucket, key).await?))));
    let (keeps_versions, tags) = futures::join!(s3.keeps_versions(bucket), tags);
    Ok((keeps_versions?, tags.into_iter().collect::<Result<_, CallError>>()?))
}
