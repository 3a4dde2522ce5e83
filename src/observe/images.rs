//! The container images that functions are to run: what ECR has under their names.

use std::collections::BTreeMap;

use futures::future::join_all;

use super::{ReadError, keyed};
use crate::aws::CallError;
use crate::model::{FunctionKey, ImageUri, ObservedFunction, ObservedImage, ObservedManifest, Settings};
use crate::world::World;

/// The images of the chosen functions. What a tag stands for is asked; a digest says it itself.
pub(super) async fn named(settings: &Settings, world: &World) -> Vec<Result<(FunctionKey, ObservedImage), ReadError>> {
    let images = settings.chosen_functions().filter_map(|(key, function)| Some((key, function.image()?)));
    join_all(images.map(|(key, uri)| keyed(key, one(uri, world)))).await
}

async fn one(uri: &ImageUri, world: &World) -> Result<ObservedImage, ReadError> {
    let manifest = if uri.digest().is_some() { None } else { Some(manifest(uri, world).await?) };
    Ok(ObservedImage { named: uri.clone(), manifest, has_live: None })
}

/// Lambda takes no image of another region, so that none is asked for.
async fn manifest(uri: &ImageUri, world: &World) -> Result<ObservedManifest, CallError> {
    if uri.region() != world.aws.region {
        return Ok(ObservedManifest::Absent);
    }
    world.aws.ecr.manifest(uri).await
}

/// The images of all functions, with what ECR has under each name.
pub(super) async fn all(settings: &Settings, world: &World) -> Vec<Result<(FunctionKey, ObservedImage), ReadError>> {
    let images = settings.functions.iter().filter_map(|(key, function)| Some((key, function.image()?)));
    let look = async |uri: &ImageUri| {
        let manifest = Some(manifest(uri, world).await?);
        Ok(ObservedImage { named: uri.clone(), manifest, has_live: None })
    };
    join_all(images.map(|(key, uri)| keyed(key, look(uri)))).await
}

/// The same of functions whose image changes, with all that a release has to know.
pub(super) async fn of_changing(
    changing: impl Iterator<Item = (&FunctionKey, &ObservedFunction)>,
    images: &BTreeMap<FunctionKey, ObservedImage>,
    world: &World,
) -> Vec<Result<(FunctionKey, ObservedImage), ReadError>> {
    let looks = changing.filter_map(|(key, found)| Some((key, found, images.get(key)?)));
    join_all(looks.map(|(key, found, image)| keyed(key, all_of(image, found, world)))).await
}

async fn all_of(image: &ObservedImage, found: &ObservedFunction, world: &World) -> Result<ObservedImage, ReadError> {
    let new = async {
        match &image.manifest {
            Some(known) => Ok(known.clone()),
            None => manifest(&image.named, world).await,
        }
    };
    let live = async {
        match &found.latest.image {
            Some(live) => manifest(live, world).await.map(|found| Some(found != ObservedManifest::Absent)),
            None => Ok(None),
        }
    };
    let (new, has_live) = futures::join!(new, live);
    Ok(ObservedImage { named: image.named.clone(), manifest: Some(new?), has_live: has_live? })
}
